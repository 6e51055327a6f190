/**
 * Writes messages: `writeMessage` a whole one in one go, `MessageWriter` piece by piece into a buffer of
 * the caller. Which records to leave out when it gets too long is the caller's decision (RFC 2181 §9:
 * whole RRsets); here it is all or nothing, a message or a piece.
 *
 * Source: RFC 1035 §4.1; RFC 3597 §4 (what may be compressed); RFC 6891 §6.1.
 */
import type { Edns, Question, ResourceRecord } from "../ports/message.ts";
import { Rcode, Type } from "./codes.ts";
import { NameCompressor } from "./name-compression.ts";
import { pieceEnd } from "./rdata.ts";
import { layoutOf, type RdataLayout } from "./rdata-layouts.ts";
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from "./read-message.ts";

/** What to write; a `Message` will do. */
export interface MessageParts {
  readonly id: number;
  /** The header's second word; `opcode` and `rcode`, where given, win over its bits. */
  readonly flags: number;
  readonly opcode?: number;
  readonly rcode?: number;
  readonly questions?: readonly Question[];
  readonly answer?: readonly ResourceRecord[];
  readonly authority?: readonly ResourceRecord[];
  /** Without OPT. */
  readonly additional?: readonly ResourceRecord[];
  readonly edns?: Edns | undefined;
}

const NO_QUESTIONS: readonly Question[] = [];
const NO_RECORDS: readonly ResourceRecord[] = [];

/** Bits of the header's second word for RCODE and opcode. */
const RCODE_BITS = 0x000f;
const OPCODE_BITS = 0x7800;
/** Octets of a record between owner and RDATA. */
const FIXED_OCTETS = 10;
/** Copying so few octets one by one is faster than a call. */
const COPY_OCTETS = 32;

/**
 * Header, question, records, OPT, in the order called. Every method says false where there is no room; it
 * has then written nothing, and the message can be continued or ended there.
 */
export class MessageWriter {
  #out: Buffer = Buffer.alloc(0);
  #limit = 0;
  #at = 0;
  #messageStart = 0;
  readonly #names = new NameCompressor();
  /** BOUNDED: one a record of the message being written. */
  #ttlOffsets: number[] = [];

  /**
   * Starts writing at `start`, up to `limit`, into `buffer`, which stays the caller's. Pointers and
   * `ttlOffsets` count from `messageStart`, which may lie before `start`, even before the buffer.
   */
  open(buffer: Buffer, start = 0, messageStart = start, limit = buffer.length): void {
    this.#out = buffer;
    this.#at = start;
    this.#messageStart = messageStart;
    this.#limit = Math.min(limit, buffer.length);
    this.#names.open(buffer, messageStart, this.#limit);
    this.#ttlOffsets = [];
  }

  /** Where the next octet goes, in the buffer. */
  get offset(): number {
    return this.#at;
  }

  /** Where the TTLs of the records written so far stand (OPT has none), counted from the message's start. */
  get ttlOffsets(): readonly number[] {
    return this.#ttlOffsets;
  }

