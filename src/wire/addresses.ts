/**
 * IP addresses in octets and in text. Not for sockets, which take text.
 *
 * Source: RFC 1035 §3.4.1 (IPv4), RFC 4291 §2.2 and RFC 5952 §4 (IPv6).
 */

export const IPV4_OCTETS = 4;
export const IPV6_OCTETS = 16;

/** Groups of 16 bits in an IPv6 address. */
const GROUPS = 8;

/** `192.0.2.1`, of the four octets at `start`. */
export function ipv4ToText(octets: Uint8Array, start = 0): string {
  return `${octets[start]}.${octets[start + 1]}.${octets[start + 2]}.${octets[start + 3]}`;
}

/** The octets of four decimal numbers; no leading zeros, which some take as octal. */
export function ipv4FromText(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== IPV4_OCTETS) return undefined;
  const isPlain = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isPlain ? Uint8Array.from(parts, Number) : undefined;
}

/** `2001:db8::1`, of the 16 octets at `start`, as RFC 5952 §4 wants it; IPv4-mapped ones as in its §5. */
export function ipv6ToText(octets: Uint8Array, start = 0): string {
  const groups = Array.from(
    { length: GROUPS },
    (_, i) => (octets[start + 2 * i]! << 8) | octets[start + 2 * i + 1]!,
  );
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${ipv4ToText(octets, start + 12)}`;
  }
  const { first, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, first).join(":")}::${hex.slice(first + length).join(":")}`;
}

/** The 16 octets of an IPv6 address, `::` and a dotted IPv4 end allowed, no scope. */
export function ipv6FromText(text: string): Uint8Array | undefined {
  const halves = withHexEnd(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = [...head!, ...(tail ?? [])];
  // "::" stands for at least one group.
  if (tail === undefined ? given.length !== GROUPS : given.length >= GROUPS) return undefined;
  if (!given.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const zeros = Array.from({ length: GROUPS - given.length }, () => "0");
  const groups = [...head!, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** `text` with a dotted IPv4 address at its end turned into two groups. */
function withHexEnd(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const cut = text.lastIndexOf(":") + 1;
  const v4 = ipv4FromText(text.slice(cut));
  if (v4 === undefined || cut === 0) return undefined;
  return `${text.slice(0, cut)}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { first: number; length: number } {
  let best = { first: 0, length: 0 };
  let length = 0;
  for (let i = 0; i < groups.length; i++) {
    length = groups[i] === 0 ? length + 1 : 0;
    if (length > best.length) best = { first: i + 1 - length, length };
  }
  return best;
}
