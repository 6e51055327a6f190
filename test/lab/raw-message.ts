/**
 * The few cuts in a DNS message that a misbehaving upstream needs, made on its octets. Deliberately does
 * not use `src/wire/`: what tests it should not share its mistakes. Only for messages the lab made itself
 * or a test sent: not a parser to trust.
 *
 * Source: RFC 1035 §4.1; RFC 6891 §6.1.2; RFC 7828 §3.1.
 */

const HEADER_OCTETS = 12;
const TYPE_OPT = 41;
const OPTION_KEEPALIVE = 11;

/** Where the name that begins at `at` ends. */
export function afterName(message: Buffer, at: number): number {
  let here = at;
  while (here < message.length) {
    const length = message[here] ?? 0;
    if (length === 0) return here + 1;
    if (length >= 0xc0) return here + 2;
    here += length + 1;
  }
  return message.length;
}

/** Where the question section of one question ends. */
export function afterQuestion(message: Buffer): number {
  return afterName(message, HEADER_OCTETS) + 4;
}

/** Where the OPT record begins (at its root owner), or -1. */
export function optOffset(message: Buffer): number {
  let at = message.readUInt16BE(4) === 1 ? afterQuestion(message) : HEADER_OCTETS;
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  for (let i = 0; i < records && at < message.length; i++) {
    const fixed = afterName(message, at);
    if (fixed + 10 > message.length) return -1;
    if (message.readUInt16BE(fixed) === TYPE_OPT) return at;
    at = fixed + 10 + message.readUInt16BE(fixed + 8);
  }
  return -1;
}

/** A copy with another ID. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id & 0xffff, 0);
  return copy;
}

/** A copy whose QNAME differs in its first octet. */
export function withOtherQuestion(message: Buffer): Buffer {
  const copy = Buffer.from(message);
  if (copy.length > 13) copy[13] = copy[13] === 0x7a ? 0x61 : 0x7a;
  return copy;
}

/** The query as a response without records but OPT, with that RCODE. */
export function emptyResponse(query: Buffer, rcode: number): Buffer {
  const opt = optOffset(query);
  const question = query.subarray(0, afterQuestion(query));
  const tail = opt < 0 ? Buffer.alloc(0) : bareOpt(query, opt);
  const response = Buffer.concat([question, tail]);
  response.writeUInt16BE(0x8000 | (query.readUInt16BE(2) & 0x0110) | 0x80 | (rcode & 0xf), 2);
  response.fill(0, 6, HEADER_OCTETS);
  response.writeUInt16BE(opt < 0 ? 0 : 1, 10);
  return response;
}

/** A copy whose OPT, which must be the last record, has one option more: edns-tcp-keepalive, units of 100 ms. */
export function withKeepalive(message: Buffer, units: number): Buffer {
  const opt = optOffset(message);
  if (opt < 0) return message;
  const option = Buffer.alloc(6);
  option.writeUInt16BE(OPTION_KEEPALIVE, 0);
  option.writeUInt16BE(2, 2);
  option.writeUInt16BE(units, 4);
  const copy = Buffer.concat([message, option]);
  copy.writeUInt16BE(copy.readUInt16BE(opt + 9) + option.length, opt + 9);
  return copy;
}

/** With the two octets of length before it (RFC 7766 §8). */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(message.length + 2);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, 2);
  return frame;
}

function bareOpt(message: Buffer, at: number): Buffer {
  const opt = Buffer.from(message.subarray(at, at + 11));
  opt.writeUInt16BE(0, 9);
  return opt;
}
