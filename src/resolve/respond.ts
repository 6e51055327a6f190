/**
 * Writes responses to clients: a kept body with its patches, or a header with a question and an EDE.
 * Nothing hop-by-hop of the upstream's message reaches a client: the OPT is made here (RFC 6891 §6.2.5).
 */
import { isTrusted, type Servable } from "../cache/entry.ts";
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError } from "../ports/exchange.ts";
import { Flag, Rcode, Type } from "../wire/codes.ts";
import { fitting, NO_ERRORS, writeErrors } from "./error-options.ts";
import { STALE_TTL } from "./stale.ts";

/** UDP payload size we advertise and never exceed: fits every path without fragments (DNS flag day 2020). */
export const UDP_PAYLOAD_OCTETS = 1_232;
/** Least a UDP client takes: without EDNS, and where its EDNS says less (RFC 6891 §6.2.3). */
export const LEAST_UDP_OCTETS = 512;

const HEADER_OCTETS = 12;
const OPT_OCTETS = 11;

/** What of a client's query decides the form of its response. */
export interface Asker {
  readonly id: number;
  /** Second word of the header, as it came. */
  readonly flags: number;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
  /** UDP payload size of its OPT. */
  readonly udpSize: number;
}

/** Most octets this client takes in one response. */
export function octetLimit(asker: Asker, transport: "udp" | "tcp"): number {
  if (transport === "tcp") return 0xffff;
  if (!asker.hasEdns) return LEAST_UDP_OCTETS;
  return Math.min(Math.max(asker.udpSize, LEAST_UDP_OCTETS), UDP_PAYLOAD_OCTETS);
}

/** What beside the entry decides a response. */
export interface Occasion {
  readonly now: Instant;
  /** Most octets the client takes; `out` must have room for them. */
  readonly limit: number;
  /** Set when stale data is served (RFC 8767 §4): said in an EDE, with a TTL of its own. */
  readonly staleError: ExtendedError | undefined;
}

/**
 * Writes the response of an entry for this client at `out[at]`. QNAME is in lower case: the caller puts the
 * client's own letters over it.
 * @returns its octets, never more than `occasion.limit`.
 */
export function writeEntry(
  entry: Servable,
  asker: Asker,
  occasion: Occasion,
  out: Buffer,
  at: number,
): number {
  const { limit } = occasion;
  const errors = asker.hasEdns ? withStale(entry.errors, occasion.staleError) : NO_ERRORS;
  if (!isTrusted(entry) && (asker.flags & Flag.CD) === 0) {
    // Not one record that is bogus, or could not be judged, goes into a SERVFAIL.
    const withheld = {
      flags: answeringFlags(asker),
      rcode: Rcode.SERVFAIL,
      question: entry.question,
      errors,
    };
    return writeBare(asker, withheld, limit, out, at);
  }
  const { rcode } = entry;
  const octets = entry.bodyOctets(asker.dnssecOk);
  const room = limit - octets - (asker.hasEdns ? OPT_OCTETS : 0);
  if (room < 0) {
    const flags = flagsFor(entry, asker, occasion) | Flag.TC;
    return writeBare(asker, { flags, rcode, question: entry.question, errors }, limit, out, at);
  }
  const age = Math.floor((occasion.now - entry.storedAt) / 1_000);
  const ttl = occasion.staleError === undefined ? undefined : STALE_TTL;
  entry.writeBody(asker.dnssecOk, out, at, age, ttl);
  // A body of more than any message holds is empty and says so.
  const flags = flagsFor(entry, asker, occasion) | ((out[at + 2]! << 8) & Flag.TC);
  return octets + finish(asker, { flags, rcode, errors }, room, out, at, octets);
}

/** A response without records: an error, or a truncated one. */
export interface Bare extends Outcome {
  /** The question in wire format as the client sent it, a latin1 string; empty where it could not be read. */
  readonly question: string;
}