  header(
    id: number,
    flags: number,
    questions: number,
    answers: number,
    authorities: number,
    additionals: number,
  ): boolean {
    if (this.#at + HEADER_OCTETS > this.#limit) return false;
    this.#u16(id);
    this.#u16(flags);
    this.#u16(questions);
    this.#u16(answers);
    this.#u16(authorities);
    this.#u16(additionals);
    return true;
  }

  question(question: Question): boolean {
    const begin = this.#at;
    const end = this.#names.writeName(question.qname, begin);
    if (end < 0 || end + 4 > this.#limit) return this.#takeBack(begin);
    this.#at = end;
    this.#u16(question.qtype);
    this.#u16(question.qclass);
    return true;
  }

  /** Writes a record, with `ttl` in place of its own where given. */
  record(record: ResourceRecord, ttl = record.ttl): boolean {
    const begin = this.#at;
    const end = this.#names.writeName(record.owner, begin);
    if (end < 0 || end + FIXED_OCTETS > this.#limit) return this.#takeBack(begin);
    this.#at = end;
    this.#u16(record.type);
    this.#u16(record.class);
    this.#u16(ttl >>> 16);
    this.#u16(ttl & 0xffff);
    this.#at += 2;
    const rdataStart = this.#at;
    if (!this.#rdata(record.type, record.rdata)) return this.#takeBack(begin);
    const octets = this.#at - rdataStart;
    this.#out[rdataStart - 2] = octets >> 8;
    this.#out[rdataStart - 1] = octets & 0xff;
    this.#ttlOffsets.push(rdataStart - 6 - this.#messageStart);
    return true;
  }

  /** Writes the OPT record, with the upper 8 bits of the extended RCODE `rcode`. */
  edns(edns: Edns, rcode = 0): boolean {
    let octets = 0;
    for (const option of edns.options) octets += 4 + option.data.length;
    if (this.#at + 1 + FIXED_OCTETS + octets > this.#limit) return false;
    this.#out[this.#at++] = 0;
    this.#u16(Type.OPT);
    this.#u16(edns.udpSize);
    this.#u16(((rcode >> 4) << 8) | edns.version);
    this.#u16(edns.dnssecOk ? 0x8000 : 0);
    this.#u16(octets);
    for (const option of edns.options) {
      this.#u16(option.code);
      this.#u16(option.data.length);
      this.#out.set(option.data, this.#at);
      this.#at += option.data.length;
    }
    return true;
  }

  #u16(value: number): void {
    this.#out[this.#at++] = value >> 8;
    this.#out[this.#at++] = value & 0xff;
  }

  #takeBack(begin: number): false {
    this.#at = begin;
    this.#names.forget(begin);
    return false;
  }

  #rdata(type: number, rdata: Uint8Array): boolean {
    const known = layoutOf(type);
    return known?.compression === "both" && known.hasNames
      ? this.#compressedRdata(known, rdata)
      : this.#copy(rdata, 0, rdata.length);
  }

  /** RDATA that turns out not to be well formed is written as it is from there on. */
  #compressedRdata(known: RdataLayout, rdata: Uint8Array): boolean {
    let at = 0;
    for (const piece of known.pieces) {
      const next = pieceEnd(piece, rdata, at, rdata.length);
      if (next < 0) break;
      if (piece === "name") {
        const end = this.#names.writeNameOctets(rdata, at, next, this.#at);
        if (end < 0) return false;
        this.#at = end;
      } else if (!this.#copy(rdata, at, next)) return false;
      at = next;
    }
    return this.#copy(rdata, at, rdata.length);
  }

  #copy(octets: Uint8Array, start: number, end: number): boolean {
    const target = this.#at;
    const count = end - start;
    if (target + count > this.#limit) return false;
    if (count <= COPY_OCTETS) {
      for (let i = 0; i < count; i++) this.#out[target + i] = octets[start + i]!;
    } else {
      this.#out.set(count === octets.length ? octets : octets.subarray(start, end), target);
    }
    this.#at = target + count;
    return true;
  }
}

/** Reused by every call, which copies from it before it returns. */
const SCRATCH = Buffer.allocUnsafeSlow(MAX_MESSAGE_OCTETS);
const WRITER = new MessageWriter();

/** The message in a buffer of its own; `undefined` where it would be longer than `maxOctets`. */
export function writeMessage(
  parts: MessageParts,
  options?: { readonly maxOctets?: number },
): Buffer | undefined {
  const { questions = NO_QUESTIONS, answer = NO_RECORDS, authority = NO_RECORDS, edns } = parts;
  const { additional = NO_RECORDS } = parts;
  const rcode = parts.rcode ?? parts.flags & RCODE_BITS;
  const flags = flagsOf(parts, rcode);
  const additionals = additional.length + (edns === undefined ? 0 : 1);
  WRITER.open(SCRATCH, 0, 0, options?.maxOctets);
  const isComplete =
    WRITER.header(parts.id, flags, questions.length, answer.length, authority.length, additionals) &&
    questions.every((question) => WRITER.question(question)) &&
    writeRecords(answer) &&
    writeRecords(authority) &&
    writeRecords(additional) &&
    (edns === undefined || WRITER.edns(edns, rcode));
  return isComplete ? Buffer.from(SCRATCH.subarray(0, WRITER.offset)) : undefined;
}

function writeRecords(records: readonly ResourceRecord[]): boolean {
  for (const record of records) if (!WRITER.record(record)) return false;
  return true;
}

function flagsOf(parts: MessageParts, rcode: number): number {
  // Without OPT there is no room for an extended RCODE, and its lower bits alone would mean something else.
  const headerRcode = rcode > RCODE_BITS && parts.edns === undefined ? Rcode.SERVFAIL : rcode & RCODE_BITS;
  const opcode = parts.opcode === undefined ? parts.flags & OPCODE_BITS : parts.opcode << 11;
  return (parts.flags & ~(OPCODE_BITS | RCODE_BITS)) | opcode | headerRcode;
}
