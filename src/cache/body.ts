/**
 * A response rendered once: header, question, records. ID, flags, letter case, TTLs and OPT are patched or
 * added when it is sent.
 *
 * Octets are kept as a latin1 string: one heap object, no backing store of its own, freed and moved by the
 * collector like any other value, and copied into a packet by one `latin1Write`.
 */
import type { Response } from "../ports/exchange.ts";
import type { Question, ResourceRecord } from "../ports/message.ts";
import { Flag, Type } from "../wire/codes.ts";
import { MessageWriter } from "../wire/write-message.ts";
import { soundTtl } from "./lifetime.ts";

export interface Body {
  /** The message as a latin1 string, one unit an octet; ID 0, no OPT. */
  readonly octets: string;
  /** Where the TTLs stand, in octets from the start: a UTF-16 unit each, half of what a list of numbers takes. */
  readonly ttlOffsets: string;
  /** End of the question, in octets from the start. */
  readonly questionEnd: number;
}

export interface Rendered {
  readonly body: Body;
  /** Whether a client without DO must be given another body. */
  readonly hasDnssecRecords: boolean;
}

export interface BodyOptions {
  /** Whether RRSIG, NSEC and NSEC3 go in that were not asked for. */
  readonly dnssec: boolean;
  /** Seconds; every TTL is cut to this. */
  readonly maxTtl: number;
  /** Seconds; every TTL of ANSWER is raised to this. */
  readonly minTtl: number;
}

const ROOM = Buffer.allocUnsafe(0xffff);
const WRITER = new MessageWriter();

/** Renders a response. Records that do not fit 65,535 octets are left out and TC is set. */
export function renderBody(question: Question, response: Response, options: BodyOptions): Rendered {
  const answer = wanted(question, response.answer, options.dnssec);
  const authority = wanted(question, response.authority, options.dnssec);
  WRITER.open(ROOM);
  WRITER.header(0, Flag.QR | (response.rcode & 0x0f), 1, answer.length, authority.length, 0);
  WRITER.question(question);
  const questionEnd = WRITER.offset;
  const isWhole = writeRecords(answer, options.minTtl, options) && writeRecords(authority, 0, options);
  if (!isWhole) return truncated(questionEnd);
  return {
    body: {
      octets: ROOM.latin1Slice(0, WRITER.offset),
      ttlOffsets: String.fromCharCode(...WRITER.ttlOffsets),
      questionEnd,
    },
    hasDnssecRecords: options.dnssec && (hasUnasked(question, answer) || hasUnasked(question, authority)),
  };
}

/**
 * "a security-aware ... MUST NOT include ... unless explicitly requested" (RFC 4035 §3.2.1): without DO only
 * what was asked for.
 */
function wanted(
  question: Question,
  records: readonly ResourceRecord[],
  dnssec: boolean,
): readonly ResourceRecord[] {
  if (dnssec || !hasUnasked(question, records)) return records;
  return records.filter((record) => !isUnasked(question, record.type));
}

function hasUnasked(question: Question, records: readonly ResourceRecord[]): boolean {
  for (const record of records) if (isUnasked(question, record.type)) return true;
  return false;
}

function isUnasked(question: Question, type: number): boolean {
  if (type !== Type.RRSIG && type !== Type.NSEC && type !== Type.NSEC3) return false;
  return type !== question.qtype && question.qtype !== Type.ANY;
}

function writeRecords(records: readonly ResourceRecord[], minTtl: number, options: BodyOptions): boolean {
  for (const record of records) {
    const ttl = Math.min(Math.max(soundTtl(record.ttl), minTtl), options.maxTtl);
    if (!WRITER.record(record, ttl)) return false;
  }
  return true;
}

function truncated(questionEnd: number): Rendered {
  ROOM.fill(0, 6, 12);
  ROOM[2] = (ROOM[2] ?? 0) | (Flag.TC >> 8);
  const octets = ROOM.latin1Slice(0, questionEnd);
  return { body: { octets, ttlOffsets: "", questionEnd }, hasDnssecRecords: false };
}
