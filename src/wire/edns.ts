/**
 * EDNS options to octets and back. Which of them are sent, and to whom, is not decided here.
 *
 * Source: RFC 6891 §6.1.2 (options), RFC 7871 §6 (client subnet), RFC 7828 §3.1 (keepalive), RFC 7830 §3
 * (padding), RFC 8914 §2 (extended DNS errors).
 */
import type { ExtendedError } from "../ports/exchange.ts";
import type { Edns, EdnsOption } from "../ports/message.ts";
import { OptionCode } from "./codes.ts";

/** Octets of an OPT record without options: owner, type, class, TTL, RDLENGTH. */
export const OPT_OCTETS = 11;
/** Octets of an option before its data: code and length. */
export const OPTION_HEADER_OCTETS = 4;

/** Address families of RFC 7871 §6. */
export const Family = { IPV4: 1, IPV6: 2 } as const;

/** A client subnet; `address` holds the octets that the source prefix length covers. */
export interface ClientSubnet {
  readonly family: number;
  readonly sourcePrefix: number;
  readonly scopePrefix: number;
  readonly address: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** The RDATA of an OPT record with these options. */
export function encodeOptions(options: readonly EdnsOption[]): Buffer {
  const octets = options.reduce((sum, option) => sum + OPTION_HEADER_OCTETS + option.data.length, 0);
  const rdata = Buffer.allocUnsafe(octets);
  let at = 0;
  for (const { code, data } of options) {
    rdata.writeUInt16BE(code, at);
    rdata.writeUInt16BE(data.length, at + 2);
    rdata.set(data, at + OPTION_HEADER_OCTETS);
    at += OPTION_HEADER_OCTETS + data.length;
  }
  return rdata;
}

/** Data of the first option with that code; later ones are ignored (CVE-2026-42944). */
export function ednsOption(
  message: { readonly edns: Edns | undefined },
  code: number,
): Uint8Array | undefined {
  if (message.edns === undefined) return undefined;
  for (const option of message.edns.options) if (option.code === code) return option.data;
  return undefined;
}

/** An Extended DNS Error as an option (RFC 8914 §2). */
export function extendedErrorOption(error: ExtendedError): EdnsOption {
  const text = Buffer.from(error.text, "utf8");
  const data = Buffer.allocUnsafe(2 + text.length);
  data.writeUInt16BE(error.infoCode, 0);
  text.copy(data, 2);
  return { code: OptionCode.EDE, data };
}

/** All extended DNS errors, in their order. Text that is not UTF-8 gets U+FFFD; a NUL at its end is cut (RFC 8914 §2). */
export function readExtendedErrors(edns: Edns | undefined): ExtendedError[] {
  const errors: ExtendedError[] = [];
  for (const { code, data } of edns?.options ?? []) {
    if (code !== OptionCode.EDE || data.length < 2) continue;
    const text = Buffer.from(data.subarray(2)).toString("utf8");
    errors.push({
      infoCode: (data[0]! << 8) | data[1]!,
      text: text.endsWith("\0") ? text.slice(0, -1) : text,
    });
  }
  return errors;
}

/** A client subnet; with prefix 0 and no address it asks that none be added (RFC 7871 §7.1.2). */
export function clientSubnetOption(
  family: number,
  sourcePrefix = 0,
  address: Uint8Array = NOTHING,
): EdnsOption {
  const octets = Math.ceil(sourcePrefix / 8);
  const data = Buffer.alloc(4 + octets);
  data.writeUInt16BE(family, 0);
  data[2] = sourcePrefix;
  data.set(address.subarray(0, octets), 4);
  // RFC 7871 §6: bits after the prefix "MUST be set to 0".
  if (sourcePrefix % 8 !== 0) data[3 + octets]! &= 0xff << (8 - (sourcePrefix % 8));
  return { code: OptionCode.ECS, data };
}

/** The client subnet in `data`; `undefined` where it is malformed (RFC 7871 §7.1.2 has the rules). */
export function readClientSubnet(data: Uint8Array): ClientSubnet | undefined {
  if (data.length < 4) return undefined;
  const family = (data[0]! << 8) | data[1]!;
  const sourcePrefix = data[2]!;
  const address = data.subarray(4);
  const longest = family === Family.IPV4 ? 32 : family === Family.IPV6 ? 128 : 255;
  if (sourcePrefix > longest || address.length !== Math.ceil(sourcePrefix / 8)) return undefined;
  return { family, sourcePrefix, scopePrefix: data[3]!, address };
}

/** edns-tcp-keepalive: empty in a query, with a time-out in units of 100 ms in a response (RFC 7828 §3.1). */
export function keepaliveOption(hundredMilliseconds?: number): EdnsOption {
  if (hundredMilliseconds === undefined) return { code: OptionCode.KEEPALIVE, data: NOTHING };
  const units = Math.min(hundredMilliseconds, 0xffff);
  return { code: OptionCode.KEEPALIVE, data: Uint8Array.of(units >> 8, units & 0xff) };
}

/** The time-out in milliseconds; `undefined` where there is none, or where it is malformed. */
export function readKeepalive(data: Uint8Array | undefined): number | undefined {
  return data?.length === 2 ? ((data[0]! << 8) | data[1]!) * 100 : undefined;
}

/** `octets` of padding, all 0 (RFC 7830 §3), its own header not counted. */
export function paddingOption(octets: number): EdnsOption {
  return { code: OptionCode.PADDING, data: new Uint8Array(octets) };
}
