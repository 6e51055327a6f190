/** Octets in hexadecimal and base 64, strict: nothing is skipped or made up. Source: RFC 4648 §4, §8. */
import { asBuffer } from "./latin1.ts";

/** In capitals, as most DNS tools write it. */
export function hexToText(octets: Uint8Array, start = 0, end = octets.length): string {
  return asBuffer(octets).toString("hex", start, end).toUpperCase();
}

/** `undefined` for an odd number of digits and for anything else. */
export function hexFromText(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}

/** At least one octet, with the padding; `undefined` for anything else. */
export function base64FromText(text: string): Buffer | undefined {
  const octets = Buffer.from(text, "base64");
  return octets.length > 0 && octets.toString("base64") === text ? octets : undefined;
}
