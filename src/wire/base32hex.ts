/** Base 32 with extended hex alphabet, without padding: how hashed owner names are written (RFC 5155 §3.3). Source: RFC 4648 §7. */

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
/** By character code: its value, or -1. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code).toLowerCase()),
);

/** In lower case, as the labels of NSEC3 owners are in a `Name`. */
export function base32hexToText(octets: Uint8Array): string {
  let text = "";
  let bits = 0;
  let buffered = 0;
  for (const octet of octets) {
    buffered = ((buffered << 8) | octet) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(buffered >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(buffered << (5 - bits)) & 31] : text;
}

/** In any letter case; `undefined` for other characters, or where the last one has bits that no octet gets. */
export function base32hexFromText(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(Math.floor((text.length * 5) / 8));
  return readBase32hex(text, octets) < 0 ? undefined : octets;
}

/** The same into `room`, which is large enough. @returns how many octets there are, -1 where there is no telling. */
export function readBase32hex(text: string, room: Uint8Array): number {
  let bits = 0;
  let buffered = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return -1;
    buffered = ((buffered << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    room[count++] = buffered >> bits;
  }
  return bits < 5 && (buffered & ((1 << bits) - 1)) === 0 ? count : -1;
}
