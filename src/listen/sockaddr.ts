/**
 * `struct sockaddr_in` and `sockaddr_in6` as Linux lays them out on little-endian machines, in slots of
 * 32 octets that are also read as 32-bit words.
 *
 * Source: ip(7), ipv6(7).
 */

/** Room for either structure, and a power of two. */
export const SOCKADDR_SLOT = 32;
export const SOCKADDR_WORDS = SOCKADDR_SLOT / 4;

export type Family = 4 | 6;

export const AF_INET = 2;
export const AF_INET6 = 10;

const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const SCOPE_AT = 24;
/** The last word of ::1, little-endian. */
const LAST_WORD_OF_ONE = 0x01000000;

export function sockaddrOctets(family: Family): number {
  return family === 4 ? 16 : 28;
}

/** Words of a sockaddr that say something: the rest of IPv4's is padding. */
export function sockaddrWords(family: Family): number {
  return family === 4 ? 2 : 7;
}

/** Writes a sockaddr at the start of `slot`. `address` has 4 or 16 octets. */
export function writeSockaddr(slot: Buffer, address: Uint8Array, port: number, scope: number): void {
  const isIpv4 = address.length === 4;
  slot.fill(0, 0, SOCKADDR_SLOT);
  slot.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6, 0);
  slot.writeUInt16BE(port, PORT_AT);
  slot.set(address, isIpv4 ? IPV4_AT : IPV6_AT);
  if (!isIpv4) slot.writeUInt32LE(scope, SCOPE_AT);
}

/** Where the address begins in a sockaddr. */
export function addressOffset(family: Family): number {
  return family === 4 ? IPV4_AT : IPV6_AT;
}

/** The port in the first word of a sockaddr. */
export function portOf(firstWord: number): number {
  return ((firstWord >>> 8) & 0xff00) | (firstWord >>> 24);
}

/** Whether the sockaddr in `words` from `at` on has an address of 127.0.0.0/8 or ::1. */
export function isLoopback(family: Family, words: Int32Array, at: number): boolean {
  const address = at + addressOffset(family) / 4;
  if (family === 4) return (words[address]! & 0xff) === 127;
  return (
    words[address + 3] === LAST_WORD_OF_ONE &&
    words[address] === 0 &&
    words[address + 1] === 0 &&
    words[address + 2] === 0
  );
}

/** Of a sockaddr; `undefined` where it is of no IP family. */
export function familyOf(slot: Buffer): Family | undefined {
  const family = slot.readUInt16LE(0);
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 6 : undefined;
}

/** The address's 4 or 16 octets. */
export function readAddress(slot: Buffer, family: Family): Buffer {
  const start = addressOffset(family);
  return slot.subarray(start, start + (family === 4 ? 4 : 16));
}

/** The interface index of a link-local address; 0 where there is none. */
export function readScope(slot: Buffer, family: Family): number {
  return family === 4 ? 0 : slot.readUInt32LE(SCOPE_AT);
}
