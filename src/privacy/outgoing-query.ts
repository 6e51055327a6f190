/**
 * The query that leaves for an upstream, built afresh from QNAME, QTYPE and QCLASS. Nothing of a client's
 * message is at hand here, so nothing of it can leak: two clients that ask the same question cause the same
 * octets, but for the ID.
 *
 * Header: RD=1 (we forward), CD=1 (we judge the data ourselves, RFC 4035 §4.9.2), all else 0. QNAME in lower
 * case. OPT: payload size 1232, DO=1, and the options always in the same order: edns-tcp-keepalive (asked for in
 * every query, so that the first of a connection looks like the others), Client Subnet, Padding last so that
 * it makes the whole message as long as the policy says.
 *
 * It does not choose whom to ask, nor frame the message for TCP.
 *
 * Source: RFC 1035 §4.1, RFC 6891 §6.1, RFC 7828 §3.2.1, RFC 7830 §3, RFC 7871 §7.1.2, RFC 8467 §4.1.
 */
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Views } from "../wire/views.ts";
import { type ClientSubnet, clientSubnetOption } from "./client-subnet.ts";
import { PADDING_HEADER_OCTETS, type PaddedLength, type PaddingPolicy, paddedLength } from "./padding.ts";

export interface OutgoingQueryOptions {
  readonly padding: PaddingPolicy;
  /** Octets; RFC 8467 §4.1: 128. */
  readonly paddingBlock: number;
  readonly ecs: ClientSubnet;
}

/** What the next hop needs otherwise than the others. */
export interface Hop {
  readonly ecs?: ClientSubnet;
  /**
   * Do53, where the operator allowed it: no Padding, which hides nothing there (RFC 7830 §6), and no
   * keepalive, which MUST NOT be sent over UDP (RFC 7828 §3.2.1).
   */
  readonly clear?: boolean;
}

/** Gives a whole message in the memory that was asked for it. Its ID is at octets 0 and 1 and may be patched there. */
export type EncodeQuery = (question: Question, id: number, hop?: Hop) => Buffer;

const HEADER_OCTETS = 12;
/** QTYPE and QCLASS. */
const QUESTION_TAIL_OCTETS = 4;
/** Root owner, TYPE, CLASS, TTL, RDLENGTH. */
const OPT_HEADER_OCTETS = 11;
const RDLENGTH_OFFSET = 9;
/** RFC 1035 §3.1. */
const MAX_NAME_OCTETS = 255;

/** ID 0, RD and CD, one question, one additional record. */
const HEADER = Uint8Array.of(0, 0, 0x01, 0x10, 0, 1, 0, 0, 0, 0, 0, 1);
/** Root, OPT, 1232 octets (so that an answer fits into any path's datagrams), version 0, DO, RDLENGTH to be patched. */
const OPT_HEADER = Uint8Array.of(0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0);
/** OPTION-CODE 11 without TIMEOUT: "Clients MUST specify an OPTION-LENGTH of 0" (RFC 7828 §3.2.1). */
const KEEPALIVE = Uint8Array.of(0, 11, 0, 0);
const PADDING_HEADER = Uint8Array.of(0, 12, 0, 0);

/** All that follows the question, laid out once; zeros for the longest padding at its end. */
interface Template {
  readonly tails: Views;
  /** Octets of it up to where padding begins. */
  readonly fixed: number;
  readonly lengthOf: PaddedLength;
  readonly isPadded: boolean;
}

/**
 * Makes the encoder for one configuration.
 * @param memory gives as many octets for each message; by default its own.
 */
export function outgoingQuery(
  options: OutgoingQueryOptions,
  random: Random,
  memory: (octets: number) => Buffer = Buffer.allocUnsafe,
): EncodeQuery {
  const sealed = {
    zero: templateOf(options, "zero", false, random),
    none: templateOf(options, "none", false, random),
  };
  const clear = {
    zero: templateOf(options, "zero", true, random),
    none: templateOf(options, "none", true, random),
  };

  return (question, id, hop) => {
    const ecs = hop?.ecs ?? options.ecs;
    return encode(hop?.clear === true ? clear[ecs] : sealed[ecs], question, id, memory);
  };
}

function encode(
  template: Template,
  question: Question,
  id: number,
  memory: (octets: number) => Buffer,
): Buffer {
  const { qname, qtype, qclass } = question;
  const { tails, fixed } = template;
  const tailStart = HEADER_OCTETS + qname.length + QUESTION_TAIL_OCTETS;
  const length = template.lengthOf(tailStart + fixed);
  // Every octet is written below, so memory of an earlier message cannot show through.
  const message = memory(length);

  // One by one: sooner done than a call.
  for (let i = 2; i < HEADER_OCTETS; i++) message[i] = HEADER[i]!;
  message[0] = id >>> 8;
  message[1] = id & 0xff;
  message.latin1Write(qname, HEADER_OCTETS);
  message[tailStart - 4] = qtype >>> 8;
  message[tailStart - 3] = qtype & 0xff;
  message[tailStart - 2] = qclass >>> 8;
  message[tailStart - 1] = qclass & 0xff;
  message.set(tails.upTo(length - tailStart), tailStart);

  const rdlength = length - tailStart - OPT_HEADER_OCTETS;
  message[tailStart + RDLENGTH_OFFSET] = rdlength >>> 8;
  message[tailStart + RDLENGTH_OFFSET + 1] = rdlength & 0xff;
  if (template.isPadded) {
    const padding = length - tailStart - fixed;
    message[tailStart + fixed - 2] = padding >>> 8;
    message[tailStart + fixed - 1] = padding & 0xff;
  }
  return message;
}

function templateOf(
  options: OutgoingQueryOptions,
  ecs: ClientSubnet,
  isClear: boolean,
  random: Random,
): Template {
  const policy = isClear ? "off" : options.padding;
  const isPadded = policy !== "off";
  const head = Buffer.concat([OPT_HEADER, isClear ? new Uint8Array(0) : KEEPALIVE, clientSubnetOption(ecs)]);
  // `off` is told the same length as the others and takes the Padding header off again.
  const fixed = head.length + PADDING_HEADER_OCTETS;
  const lengthOf = paddedLength({ policy, block: options.paddingBlock }, longestQuery(), random);
  // No policy gives more than three blocks beyond the longest query.
  const zeros = isPadded ? longestQuery() + 3 * options.paddingBlock : 0;
  const tail = Buffer.concat([head, isPadded ? PADDING_HEADER : new Uint8Array(0), new Uint8Array(zeros)]);

  return { tails: new Views(tail), fixed, lengthOf, isPadded };
}

/** The same for every hop, so that `maximal` is one size whether or not a server is sent the Client Subnet option. */
function longestQuery(): number {
  const options = KEEPALIVE.length + clientSubnetOption("zero").length + PADDING_HEADER_OCTETS;
  return HEADER_OCTETS + MAX_NAME_OCTETS + QUESTION_TAIL_OCTETS + OPT_HEADER_OCTETS + options;
}
