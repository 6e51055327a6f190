/**
 * Reads what the hit path needs of a client's query in one pass, into an object that is used again for the
 * next one, without an allocation. Records of the query are stepped over, OPT read; anything that a
 * response would have to be refused for is told apart, so that the caller is a straight line.
 *
 * Source: RFC 1035 §4.1, RFC 6891 §6.1, §7; RFC 8906 §3 (what to answer to what); RFC 9619 (QDCOUNT).
 */
import { Opcode, OptionCode, Type } from "./codes.ts";
import { KeyOctets } from "./key-octets.ts";
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from "./names.ts";
import { HEADER_OCTETS } from "./read-message.ts";
import { LastView } from "./word-views.ts";

/** What is wrong with a query, in the order of the checks. The first two cannot be answered. */
export const ScanFault = {
  /** No header: there is no ID to answer to. */
  TOO_SHORT: 1,
  /** QR=1: answering responses would let two servers talk for ever. */
  NOT_A_QUERY: 2,
  /** An opcode other than QUERY: only the header was looked at. */
  NOTIMP: 3,
  FORMERR: 4,
  /** EDNS version above 0; the question and the fixed part of OPT were read. */
  BADVERS: 5,
} as const;
export type ScanFault = (typeof ScanFault)[keyof typeof ScanFault];

/** What is read of a query; reused for the next. After a fault only what was read before it counts. */
export class ScannedQuery {
  id = 0;
  flags = 0;
  opcode = 0;
  qtype = 0;
  qclass = 0;
  /** The question with small letters; of length 0 after any fault. */
  readonly keyOctets = new KeyOctets();
  /** End of the question in the packet: the octets from the header on can be copied into a response. The header's end where the question was not readable. */
  questionEnd = 0;
  /** Whether QNAME has capitals, which a response must give back (0x20). */
  hasCapitals = false;
  /** Whether there is an OPT; then the response has one too, even when it is FORMERR (RFC 6891 §7). */
  hasEdns = false;
  ednsVersion = 0;
  udpSize = 0;
  dnssecOk = false;
  ednsCount = 0;
  hasKeepalive = false;
  hasPadding = false;
  /** Of the packets that are read. */
  readonly packets = new LastView();

  /** As `questionKey` of `names.ts`, made anew each time; `""` after any fault. */
  get key(): string {
    return this.keyOctets.toString();
  }
}

/** Octets of a record between owner and RDATA. */
const RECORD_OCTETS = 10;

/** Reads the query in `packet[start..end)` into `into`, as far as it can be read. */
export function scanQuery(packet: Buffer, start: number, end: number, into: ScannedQuery): ScanFault | 0 {
  forgetLast(into);
  if (end - start < HEADER_OCTETS) return ScanFault.TOO_SHORT;
  const nameStart = start + HEADER_OCTETS;
  into.id = u16(packet, start);
  into.flags = u16(packet, start + 2);
  into.opcode = (into.flags >> 11) & 0xf;
  into.questionEnd = nameStart;
  if (into.flags >= 0x8000) return ScanFault.NOT_A_QUERY;
  if (into.opcode !== Opcode.QUERY) return ScanFault.NOTIMP;
  const questions = u16(packet, start + 4);
  if (questions !== 1)
    return questions === 0 ? scanWithoutQuestion(packet, start, end, into) : ScanFault.FORMERR;

  const nameEnd = endOfName(packet, nameStart, end);
  const questionEnd = nameEnd + 4;
  if (nameEnd < 0 || questionEnd > end) return ScanFault.FORMERR;
  into.questionEnd = questionEnd;
  into.qtype = u16(packet, nameEnd);
  into.qclass = u16(packet, nameEnd + 2);

  const fault = scanRecords(packet, start, questionEnd, end, into);
  if (fault !== 0) return fault;
  makeKey(into, packet, nameStart, nameEnd - nameStart);
  return 0;
}

/** For the sake of an OPT: "compliant responders MUST include an OPT record in their respective responses" (RFC 6891 §6.1.1). */
function scanWithoutQuestion(packet: Buffer, start: number, end: number, into: ScannedQuery): ScanFault {
  const fault = scanRecords(packet, start, start + HEADER_OCTETS, end, into);
  return fault === 0 ? ScanFault.FORMERR : fault;
}

function forgetLast(into: ScannedQuery): void {
  into.keyOctets.length = 0;
  into.hasEdns = false;
  into.ednsVersion = 0;
  into.udpSize = 0;
  into.dnssecOk = false;
  into.ednsCount = 0;
  into.hasKeepalive = false;
  into.hasPadding = false;
}

