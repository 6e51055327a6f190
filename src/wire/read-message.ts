/**
 * Reads a whole message in wire format into values, in one pass. Strict: any violation makes the whole
 * message a fault, which is a value; nothing here throws, whatever the octets. Queries of clients take the
 * shorter way of `scan-query.ts`.
 *
 * Source: RFC 1035 §4.1, §4.1.4 (compression); RFC 3597 §4 (which RDATA may be compressed); RFC 6891 §6.1
 * (OPT); RFC 9619 (QDCOUNT).
 */
import type { Edns, EdnsOption, Message, Name, Question, ResourceRecord } from "../ports/message.ts";
import { Type } from "./codes.ts";
import { asBuffer } from "./latin1.ts";
import { LOWER_CASE, MAX_LABEL_OCTETS, MAX_NAME_OCTETS, ROOT } from "./names.ts";
import { isValidFor, pieceEnd } from "./rdata.ts";
import { layoutOf, type RdataLayout } from "./rdata-layouts.ts";

/** Why octets are not a message. Stable words, for counters and logs. */
export type WireFault =
  | "message-too-short"
  | "message-too-long"
  | "trailing-octets"
  | "question-count"
  | "too-many-records"
  | "name-too-long"
  | "label-type"
  | "pointer-not-backward"
  | "too-many-pointers"
  | "rdata-malformed"
  | "opt-misplaced"
  | "opt-repeated"
  | "opt-malformed";

/** Octets of the fixed header (RFC 1035 §4.1.1). */
export const HEADER_OCTETS = 12;
/** Longest message, in octets: what the length prefix of TCP can say (RFC 1035 §4.2.2). */
export const MAX_MESSAGE_OCTETS = 65_535;
/** Most records a message may hold. 65,535 octets hold 5,957 of 11; no honest response comes near. */
export const MAX_RECORDS = 4096;
/** Most pointers in one name: one before each label, as many as a name can have labels. */
export const MAX_POINTERS = 127;
/** Options kept of one OPT, the first ones (unbound: 100; CVE-2026-41292). The rest is checked and dropped. */
export const MAX_EDNS_OPTIONS = 32;

/** Copying so few octets one by one is faster than a call. */
const COPY_OCTETS = 32;
/** Names remembered by their offset while one message is read: nearly all owners point to one of few. */
const REMEMBERED_NAMES = 8;

const NOTHING = Buffer.alloc(0);
const NO_QUESTIONS: readonly Question[] = [];
const NO_RECORDS: readonly ResourceRecord[] = [];
const NO_OPTIONS: readonly EdnsOption[] = [];

/**
 * Where names and RDATA are put together. Labels come from the message, none twice in a name, so RDATA never
 * grows past a message and a name.
 */
const SCRATCH = Buffer.alloc(MAX_MESSAGE_OCTETS + MAX_NAME_OCTETS);

/**
 * The message in `octets[start..end)`, or why there is none. RDATA is a view of `octets` unless it was
 * decompressed: leave them alone as long as the message is used.
 *
 * @param expected the question that is likely in it: where it is, the message gets this very object, and names
 *   that point to it its QNAME.
 */
export function readMessage(
  octets: Uint8Array,
  start = 0,
  end = octets.length,
  expected?: Question,
): Message | WireFault {
  return READER.read(asBuffer(octets), start, end, expected);
}

export function isFault(read: Message | WireFault): read is WireFault {
  return typeof read === "string";
}

/** Reads one message after the other. The first fault is kept; after it `#end` is 0, so that every read fails. */
class MessageReader {
  #octets: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  #at = 0;
  #fault: WireFault | undefined;
  #edns: Edns | undefined;
  #extendedRcode = 0;
  /** BOUNDED: by `REMEMBERED_NAMES`, as the names. */
  readonly #knownOffsets = new Uint32Array(REMEMBERED_NAMES);
  readonly #knownNames: Name[] = new Array<Name>(REMEMBERED_NAMES).fill(ROOT);
  #known = 0;

  read(octets: Buffer, start: number, end: number, expected: Question | undefined): Message | WireFault {
    this.#octets = octets;
    this.#start = start;
    this.#end = Math.min(end, octets.length);
    this.#at = start + HEADER_OCTETS;
    this.#fault = undefined;
    this.#edns = undefined;
    this.#extendedRcode = 0;
    this.#known = 0;
    const message = this.#message(expected);
    this.#octets = NOTHING; // Nobody's memory is held until the next message comes.
    return message;
  }

