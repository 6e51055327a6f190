/**
 * Which message is the response to a query on its connection, and what it is good for.
 *
 * Source: RFC 7766 §7.
 */
import type { Message, Question } from "../ports/message.ts";
import { Flag, Opcode, Rcode } from "../wire/codes.ts";

/** Whether `message`, which has the query's ID, is its response. A truncated one over a stream is none. */
export function isResponseTo(message: Message, question: Question): boolean {
  if ((message.flags & (Flag.QR | Flag.TC)) !== Flag.QR || message.opcode !== Opcode.QUERY) return false;
  const asked = message.questions[0];
  // "If the response contains a question section, the client MUST match the QNAME, QCLASS, and QTYPE fields"
  // (RFC 7766 §7). The reader gives the question that was expected itself, where it is that.
  return asked === undefined ? isBareFailure(message) : asked === question;
}

/** NOERROR and NXDOMAIN answer the question. The rest may be one server's trouble. */
export function isUseful(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN;
}

/** Who could not read a query, or will not, need not give its question back: nothing is said but that. */
function isBareFailure({ rcode, answer, authority, additional }: Message): boolean {
  return !isUseful(rcode) && answer.length + authority.length + additional.length === 0;
}
