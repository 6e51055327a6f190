/**
 * Extended DNS Errors as EDNS options of a response, as far as there is room for them: they are what a message loses
 * first (RFC 8914 §3).
 */
import type { ExtendedError } from "../ports/exchange.ts";
import { OptionCode } from "../wire/codes.ts";

const OPTION_HEADER_OCTETS = 4;
const CODE_OCTETS = 2;

export const NO_ERRORS: readonly ExtendedError[] = [];

/** The errors as `room` octets hold them: all of them, without their texts, or none. */
export function fitting(errors: readonly ExtendedError[], room: number): readonly ExtendedError[] {
  if (octetsOf(errors) <= room) return errors;
  const codes = errors.map(({ infoCode }) => ({ infoCode, text: "" }));
  return octetsOf(codes) <= room ? codes : NO_ERRORS;
}

/**
 * Writes an option for each error at `out[start]` (RFC 8914 §2).
 * @returns their octets.
 */
export function writeErrors(errors: readonly ExtendedError[], out: Buffer, start: number): number {
  let at = start;
  for (const error of errors) {
    const octets = CODE_OCTETS + textOctets(error);
    out[at] = OptionCode.EDE >> 8;
    out[at + 1] = OptionCode.EDE & 0xff;
    out[at + 2] = octets >> 8;
    out[at + 3] = octets & 0xff;
    out[at + 4] = error.infoCode >> 8;
    out[at + 5] = error.infoCode & 0xff;
    if (octets > CODE_OCTETS) out.write(error.text, at + 6, "utf8");
    at += OPTION_HEADER_OCTETS + octets;
  }
  return at - start;
}

function octetsOf(errors: readonly ExtendedError[]): number {
  let octets = 0;
  for (const error of errors) octets += OPTION_HEADER_OCTETS + CODE_OCTETS + textOctets(error);
  return octets;
}

/** Most errors that are told often have no text. */
function textOctets({ text }: ExtendedError): number {
  return text === "" ? 0 : Buffer.byteLength(text, "utf8");
}
