/**
 * The records of a response that holds nothing but an SOA record, which is what a denial is to a client without DO.
 * What follows the question is the same for every name of a zone, but for the pointers: they shift by what the
 * names differ in length. So it is rendered once, for a question about the zone itself, and copied.
 *
 * Source: RFC 2308 §3 (SOA in AUTHORITY), RFC 1035 §4.1.4 (pointers).
 */
import type { Question, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { isAtOrBelow } from "../wire/names.ts";
import { MessageWriter } from "../wire/write-message.ts";

/** One record after a question about its owner. */
interface Tail {
  readonly record: ResourceRecord;
  readonly ttl: number;
  readonly octets: Buffer;
  /** Where in `octets` pointers stand. */
  readonly pointers: readonly number[];
  /** Where in `octets` the TTL stands. */
  readonly ttlAt: number;
}

const ROOM = Buffer.allocUnsafe(1_024);
const WRITER = new MessageWriter();
/** SERIAL to MINIMUM. */
const NUMBERS_OCTETS = 20;

export class LoneSoa {
  #seen: ResourceRecord | undefined;
  /** Of the record seen last, from the second time on. */
  #tail: Tail | undefined;

  /**
   * Writes `record` at `at`, right behind the `question` of a message that starts at octet 0 of `out`.
   * @returns where it ends, or -1 where it has to be rendered.
   */
  write(question: Question, record: ResourceRecord, ttl: number, out: Buffer, at: number): number {
    const tail = this.#tailOf(record, ttl);
    if (tail === undefined || !isAtOrBelow(question.qname, record.owner)) return -1;
    const { octets, pointers } = tail;
    for (let i = 0; i < octets.length; i++) out[at + i] = octets[i]!;
    const shift = question.qname.length - record.owner.length;
    for (let i = 0; i < pointers.length; i++) {
      const place = at + pointers[i]!;
      const pointer = ((out[place]! << 8) | out[place + 1]!) + shift;
      out[place] = pointer >> 8;
      out[place + 1] = pointer & 0xff;
    }
    return at + octets.length;
  }

  /** Where the TTL of what was written last stands, behind the question. */
  get ttlAt(): number {
    return this.#tail?.ttlAt ?? 0;
  }

  #tailOf(record: ResourceRecord, ttl: number): Tail | undefined {
    if (record !== this.#seen) {
      this.#seen = record;
      this.#tail = undefined;
    } else if (this.#tail?.ttl !== ttl) {
      this.#tail = tailOf(record, ttl);
    }
    return this.#tail;
  }
}

/** `undefined` where the record is none that a pointer could be told apart in. */
function tailOf(record: ResourceRecord, ttl: number): Tail | undefined {
  if (record.type !== Type.SOA) return undefined;
  WRITER.open(ROOM);
  const isWhole =
    WRITER.header(0, 0, 1, 0, 1, 0) &&
    WRITER.question({ qname: record.owner, qtype: Type.SOA, qclass: Class.IN });
  const start = WRITER.offset;
  if (!isWhole || !WRITER.record(record, ttl)) return undefined;
  const octets = Buffer.from(ROOM.subarray(start, WRITER.offset));
  const ttlAt = WRITER.ttlOffsets[0]! - start;
  const pointers: number[] = [];
  const owner = nameEnd(octets, 0, pointers);
  const rdata = owner + 10;
  const end = nameEnd(octets, nameEnd(octets, rdata, pointers), pointers);
  return end + NUMBERS_OCTETS === octets.length ? { record, ttl, octets, pointers, ttlAt } : undefined;
}

/** Where the name at `start` ends; notes where its pointer stands. */
function nameEnd(octets: Buffer, start: number, pointers: number[]): number {
  let at = start;
  for (;;) {
    const length = octets[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) {
      pointers.push(at);
      return at + 2;
    }
    at += 1 + length;
  }
}
