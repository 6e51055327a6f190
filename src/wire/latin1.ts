/**
 * Octets to strings and back, one UTF-16 code unit an octet: how names travel (`ports/message.ts`).
 */

declare global {
  interface Buffer {
    /** As `toString("latin1", start, end)`, without its checks of arguments, which cost a fifth of the time for a short name. */
    latin1Slice(start?: number, end?: number): string;
    /** As `write(octets, offset, length, "latin1")`, without its checks of arguments. */
    latin1Write(octets: string, offset?: number, length?: number): number;
  }
}

/** `octets` as a Buffer over the same memory. */
export function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
