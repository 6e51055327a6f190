/**
 * IP addresses between text, octets and the key under which a client is known here. Scopes (`%eth0`) are
 * not part of an address's octets.
 *
 * Source: RFC 4291 §2.2 (text), §2.5.5.2 (IPv4-mapped).
 */
import { isIP } from "node:net";

/**
 * A client as a Map key: IPv4 as a 32-bit signed number, IPv6 as 16 octets in a string. An IPv4-mapped
 * address is its IPv4 address, so that a dual-stack socket changes nobody's rights.
 */
export type ClientKey = number | string;

/** 4 or 16 octets, or `undefined` where `text` is no IP address. */
export function octetsOfAddress(text: string): Uint8Array | undefined {
  switch (isIP(text)) {
    case 4:
      return Uint8Array.from(text.split("."), Number);
    case 6:
      return octetsOfIpv6(text);
    default:
      return undefined;
  }
}

/** Canonical enough for `net.BlockList`; no zero compression. */
export function textOfAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((octets[at]! << 8) | octets[at + 1]!).toString(16));
  return groups.join(":");
}

/** The key of the client whose address is in `octets[start..start + length)`; `length` is 4 or 16. */
export function clientKey(octets: Uint8Array, start: number, length: number): ClientKey {
  if (length === 4) return word(octets, start);
  if (isMapped(octets, start)) return word(octets, start + 12);
  let key = "";
  for (let at = start; at < start + 16; at++) key += String.fromCharCode(octets[at]!);
  return key;
}

/** The address behind a key, as octets. */
export function octetsOfKey(key: ClientKey): Uint8Array {
  if (typeof key === "string") return Uint8Array.from(key, (octet) => octet.charCodeAt(0));
  return Uint8Array.of(key >>> 24, (key >>> 16) & 0xff, (key >>> 8) & 0xff, key & 0xff);
}

/** The address behind a key, for people. */
export function textOfKey(key: ClientKey): string {
  return textOfAddress(octetsOfKey(key));
}

/** `::ffff:0:0/96`. */
function isMapped(octets: Uint8Array, start: number): boolean {
  for (let at = start; at < start + 10; at++) if (octets[at] !== 0) return false;
  return octets[start + 10] === 0xff && octets[start + 11] === 0xff;
}

function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}

/** `text` has been found to be IPv6 by `isIP`. */
function octetsOfIpv6(text: string): Uint8Array {
  const octets = new Uint8Array(16);
  const [address = ""] = text.split("%", 1);
  const [front = "", back] = address.split("::");
  octets.set(octetsOfGroups(front));
  if (back !== undefined) {
    const tail = octetsOfGroups(back);
    octets.set(tail, 16 - tail.length);
  }
  return octets;
}

function octetsOfGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