/** End of QNAME, -1 where it is malformed. It has nothing before it that a pointer could point to. */
function endOfName(packet: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = packet[at]!;
    if (length === 0) return at + 1;
    at += 1 + length;
    // There is room for the root label behind it.
    if (length > MAX_LABEL_OCTETS || at - start >= MAX_NAME_OCTETS) return -1;
  }
  return -1;
}

/**
 * Copies the question to where the key is made, with small letters in QNAME: a word at a time, the last of which
 * reaches into QTYPE and QCLASS.
 */
function makeKey(into: ScannedQuery, packet: Buffer, start: number, length: number): void {
  const from = into.packets.of(packet);
  const { view: key } = into.keyOctets;
  let capitals = 0;
  for (let i = 0; i < length; i += 4) {
    const word = from.getInt32(start + i, true);
    let found = capitalsIn(word);
    if (length - i < 4) found &= (1 << ((length - i) << 3)) - 1;
    capitals |= found;
    key.setInt32(i, word | (found >>> 2), true);
  }
  key.setInt32(length, from.getInt32(start + length, true), true);
  into.hasCapitals = capitals !== 0;
  into.keyOctets.length = length + 4;
}

const TOP_BITS = 0x8080_8080 | 0;

/** The top bit of each octet from 0x41 to 0x5a: octets before a label, which are lengths, are less. */
function capitalsIn(word: number): number {
  const low = word & ~TOP_BITS;
  const fromA = low + 0x3f3f_3f3f;
  const aboveZ = low + 0x2525_2525;
  return (fromA ^ aboveZ) & ~word & TOP_BITS;
}

/** Steps over all records, which must fill the packet exactly, and reads OPT. */
function scanRecords(
  packet: Buffer,
  start: number,
  questionEnd: number,
  end: number,
  into: ScannedQuery,
): ScanFault | 0 {
  const beforeAdditional = u16(packet, start + 6) + u16(packet, start + 8);
  const count = beforeAdditional + u16(packet, start + 10);
  let at = questionEnd;
  for (let i = 0; i < count; i++) {
    const ownerStart = at;
    at = ownerEnd(packet, ownerStart, end);
    if (at < 0 || at + RECORD_OCTETS > end) return ScanFault.FORMERR;
    const rdataEnd = at + RECORD_OCTETS + u16(packet, at + 8);
    if (rdataEnd > end) return ScanFault.FORMERR;
    if (u16(packet, at) === Type.OPT) {
      if (into.hasEdns || i < beforeAdditional || packet[ownerStart] !== 0) return ScanFault.FORMERR;
      if (!scanOpt(packet, at, rdataEnd, into)) return ScanFault.FORMERR;
    }
    at = rdataEnd;
  }
  if (at !== end) return ScanFault.FORMERR;
  return into.ednsVersion > 0 ? ScanFault.BADVERS : 0;
}

/** @returns false where the options are malformed. */
function scanOpt(packet: Buffer, at: number, end: number, into: ScannedQuery): boolean {
  into.hasEdns = true;
  into.udpSize = u16(packet, at + 2);
  into.ednsVersion = packet[at + 5]!;
  into.dnssecOk = packet[at + 6]! >= 0x80;
  // What the options of another version look like is not known here.
  if (into.ednsVersion > 0) return true;
  for (let option = at + RECORD_OCTETS; option < end; ) {
    if (option + 4 > end) return false;
    const code = u16(packet, option);
    if (code === OptionCode.KEEPALIVE) into.hasKeepalive = true;
    else if (code === OptionCode.PADDING) into.hasPadding = true;
    into.ednsCount += 1;
    option += 4 + u16(packet, option + 2);
    if (option > end) return false;
  }
  return true;
}

/** End of an owner, -1 where it is malformed. Where a pointer in it leads is not looked at. */
function ownerEnd(packet: Buffer, start: number, end: number): number {
  for (let at = start; at < end; ) {
    const length = packet[at]!;
    if (length >= 0xc0) return at + 2;
    if (length > MAX_LABEL_OCTETS) return -1;
    at += 1 + length;
    if (length === 0) return at - start <= MAX_NAME_OCTETS ? at : -1;
  }
  return -1;
}

function u16(packet: Buffer, at: number): number {
  return (packet[at]! << 8) | packet[at + 1]!;
}
