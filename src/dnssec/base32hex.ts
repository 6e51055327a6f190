/**
 * The one label of an NSEC3 owner that is not the zone's name: a hash in base32 with the extended hex
 * alphabet, without padding.
 *
 * Source: RFC 4648 §7, RFC 5155 §3.
 */

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** The octets in `label`, one UTF-16 code unit each; `undefined` where it is not base32hex in lower case. */
export function decodeBase32Hex(label: string): string | undefined {
  let octets = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < label.length; i++) {
    const digit = ALPHABET.indexOf(label[i]!);
    if (digit < 0) return undefined;
    bits = ((bits << 5) | digit) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    octets += String.fromCharCode((bits >> held) & 0xff);
  }
  return octets;
}

/** `octets`, one UTF-16 code unit each, as a label. */
export function encodeBase32Hex(octets: string): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (let i = 0; i < octets.length; i++) {
    bits = ((bits << 8) | octets.charCodeAt(i)) & 0xfff;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += ALPHABET[(bits >> held) & 31]!;
    }
  }
  return held > 0 ? text + ALPHABET[(bits << (5 - held)) & 31]! : text;
}