  #message(expected: Question | undefined): Message | WireFault {
    const start = this.#start;
    if (this.#at > this.#end) return "message-too-short";
    if (this.#end - start > MAX_MESSAGE_OCTETS) return "message-too-long";

    const flags = this.#u16(start + 2);
    const questionCount = this.#u16(start + 4);
    const answers = this.#u16(start + 6);
    const authorities = this.#u16(start + 8);
    const additionals = this.#u16(start + 10);
    // RFC 9619: more than one is a format error; none is for the caller to judge.
    if (questionCount > 1) return "question-count";
    if (answers + authorities + additionals > MAX_RECORDS) return "too-many-records";

    const questions = questionCount === 1 ? [this.#question(expected)] : NO_QUESTIONS;
    const answer = this.#section(answers, false);
    const authority = this.#section(authorities, false);
    const additional = this.#section(additionals, true);
    if (this.#fault === undefined && this.#at !== this.#end) this.#fault = "trailing-octets";
    if (this.#fault !== undefined) return this.#fault;

    return {
      id: this.#u16(start),
      flags,
      opcode: (flags >> 11) & 0xf,
      rcode: this.#extendedRcode | (flags & 0xf),
      questions,
      answer,
      authority,
      additional,
      edns: this.#edns,
    };
  }

  #u16(at: number): number {
    return (this.#octets[at]! << 8) | this.#octets[at + 1]!;
  }

  #fail(fault: WireFault): -1 {
    this.#fault ??= fault;
    this.#end = 0;
    return -1;
  }

  #question(expected: Question | undefined): Question {
    if (expected !== undefined && this.#stands(expected)) {
      this.#remember(this.#at, expected.qname);
      this.#at += expected.qname.length + 4;
      return expected;
    }
    const qname = this.#owner();
    const at = this.#at;
    this.#at = at + 4;
    if (this.#at > this.#end) this.#fail("message-too-short");
    return { qname, qtype: this.#u16(at), qclass: this.#u16(at + 2) };
  }

  /** Whether `question` is what comes next, but for the letter case of its name. */
  #stands({ qname, qtype, qclass }: Question): boolean {
    const octets = this.#octets;
    const at = this.#at;
    const nameEnd = at + qname.length;
    if (nameEnd + 4 > this.#end) return false;
    for (let i = 0; i < qname.length; i++) {
      if (LOWER_CASE[octets[at + i]!] !== qname.charCodeAt(i)) return false;
    }
    return this.#u16(nameEnd) === qtype && this.#u16(nameEnd + 2) === qclass;
  }

  #section(count: number, mayHoldOpt: boolean): readonly ResourceRecord[] {
    if (count === 0) return NO_RECORDS;
    let records: ResourceRecord[] | undefined;
    for (let i = 0; i < count && this.#fault === undefined; i++) {
      const owner = this.#owner();
      const at = this.#at;
      const rdataStart = at + 10;
      if (rdataStart > this.#end) {
        this.#fail("message-too-short");
        break;
      }
      const type = this.#u16(at);
      const rdataEnd = rdataStart + this.#u16(at + 8);
      if (rdataEnd > this.#end) {
        this.#fail("message-too-short");
        break;
      }
      this.#at = rdataEnd;
      if (type === Type.OPT) {
        this.#opt(owner, mayHoldOpt, at, rdataEnd);
        continue;
      }
      const record: ResourceRecord = {
        owner,
        type,
        class: this.#u16(at + 2),
        ttl: this.#u16(at + 4) * 0x10000 + this.#u16(at + 6),
        rdata: this.#rdata(type, rdataStart, rdataEnd),
      };
      // A list of one has no room for the sixteen that the first `push` would make.
      if (records === undefined) records = [record];
      else records.push(record);
    }
    return records ?? NO_RECORDS;
  }

  #opt(owner: Name, isAllowed: boolean, at: number, end: number): void {
    if (!isAllowed) this.#fail("opt-misplaced");
    else if (this.#edns !== undefined) this.#fail("opt-repeated");
    else if (owner.length !== 1) this.#fail("opt-malformed");
    const octets = this.#octets;
    this.#extendedRcode = octets[at + 4]! << 4;
    this.#edns = {
      udpSize: this.#u16(at + 2),
      version: octets[at + 5]!,
      dnssecOk: (octets[at + 6]! & 0x80) !== 0,
      options: this.#options(at + 10, end),
    };
  }

  #options(start: number, end: number): readonly EdnsOption[] {
    if (start === end) return NO_OPTIONS;
    const options: EdnsOption[] = [];
    for (let at = start; at < end; ) {
      const dataStart = at + 4;
      const dataEnd = dataStart <= end ? dataStart + this.#u16(at + 2) : end + 1;
      if (dataEnd > end) {
        this.#fail("opt-malformed");
        break;
      }
      if (options.length < MAX_EDNS_OPTIONS) {
        options.push({ code: this.#u16(at), data: this.#octets.subarray(dataStart, dataEnd) });
      }
      at = dataEnd;
    }
    return options;
  }

  #rdata(type: number, start: number, end: number): Uint8Array {
    const known = layoutOf(type);
    if (known !== undefined && known.hasNames && known.compression !== "never") {
      return this.#expanded(known, start, end);
    }
    if (known !== undefined && !isValidFor(known, this.#octets, start, end)) this.#fail("rdata-malformed");
    return this.#octets.subarray(start, end);
  }

  /** RDATA whose names may be compressed: as it is where they are not, else put together anew. */
  #expanded(known: RdataLayout, start: number, end: number): Uint8Array {
    const octets = this.#octets;
    let length = 0;
    let at = start;
    for (const piece of known.pieces) {
      if (piece === "name") {
        this.#at = at;
        length = this.#name(length, end, false);
        if (length < 0) {
          // Who forwards RDATA of a type it does not know, names in it too, is not to blame for what is in there.
          this.#fault = "rdata-malformed";
          break;
        }
        at = this.#at;
        continue;
      }
      const next = pieceEnd(piece, octets, at, end);
      if (next < 0) {
        this.#fail("rdata-malformed");
        break;
      }
      if (next - at > COPY_OCTETS) length += octets.copy(SCRATCH, length, at, next);
      else for (let i = at; i < next; i++) SCRATCH[length++] = octets[i]!;
      at = next;
    }
    this.#at = end;
    if (at !== end) this.#fail("rdata-malformed");
    if (this.#fault !== undefined || length === end - start) return octets.subarray(start, end);
    const rdata = Buffer.allocUnsafe(length);
    SCRATCH.copy(rdata, 0, 0, length);
    return rdata;
  }

  /** The name at `#at`, in lower case. */
  #owner(): Name {
    const octets = this.#octets;
    let at = this.#at;
    if (at + 1 < this.#end && octets[at]! >= 0xc0) {
      const pointee = this.#start + (((octets[at]! & 0x3f) << 8) | octets[at + 1]!);
      for (let known = 0; known < this.#known; known++) {
        if (this.#knownOffsets[known] !== pointee) continue;
        this.#at = at + 2;
        return this.#knownNames[known]!;
      }
      at = pointee;
    }
    const length = this.#name(0, this.#end, true);
    if (length < 0) return "" as Name;
    const name = SCRATCH.latin1Slice(0, length) as Name;
    this.#remember(at, name);
    return name;
  }

  #remember(offset: number, name: Name): void {
    if (this.#known === REMEMBERED_NAMES) return;
    this.#knownOffsets[this.#known] = offset;
    this.#knownNames[this.#known] = name;
    this.#known += 1;
  }

  /**
   * Copies the name at `#at`, decompressed, to `SCRATCH` at `target`, and moves `#at` behind it. The part
   * before the first pointer ends by `limit`.
   * @returns where the copy ends; -1 after a fault.
   */
  #name(target: number, limit: number, foldsCase: boolean): number {
    const octets = this.#octets;
    const targetEnd = target + MAX_NAME_OCTETS;
    let at = this.#at;
    let segment = at;
    let segmentEnd = limit;
    let length = target;
    let pointers = 0;
    let cutOff: WireFault = foldsCase ? "message-too-short" : "rdata-malformed";
    for (;;) {
      if (at >= segmentEnd) return this.#fail(cutOff);
      const octet = octets[at]!;
      if (octet > MAX_LABEL_OCTETS) {
        if (octet < 0xc0) return this.#fail("label-type");
        if (at + 1 >= segmentEnd) return this.#fail(cutOff);
        const pointee = this.#start + (((octet & 0x3f) << 8) | octets[at + 1]!);
        if (pointers === 0) this.#at = at + 2;
        // RFC 1035 §4.1.4: a pointer names "a prior occurance of the same name". Each goes strictly back,
        // so the loop ends; the limit keeps many names from walking one long chain each.
        if (pointee >= segment || pointee < this.#start + HEADER_OCTETS)
          return this.#fail("pointer-not-backward");
        if (++pointers > MAX_POINTERS) return this.#fail("too-many-pointers");
        segmentEnd = segment;
        cutOff = "pointer-not-backward";
        at = segment = pointee;
        continue;
      }
      const next = at + 1 + octet;
      if (next > segmentEnd) return this.#fail(cutOff);
      if (length + 1 + octet > targetEnd) return this.#fail("name-too-long");
      if (foldsCase) while (at < next) SCRATCH[length++] = LOWER_CASE[octets[at++]!]!;
      else while (at < next) SCRATCH[length++] = octets[at++]!;
      if (octet === 0) break;
    }
    if (pointers === 0) this.#at = at;
    return length;
  }
}

/** One for all: a message is read in one go, and what is kept of it is not here. */
const READER = new MessageReader();
