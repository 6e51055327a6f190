/**
 * A response rendered once: header, question, records. ID, flags, letter case, TTLs and OPT are patched or
 * added when it is sent.
 *
 * Octets are a latin1 string: one heap object, no backing store of its own, and copied into a packet by one
 * `latin1Write`. The cache does not keep it as it is (`layout.ts`).
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

/** TTL of stale data is set, others count down with age (RFC 1035 §3.2.1 and §7.4). */
export function ageTtl(out: Uint8Array, at: number, age: number, fixed: number | undefined): void {
  const ttl = fixed ?? Math.max(0, readU32(out, at) - age);
  out[at] = ttl >>> 24;
  out[at + 1] = ttl >>> 16;
  out[at + 2] = ttl >>> 8;
  out[at + 3] = ttl;
}

/** Writes a body with its TTLs `age` seconds later, or all of them as `ttl` says. */
export function writeBody(body: Body, out: Buffer, at: number, age: number, ttl: number | undefined): void {
  out.latin1Write(body.octets, at, body.octets.length);
  if (age < 1 && ttl === undefined) return;
  const offsets = body.ttlOffsets;
  for (let i = 0; i < offsets.length; i++) ageTtl(out, at + offsets.charCodeAt(i), age, ttl);
}

function readU32(octets: Uint8Array, at: number): number {
  return octets[at]! * 0x1000000 + ((octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!);
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
