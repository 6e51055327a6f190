/**
 * Which message is the response to a query on its connection, and what it is good for.
 *
 * Source: RFC 7766 §7, RFC 3597 §3.
 */
import type { Edns, Message, Question } from "../ports/message.ts";
import { Flag, InfoCode, Opcode, OptionCode, Rcode } from "../wire/codes.ts";
import { HEADER_OCTETS, isFault, readMessage, type WireFault } from "../wire/read-message.ts";

/** Whether `message`, which has the query's ID, is its response. A truncated one over a stream is none. */
function isResponseTo(message: Message, question: Question): boolean {
  if ((message.flags & (Flag.QR | Flag.TC)) !== Flag.QR || message.opcode !== Opcode.QUERY) return false;
  const asked = message.questions[0];
  // "If the response contains a question section, the client MUST match the QNAME, QCLASS, and QTYPE fields"
  // (RFC 7766 §7). The reader gives the question that was expected itself, where it is that.
  return asked === undefined ? isBareFailure(message) : asked === question;
}

/**
 * The message in `octets[start..end)`, which has the ID of a query for `question`, where it is its response.
 *
 * A resolver hands RDATA on as it is (RFC 3597 §3): what is malformed in there is whoever owns the name to blame for,
 * not the peer, and no other server has it better. So it is a response, if one that says no more than a failure.
 */
export function responseIn(
  octets: Buffer,
  start: number,
  end: number,
  question: Question,
): Message | undefined {
  const read = readMessage(octets, start, end, question);
  const message = isFault(read) ? inPlaceOf(read, octets, start, question) : read;
  return message !== undefined && isResponseTo(message, question) ? message : undefined;
}

/** Where the header says how many records there are. */
const RECORD_COUNTS = 6;

/** EDE 24, Invalid Data (RFC 8914 §4.25). */
const INVALID_DATA: Edns = {
  udpSize: 0,
  version: 0,
  dnssecOk: false,
  options: [
    {
      code: OptionCode.EDE,
      data: Buffer.from(`\0${String.fromCharCode(InfoCode.INVALID_DATA)}malformed RDATA`),
    },
  ],
};

/** Its header and question, as a failure; `undefined` where more than RDATA is malformed. */
function inPlaceOf(fault: WireFault, octets: Buffer, start: number, question: Question): Message | undefined {
  if (fault !== "rdata-malformed") return undefined;
  const bare = Buffer.from(octets.subarray(start, start + HEADER_OCTETS + question.qname.length + 4));
  bare.fill(0, RECORD_COUNTS, HEADER_OCTETS);
  const message = readMessage(bare, 0, bare.length, question);
  return isFault(message) ? undefined : { ...message, rcode: Rcode.SERVFAIL, edns: INVALID_DATA };
}

/** NOERROR and NXDOMAIN answer the question. The rest may be one server's trouble. */
export function isUseful(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN;
}

/** Who could not read a query, or will not, need not give its question back: nothing is said but that. */
function isBareFailure({ rcode, answer, authority, additional }: Message): boolean {
  return !isUseful(rcode) && answer.length + authority.length + additional.length === 0;
}
