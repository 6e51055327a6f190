/**
 * A query in clear, and which response is its own. An off-path attacker has to guess the ID, the source port and
 * the letter case of the name (0x20).
 *
 * Source: RFC 5452 §9.1 (match question, ID, port, address), RFC 1035 §4.1; draft-vixie-dnsext-dns0x20.
 */
import type { Message, Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Flag } from "../wire/codes.ts";
import { HEADER_OCTETS, isFault, readMessage } from "../wire/read-message.ts";
import { writeMessage } from "../wire/write-message.ts";

export interface PlainQuery {
  readonly octets: Buffer;
  /** The response where it is one to this query; `isExact`: in its letter case too, which nobody could guess. */
  read(response: Buffer): { readonly message: Message; readonly isExact: boolean } | undefined;
}

/** So that an answer fits into any path's datagrams. */
const UDP_SIZE = 1232;
/** Makes a lower case letter an upper case one, and back. */
const CASE_BIT = 0x20;

export function plainQuery(question: Question, random: Random): PlainQuery {
  const edns = { udpSize: UDP_SIZE, version: 0, dnssecOk: false, options: [] };
  const octets = writeMessage({ id: random.u16(), flags: Flag.RD, questions: [question], edns });
  if (octets === undefined) throw new Error("a question always fits");
  const end = HEADER_OCTETS + question.qname.length;
  mixCase(octets.subarray(HEADER_OCTETS, end), random);
  const asked = octets.subarray(HEADER_OCTETS, end + 4);
  return {
    octets,
    read(response) {
      const echoed = response.subarray(HEADER_OCTETS, HEADER_OCTETS + asked.length);
      if (response.length < HEADER_OCTETS + asked.length) return undefined;
      if (response.readUInt16BE(0) !== octets.readUInt16BE(0)) return undefined;
      const message = readMessage(response);
      if (isFault(message) || (message.flags & Flag.QR) === 0 || message.opcode !== 0) return undefined;
      const [answered] = message.questions;
      if (answered?.qname !== question.qname || answered.qtype !== question.qtype) return undefined;
      if (answered.qclass !== question.qclass) return undefined;
      return { message, isExact: asked.equals(echoed) };
    },
  };
}

/** Length octets are below any letter, so the whole name can be run through. */
function mixCase(name: Buffer, random: Random): void {
  for (let at = 0; at < name.length; at++) {
    const octet = name[at]!;
    const isLetter = octet >= 0x61 && octet <= 0x7a;
    if (isLetter && random.below(2) === 1) name[at] = octet ^ CASE_BIT;
  }
}
