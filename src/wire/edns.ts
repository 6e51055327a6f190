/**
 * Looks into EDNS options. Which of them are sent, to whom and with what data is decided elsewhere:
 * `privacy/` for queries, `resolve/` for responses.
 *
 * Source: RFC 6891 §6.1.2 (options), RFC 7871 §6 (client subnet), RFC 8914 §2 (extended DNS errors).
 */
import type { ExtendedError } from "../ports/exchange.ts";
import type { Edns, EdnsOption } from "../ports/message.ts";
import { OptionCode } from "./codes.ts";
import { asBuffer } from "./latin1.ts";

/** Longest prefix of each address family, in bits (RFC 7871 §6). */
const LONGEST_PREFIX: Readonly<Record<number, number>> = { 1: 32, 2: 128 };

const NO_ERRORS: readonly ExtendedError[] = [];
/** Extended DNS errors of one message that are read, and octets of each one's text: long ones are to be avoided (RFC 8914 §3). */
const MAX_ERRORS = 8;
const MAX_TEXT_OCTETS = 100;
const TEXT_ROOM = new Uint8Array(MAX_TEXT_OCTETS);
const ENCODER = new TextEncoder();

/** A client subnet; `address` holds the octets that the source prefix length covers. */
export interface ClientSubnet {
  /** 1 for IPv4, 2 for IPv6. */
  readonly family: number;
  readonly sourcePrefix: number;
  readonly scopePrefix: number;
  readonly address: Uint8Array;
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

/**
 * The first extended DNS errors, in their order, and how their texts begin: a sender may fill a message with them. What is no
 * UTF-8 becomes U+FFFD. The NUL that some end a text with is cut (RFC 8914 §2).
 */
export function readExtendedErrors(edns: Edns | undefined): readonly ExtendedError[] {
  if (edns === undefined || !edns.options.some(isExtendedError)) return NO_ERRORS;
  const errors: ExtendedError[] = [];
  for (const { code, data } of edns.options) {
    if (code !== OptionCode.EDE || data.length < 2) continue;
    const text = asBuffer(data).toString("utf8", 2);
    errors.push({
      infoCode: (data[0]! << 8) | data[1]!,
      text: beginningOf(text.endsWith("\0") ? text.slice(0, -1) : text),
    });
    if (errors.length === MAX_ERRORS) break;
  }
  return errors;
}

/** As many whole characters as fit `MAX_TEXT_OCTETS` of UTF-8. */
function beginningOf(text: string): string {
  return text.slice(0, ENCODER.encodeInto(text, TEXT_ROOM).read);
}

function isExtendedError({ code }: EdnsOption): boolean {
  return code === OptionCode.EDE;
}

/** The client subnet in `data`; `undefined` where it is malformed, or of another family (RFC 7871 §7.1.2). */
export function readClientSubnet(data: Uint8Array): ClientSubnet | undefined {
  if (data.length < 4) return undefined;
  const family = (data[0]! << 8) | data[1]!;
  const sourcePrefix = data[2]!;
  const address = data.subarray(4);
  if (sourcePrefix > (LONGEST_PREFIX[family] ?? -1) || address.length !== Math.ceil(sourcePrefix / 8))
    return undefined;
  return { family, sourcePrefix, scopePrefix: data[3]!, address };
}
