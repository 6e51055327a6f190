/**
 * `struct mmsghdr` and what it points to, as 64-bit little-endian Linux lays them out, and the memory for them.
 *
 * The pointers in it are plain numbers to the garbage collector. It is safe because each buffer they point
 * to is a field of the ring, outside the moving heap (`outsideHeap`), and the ring is a field of whoever
 * makes the calls, which end before they return.
 *
 * Source: recvmmsg(2), recvmsg(2), cmsg(3).
 */

/** `sizeof(struct mmsghdr)`. */
export const HEADER_OCTETS = 64;
export const HEADER_WORDS = HEADER_OCTETS / 4;
// Offsets in `struct mmsghdr`, in octets.
export const NAME_AT = 0;
export const NAME_OCTETS_AT = 8;
export const IOV_AT = 16;
export const IOV_COUNT_AT = 24;
export const CONTROL_AT = 32;
export const CONTROL_OCTETS_AT = 40;
export const FLAGS_AT = 48;
export const RECEIVED_AT = 56;

/** `sizeof(struct iovec)`: a pointer, then a length. */
export const IOVEC_OCTETS = 16;
export const IOVEC_WORDS = IOVEC_OCTETS / 4;
export const IOVEC_LENGTH_AT = 8;

/** Octets between slots beyond their size: slots at a power of two would share few cache lines. */
export const STAGGER = 64;

/** Zeroes; never from the shared pool, so that it begins where its memory begins. */
export function outsideHeap(octets: number): Buffer {
  return Buffer.allocUnsafeSlow(octets).fill(0);
}

/** The same memory as 32-bit words. */
export function wordsOf(octets: Buffer): Int32Array {
  return new Int32Array(octets.buffer, octets.byteOffset, octets.length / 4);
}
