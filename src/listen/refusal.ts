/**
 * REFUSED for a client that may not ask, with the reason where the client speaks EDNS. Nothing here
 * depends on the handler: a stranger's query goes no further than this file.
 *
 * Source: RFC 1035 §4.1.1, RFC 6891 §6.1 (OPT), RFC 3225 §3 (DO is copied), RFC 8914 §4.19 (Prohibited).
 */
import { Flag, InfoCode, OptionCode, Rcode, Type } from "../wire/codes.ts";
import { HEADER_OCTETS } from "../wire/read-message.ts";
import { ScanFault, ScannedQuery, scanQuery } from "../wire/scan-query.ts";
import type { ListenCounts, Refused } from "./drops.ts";
import { MAX_UDP_RESPONSE } from "./udp-rules.ts";

export type Refusal = "not-allowed" | "rate-limit";

const DO_BIT = 0x8000;
const OPCODE_BITS = 0x7800;
const NO_TEXT = Buffer.alloc(0);
const ERRORS = {
  "not-allowed": { infoCode: InfoCode.PROHIBITED, text: NO_TEXT },
  "rate-limit": { infoCode: InfoCode.OTHER, text: Buffer.from("rate limit") },
} as const satisfies Record<Refusal, { infoCode: number; text: Buffer }>;

const query = new ScannedQuery();

/** Refuses on one kind of socket, and counts it. */
export class Refuser {
  readonly #transport: keyof Refused;
  readonly #counts: ListenCounts;

  constructor(transport: keyof Refused, counts: ListenCounts) {
    this.#transport = transport;
    this.#counts = counts;
  }

  /**
   * Writes the response to the query in `packet[start..end)` at `outStart`; at most `MAX_UDP_RESPONSE` octets.
   * @returns its octets; 0 where the message is a response or too short to answer.
   */
  write(packet: Buffer, start: number, end: number, out: Buffer, outStart: number, refusal: Refusal): number {
    const fault = scanQuery(packet, start, end, query);
    if (fault === ScanFault.TOO_SHORT || fault === ScanFault.NOT_A_QUERY) {
      this.#counts.drops[fault === ScanFault.TOO_SHORT ? "too-short" : "not-a-query"]++;
      return 0;
    }
    this.#counts.refused[this.#transport]++;
    return writeRefused(packet, start, out, outStart, refusal);
  }
}

function writeRefused(
  packet: Buffer,
  start: number,
  out: Buffer,
  outStart: number,
  refusal: Refusal,
): number {
  const hasQuestion = query.questionEnd > start + HEADER_OCTETS;
  // The question as it came, letter case and all: stubs compare it (RFC 5452 §9.2).
  packet.copy(out, outStart, start, query.questionEnd);
  out.writeUInt16BE(
    Flag.QR | (query.flags & (OPCODE_BITS | Flag.RD | Flag.CD)) | Rcode.REFUSED,
    outStart + 2,
  );
  out.writeUInt16BE(hasQuestion ? 1 : 0, outStart + 4);
  out.writeUInt32BE(0, outStart + 6);
  out.writeUInt16BE(query.hasEdns ? 1 : 0, outStart + 10);
  const at = outStart + (query.questionEnd - start);
  return (query.hasEdns ? writeOpt(out, at, refusal) : at) - outStart;
}

function writeOpt(out: Buffer, start: number, refusal: Refusal): number {
  const { infoCode, text } = ERRORS[refusal];
  let at = out.writeUInt8(0, start);
  at = out.writeUInt16BE(Type.OPT, at);
  at = out.writeUInt16BE(MAX_UDP_RESPONSE, at);
  at = out.writeUInt16BE(0, at); // extended RCODE and version
  at = out.writeUInt16BE(query.dnssecOk ? DO_BIT : 0, at);
  at = out.writeUInt16BE(6 + text.length, at);
  at = out.writeUInt16BE(OptionCode.EDE, at);
  at = out.writeUInt16BE(2 + text.length, at);
  at = out.writeUInt16BE(infoCode, at);
  return at + text.copy(out, at);
}
