/**
 * Writes responses to clients: a kept body with its patches, or a header with a question and an EDE.
 * Nothing hop-by-hop of the upstream's message reaches a client: the OPT is made here (RFC 6891 §6.2.5).
 */
import { isTrusted, type Servable } from "../cache/entry.ts";
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError } from "../ports/exchange.ts";
import { Flag, OptionCode, Rcode, Type } from "../wire/codes.ts";

/** UDP payload size we advertise and never exceed: fits every path without fragments (DNS flag day 2020). */
export const UDP_PAYLOAD_OCTETS = 1_232;
/** Least a UDP client takes: without EDNS, and where its EDNS says less (RFC 6891 §6.2.3). */
const LEAST_UDP_OCTETS = 512;
/** TTL of stale data, in seconds: "RECOMMENDED to be 30 seconds" (RFC 8767 §4). */
const STALE_TTL = 30;

const HEADER_OCTETS = 12;
const OPT_OCTETS = 11;
const OPTION_HEADER_OCTETS = 4;

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
 * @returns its octets.
 */
export function writeEntry(
  entry: Servable,
  asker: Asker,
  occasion: Occasion,
  out: Buffer,
  at: number,
): number {
  const isWithheld = !isTrusted(entry) && (asker.flags & Flag.CD) === 0;
  const errors = asker.hasEdns ? withStale(entry.errors, occasion.staleError) : NO_ERRORS;
  if (isWithheld) {
    // Not one record that is bogus, or could not be judged, goes into a SERVFAIL.
    return writeBare(asker, answeringFlags(asker), Rcode.SERVFAIL, entry.question, errors, out, at);
  }
  const flags = flagsFor(entry, asker, occasion);
  const octets = entry.bodyOctets(asker.dnssecOk);
  const total = octets + (asker.hasEdns ? OPT_OCTETS + errorsLength(errors) : 0);
  if (total > occasion.limit) {
    return writeBare(asker, flags | Flag.TC, entry.rcode, entry.question, errors, out, at);
  }
  const age = Math.floor((occasion.now - entry.storedAt) / 1_000);
  const ttl = occasion.staleError === undefined ? undefined : STALE_TTL;
  entry.writeBody(asker.dnssecOk, out, at, age, ttl);
  writeHeader(asker, flags, entry.rcode, out, at);
  if (!asker.hasEdns) return octets;
  out[at + 11] = 1; // ARCOUNT: the OPT.
  return octets + writeOpt(asker, entry.rcode, errors, out, at + octets);
}

/**
 * Writes a response without records: an error, or a truncated one.
 * @param question the question in wire format as the client sent it, a latin1 string; empty where it could not be read.
 */
export function writeBare(
  asker: Asker,
  flags: number,
  rcode: number,
  question: string,
  errors: readonly ExtendedError[],
  out: Buffer,
  at: number,
): number {
  out.fill(0, at, at + HEADER_OCTETS);
  out.latin1Write(question, at + HEADER_OCTETS, question.length);
  out[at + 5] = question.length > 0 ? 1 : 0;
  writeHeader(asker, flags, rcode, out, at);
  const octets = HEADER_OCTETS + question.length;
  if (!asker.hasEdns) return octets;
  out[at + 11] = 1;
  return octets + writeOpt(asker, rcode, errors, out, at + octets);
}

/** QR and RA always, RD and CD as they came (RFC 1035 §4.1.1, RFC 4035 §3.2.2). */
export function answeringFlags(asker: Asker): number {
  return Flag.QR | Flag.RA | (asker.flags & (Flag.RD | Flag.CD));
}

const NO_ERRORS: readonly ExtendedError[] = [];

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

/** Extended DNS Errors (RFC 8914 §2). */
function writeErrors(errors: readonly ExtendedError[], out: Buffer, start: number): number {
  let at = start;
  for (const error of errors) {
    const octets = 2 + textOctets(error);
    out[at] = OptionCode.EDE >> 8;
    out[at + 1] = OptionCode.EDE & 0xff;
    out[at + 2] = octets >> 8;
    out[at + 3] = octets & 0xff;
    out[at + 4] = error.infoCode >> 8;
    out[at + 5] = error.infoCode & 0xff;
    if (octets > 2) out.write(error.text, at + 6, "utf8");
    at += OPTION_HEADER_OCTETS + octets;
  }
  return at - start;
}

function errorsLength(errors: readonly ExtendedError[]): number {
  let octets = 0;
  for (const error of errors) octets += OPTION_HEADER_OCTETS + 2 + textOctets(error);
  return octets;
}

/** Most errors that are told often have no text. */
function textOctets({ text }: ExtendedError): number {
  return text === "" ? 0 : Buffer.byteLength(text, "utf8");
}

function withStale(
  errors: readonly ExtendedError[],
  stale: ExtendedError | undefined,
): readonly ExtendedError[] {
  return stale === undefined ? errors : [stale, ...errors];
}
