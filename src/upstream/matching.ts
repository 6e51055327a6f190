/**
 * Which message is the response to a query on its connection, and what it is good for.
 *
 * Source: RFC 7766 §7, RFC 3597 §3.
 */
import type { Message, Question } from "../ports/message.ts";
import { Flag, InfoCode, Opcode, OptionCode, Rcode } from "../wire/codes.ts";
import { HEADER_OCTETS, isFault, readMessage, type WireFault } from "../wire/read-message.ts";

/** What a zone's owner can bring about in a response, in words: the peer is not to blame for it. */
const FAULTS_OF_DATA: ReadonlyMap<WireFault, string> = new Map([
  ["rdata-malformed", "malformed RDATA"],
  ["too-many-records", "too many records"],
]);

/**
 * The message in `octets[start..end)`, which has the ID of a query for `question`, where it is its response.
 *
 * A resolver hands RDATA on as it is (RFC 3597 §3), and cuts short what 65,535 octets do not hold. No other server has
 * such data better, so that is a response too, if one that says no more than a failure.
 */
export function responseIn(
  octets: Buffer,
  start: number,
  end: number,
  question: Question,
): Message | undefined {
  const read = readMessage(octets, start, end, question);
  if (!isFault(read)) {
    if (!isResponseTo(read, question)) return undefined;
    return (read.flags & Flag.TC) === 0 ? read : failureOf(read, "truncated over a stream");
  }
  const text = FAULTS_OF_DATA.get(read);
  const bare = text === undefined ? read : withoutRecords(octets, start, question);
  if (text === undefined || isFault(bare) || !isResponseTo(bare, question)) return undefined;
  return failureOf(bare, text);
}

/** Whether `message`, which has the query's ID, is its response. */
export function isResponseTo(message: Message, question: Question): boolean {
  if ((message.flags & Flag.QR) === 0 || message.opcode !== Opcode.QUERY) return false;
  const asked = message.questions[0];
  // "If the response contains a question section, the client MUST match the QNAME, QCLASS, and QTYPE fields"
  // (RFC 7766 §7). The reader gives the question that was expected itself, where it is that.
  return asked === undefined ? isBareFailure(message) : asked === question;
}

/** Where the header says how many records there are. */
const RECORD_COUNTS = 6;

/** The header and the question of a message. */
function withoutRecords(octets: Buffer, start: number, question: Question): Message | WireFault {
  const bare = Buffer.from(octets.subarray(start, start + HEADER_OCTETS + question.qname.length + 4));
  bare.fill(0, RECORD_COUNTS, HEADER_OCTETS);
  return readMessage(bare, 0, bare.length, question);
}

/** With EDE 24, Invalid Data (RFC 8914 §4.25). */
function failureOf(message: Message, text: string): Message {
  const data = Buffer.from(`\0${String.fromCharCode(InfoCode.INVALID_DATA)}${text}`);
  const options = [{ code: OptionCode.EDE, data }];
  const edns = { udpSize: 0, version: 0, dnssecOk: false, options };
  return { ...message, rcode: Rcode.SERVFAIL, answer: [], authority: [], additional: [], edns };
}

/** NOERROR and NXDOMAIN answer the question. The rest may be one server's trouble. */
export function isUseful(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN;
}

/** Who could not read a query, or will not, need not give its question back: nothing is said but that. */
function isBareFailure({ rcode, answer, authority, additional }: Message): boolean {
  return !isUseful(rcode) && answer.length + authority.length + additional.length === 0;
}
