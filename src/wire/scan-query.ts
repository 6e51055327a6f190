/**
 * Reads what the hit path needs of a client's query in one pass, into an object that is used again for the
 * next one. The only allocation is `key`. Records of the query are stepped over, OPT read; anything that a
 * response would have to be refused for is told apart, so that the caller is a straight line.
 *
 * Source: RFC 1035 §4.1, RFC 6891 §6.1, §7; RFC 8906 §3 (what to answer to what); RFC 9619 (QDCOUNT).
 */
import { OptionCode, Type } from "./codes.ts";
import { LOWER_CASE, MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from "./names.ts";
import { HEADER_OCTETS } from "./read-message.ts";

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

/** The fixed part of a query, reused. Fields after `questionEnd` hold for a query with `hasEdns`. */
export class ScannedQuery {
  id = 0;
  flags = 0;
  opcode = 0;
  qtype = 0;
  qclass = 0;
  /** As `questionKey` of `names.ts`; `""` after any fault. */
  key = "";
  /** End of the question in the packet: the octets from the header on can be copied into a response. The header's end where the question was not readable. */
  questionEnd = 0;
  /** Whether QNAME has capitals, which a response must give back (0x20). */
  hasCapitals = false;
  /** Whether there is exactly one well-formed OPT. */
  hasEdns = false;
  ednsVersion = 0;
  udpSize = 0;
  dnssecOk = false;
  ednsCount = 0;
  hasKeepalive = false;
  hasPadding = false;
}

/** Room for a key whose name has capitals. */
const KEY = Buffer.alloc(MAX_NAME_OCTETS + 4);

/** Reads the query in `packet[start..end)` into `into`, as far as it can be read. */
export function scanQuery(packet: Buffer, start: number, end: number, into: ScannedQuery): ScanFault | 0 {
  into.key = "";
  into.hasEdns = false;
  if (end - start < HEADER_OCTETS) return ScanFault.TOO_SHORT;
  into.id = (packet[start]! << 8) | packet[start + 1]!;
  into.flags = (packet[start + 2]! << 8) | packet[start + 3]!;
  into.opcode = (into.flags >> 11) & 0xf;
  into.questionEnd = start + HEADER_OCTETS;
  if (into.flags >= 0x8000) return ScanFault.NOT_A_QUERY;
  if (into.opcode !== 0) return ScanFault.NOTIMP;
  if (packet[start + 4] !== 0 || packet[start + 5] !== 1) return ScanFault.FORMERR;

  const nameStart = start + HEADER_OCTETS;
  const nameEnd = plainNameEnd(packet, nameStart, end);
  const questionEnd = nameEnd + 4;
  if (nameEnd < 0 || questionEnd > end) return ScanFault.FORMERR;
  into.questionEnd = questionEnd;
  into.qtype = (packet[nameEnd]! << 8) | packet[nameEnd + 1]!;
  into.qclass = (packet[nameEnd + 2]! << 8) | packet[nameEnd + 3]!;

  const fault = scanRecords(packet, start, questionEnd, end, into);
  if (fault !== 0) return fault;
  into.key = keyOf(packet, nameStart, nameEnd, into);
  return 0;
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
    at = anyNameEnd(packet, ownerStart, end);
    if (at < 0 || at + 10 > end) return malformed(into);
    const rdataStart = at + 10;
    const rdataEnd = rdataStart + u16(packet, at + 8);
    if (rdataEnd > end) return malformed(into);
    if (u16(packet, at) === Type.OPT) {
      if (into.hasEdns || i < beforeAdditional || packet[ownerStart] !== 0) return malformed(into);
      if (!scanOpt(packet, at, rdataEnd, into)) return malformed(into);
    }
    at = rdataEnd;
  }
  if (at !== end) return malformed(into);
  return into.hasEdns && into.ednsVersion > 0 ? ScanFault.BADVERS : 0;
}

/** After FORMERR nothing of EDNS is relied on (RFC 6891 §7: such a response carries no OPT). */
function malformed(into: ScannedQuery): ScanFault {
  into.hasEdns = false;
  return ScanFault.FORMERR;
}

function scanOpt(packet: Buffer, at: number, end: number, into: ScannedQuery): boolean {
  into.hasEdns = true;
  into.udpSize = u16(packet, at + 2);
  into.ednsVersion = packet[at + 5]!;
  into.dnssecOk = packet[at + 6]! >= 0x80;
  into.ednsCount = 0;
  into.hasKeepalive = false;
  into.hasPadding = false;
  // What the data of another version looks like is not known here.
  if (into.ednsVersion > 0) return true;
  for (let option = at + 10; option < end; ) {
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

/** End of a name without pointers (QNAME has nothing before it to point to); -1 where it is malformed. */
function plainNameEnd(packet: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = packet[at]!;
    if (length > MAX_LABEL_OCTETS) return -1;
    at += 1 + length;
    if (length === 0) return at - start <= MAX_NAME_OCTETS ? at : -1;
  }
  return -1;
}

/** As `plainNameEnd`, but a pointer ends it too: where that leads is not looked at. */
function anyNameEnd(packet: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = packet[at]!;
    if (length >= 0xc0) return at + 2;
    if (length > MAX_LABEL_OCTETS) return -1;
    at += 1 + length;
    if (length === 0) return at - start <= MAX_NAME_OCTETS ? at : -1;
  }
  return -1;
}

/** QNAME, QTYPE and QCLASS stand side by side in the packet: one slice, unless letters have to be folded. */
function keyOf(packet: Buffer, nameStart: number, nameEnd: number, into: ScannedQuery): string {
  into.hasCapitals = false;
  for (let i = nameStart; i < nameEnd; i++) {
    const octet = packet[i]!;
    if (octet >= 0x41 && octet <= 0x5a) {
      into.hasCapitals = true;
      break;
    }
  }
  if (!into.hasCapitals) return packet.latin1Slice(nameStart, nameEnd + 4);
  const octets = nameEnd - nameStart;
  for (let i = 0; i < octets; i++) KEY[i] = LOWER_CASE[packet[nameStart + i]!]!;
  for (let i = 0; i < 4; i++) KEY[octets + i] = packet[nameEnd + i]!;
  return KEY.latin1Slice(0, octets + 4);
}

function u16(packet: Buffer, at: number): number {
  return (packet[at]! << 8) | packet[at + 1]!;
}