/** Writes it at `out[at]`. @returns its octets: at most `limit`, which holds a header, a question and an OPT. */
export function writeBare(asker: Asker, bare: Bare, limit: number, out: Buffer, at: number): number {
  const { question } = bare;
  out.fill(0, at, at + HEADER_OCTETS);
  out.latin1Write(question, at + HEADER_OCTETS, question.length);
  out[at + 5] = question.length > 0 ? 1 : 0;
  const octets = HEADER_OCTETS + question.length;
  return octets + finish(asker, bare, limit - octets - OPT_OCTETS, out, at, octets);
}

interface Outcome {
  readonly flags: number;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
}

/**
 * Writes the header's own octets, and an OPT behind the `octets` at `out[at]` for a client that has one.
 * @param room octets left for errors.
 * @returns octets of the OPT.
 */
function finish(
  asker: Asker,
  { flags, rcode, errors }: Outcome,
  room: number,
  out: Buffer,
  at: number,
  octets: number,
): number {
  if (!asker.hasEdns) {
    // The upper eight bits stand in an OPT alone (RFC 6891 §6.1.3); the lower four would say something else.
    writeHeader(asker, flags, rcode > 0xf ? Rcode.SERVFAIL : rcode, out, at);
    return 0;
  }
  const told = fitting(errors, room);
  // "SHOULD set the truncation bit when dropping EDE options" (RFC 8914 §3).
  writeHeader(asker, told.length < errors.length ? flags | Flag.TC : flags, rcode, out, at);
  out[at + 11] = 1; // ARCOUNT: the OPT.
  return writeOpt(asker, rcode, told, out, at + octets);
}

/** QR and RA always, RD and CD as they came (RFC 1035 §4.1.1, RFC 4035 §3.2.2). */
export function answeringFlags(asker: Asker): number {
  return Flag.QR | Flag.RA | (asker.flags & (Flag.RD | Flag.CD));
}

function flagsFor(entry: Servable, asker: Asker, occasion: Occasion): number {
  const flags = answeringFlags(asker);
  // AD "only to clients that set DO or AD" (RFC 6840 §5.7, §5.8), never on data past its signatures.
  const wantsAd = asker.dnssecOk || (asker.flags & Flag.AD) !== 0;
  if (!wantsAd || entry.verdict !== "secure" || occasion.now >= entry.secureUntil) return flags;
  return flags | Flag.AD;
}

function writeHeader(asker: Asker, flags: number, rcode: number, out: Buffer, at: number): void {
  out[at] = asker.id >> 8;
  out[at + 1] = asker.id & 0xff;
  out[at + 2] = flags >> 8;
  out[at + 3] = (flags & 0xf0) | (rcode & 0x0f);
}

/** The OPT pseudo-record (RFC 6891 §6.1.2) with our size, the client's DO (RFC 3225 §3) and the errors. */
function writeOpt(
  asker: Asker,
  rcode: number,
  errors: readonly ExtendedError[],
  out: Buffer,
  at: number,
): number {
  out[at] = 0;
  out[at + 1] = 0;
  out[at + 2] = Type.OPT;
  out[at + 3] = UDP_PAYLOAD_OCTETS >> 8;
  out[at + 4] = UDP_PAYLOAD_OCTETS & 0xff;
  out[at + 5] = (rcode >> 4) & 0xff;
  out[at + 6] = 0;
  out[at + 7] = asker.dnssecOk ? 0x80 : 0;
  out[at + 8] = 0;
  const options = errors.length === 0 ? 0 : writeErrors(errors, out, at + OPT_OCTETS);
  out[at + 9] = options >> 8;
  out[at + 10] = options & 0xff;
  return OPT_OCTETS + options;
}

function withStale(
  errors: readonly ExtendedError[],
  stale: ExtendedError | undefined,
): readonly ExtendedError[] {
  return stale === undefined ? errors : [stale, ...errors];
}
