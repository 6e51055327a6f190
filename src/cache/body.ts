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

export interface Body {
  /** The message as a latin1 string, one unit an octet; ID 0, no OPT. */
  readonly octets: string;
  /** Where the TTLs stand, in octets from the start: a UTF-16 unit each, half of what a list of numbers takes. */
  readonly ttlOffsets: string;
  /** End of the question, in octets from the start. */
  readonly questionEnd: number;
}

/** One for clients that set DO and one for the others; one and the same where nothing is left out for the others. */
export interface Bodies {
  readonly full: Body;
  readonly plain: Body;
}

export interface TtlBounds {
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

/** Where the header has its numbers of records. */
const ANSWER_COUNT = 6;
const AUTHORITY_COUNT = 8;

const ROOM = Buffer.allocUnsafe(0xffff);
const WRITER = new MessageWriter();

/** Renders a response for both kinds of client. */
export function renderBodies(question: Question, response: Response, bounds: TtlBounds): Bodies {
  const { answer, authority } = response;
  const full = renderBody(question, answer, authority, response.rcode, bounds);
  if (!hasUnasked(question, answer) && !hasUnasked(question, authority)) return { full, plain: full };
  const known = isTruncated(full) ? undefined : beginning(question, response, full);
  return { full, plain: known ?? renderPlain(question, response, bounds) };
}

/** Renders a response for clients that did not set DO. */
export function renderPlain(question: Question, response: Response, bounds: TtlBounds): Body {
  const answer = wanted(question, response.answer);
  const authority = wanted(question, response.authority);
  return renderBody(question, answer, authority, response.rcode, bounds);
}

/** Renders a response for clients that set DO. */
export function renderFull(question: Question, response: Response, bounds: TtlBounds): Body {
  return renderBody(question, response.answer, response.authority, response.rcode, bounds);
}

/** Records that do not fit 65,535 octets are left out and TC is set. */
function renderBody(
  question: Question,
  answer: readonly ResourceRecord[],
  authority: readonly ResourceRecord[],
  rcode: number,
  bounds: TtlBounds,
): Body {
  WRITER.open(ROOM);
  WRITER.header(0, Flag.QR | (rcode & 0x0f), 1, answer.length, authority.length, 0);
  WRITER.question(question);
  const questionEnd = WRITER.offset;
  const isWhole = writeRecords(answer, bounds.minTtl, bounds) && writeRecords(authority, 0, bounds);
  if (!isWhole) return truncated(questionEnd);
  const ttlOffsets = String.fromCharCode(...WRITER.ttlOffsets);
  return { octets: ROOM.latin1Slice(0, WRITER.offset), ttlOffsets, questionEnd };
}

/**
 * The plain body where it is how `full` begins, which was rendered last: where what only clients with DO are given
 * stands behind all else, as in an answer without aliases and in a denial.
 */
function beginning(question: Question, { answer, authority }: Response, full: Body): Body | undefined {
  const answers = wantedAhead(question, answer);
  const authorities = wantedAhead(question, authority);
  if (answers < 0 || authorities < 0 || (answers < answer.length && authorities > 0)) return undefined;
  const count = answers + authorities;
  const octets = count === 0 ? full.questionEnd : recordEnd(full.ttlOffsets.charCodeAt(count - 1));
  writeU16(ROOM, ANSWER_COUNT, answers);
  writeU16(ROOM, AUTHORITY_COUNT, authorities);
  const { questionEnd } = full;
  return { octets: ROOM.latin1Slice(0, octets), ttlOffsets: full.ttlOffsets.slice(0, count), questionEnd };
}

/** Where the record ends whose TTL stands at `ttlOffset`. */
function recordEnd(ttlOffset: number): number {
  const rdata = ttlOffset + 6;
  return rdata + ((ROOM[rdata - 2]! << 8) | ROOM[rdata - 1]!);
}

/** Records that all clients are given, where these stand ahead of the others; else -1. */
function wantedAhead(question: Question, records: readonly ResourceRecord[]): number {
  const { length } = records;
  let ahead = 0;
  while (ahead < length && !isUnasked(question, records[ahead]!.type)) ahead++;
  for (let i = ahead; i < length; i++) if (!isUnasked(question, records[i]!.type)) return -1;
  return ahead;
}

/**
 * "a security-aware ... MUST NOT include ... unless explicitly requested" (RFC 4035 §3.2.1): without DO only
 * what was asked for.
 */
function wanted(question: Question, records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (!hasUnasked(question, records)) return records;
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

function writeRecords(records: readonly ResourceRecord[], minTtl: number, { maxTtl }: TtlBounds): boolean {
  for (const record of records) {
    const ttl = Math.min(Math.max(record.ttl, minTtl), maxTtl);
    if (!WRITER.record(record, ttl)) return false;
  }
  return true;
}

/** A body without records, as it stands in `ROOM`, with TC. */
function truncated(questionEnd: number): Body {
  ROOM.fill(0, ANSWER_COUNT, 12);
  ROOM[2] = (ROOM[2] ?? 0) | (Flag.TC >> 8);
  return { octets: ROOM.latin1Slice(0, questionEnd), ttlOffsets: "", questionEnd };
}

function isTruncated({ octets }: Body): boolean {
  return (octets.charCodeAt(2) & (Flag.TC >> 8)) !== 0;
}

function writeU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >> 8;
  out[at + 1] = value & 0xff;
}
