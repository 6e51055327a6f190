/**
 * Memory that the kernel reads and writes in `recvmmsg` and `sendmmsg`: an array of `struct mmsghdr`, each
 * with one buffer and one socket address, laid out once. Only lengths change afterwards.
 *
 * The pointers in it are plain numbers to the garbage collector. It is safe because each buffer they point
 * to is a field of the ring, outside the moving heap (`allocUnsafeSlow`), and the ring is a field of whoever
 * makes the calls, which end before they return.
 *
 * Source: recvmmsg(2), recvmsg(2); 64-bit little-endian Linux.
 */
import type { LinuxSockets } from "./linux-sockets.ts";
import { type Family, SOCKADDR_SLOT, SOCKADDR_WORDS, sockaddrOctets } from "./sockaddr.ts";

/** `sizeof(struct mmsghdr)`. */
export const HEADER_OCTETS = 64;
const HEADER_WORDS = HEADER_OCTETS / 4;
// Offsets in `struct mmsghdr`, in octets.
const NAME_AT = 0;
const NAME_OCTETS_AT = 8;
const IOV_AT = 16;
const IOV_COUNT_AT = 24;
// The same in 32-bit words.
const FLAGS_WORD = 12;
const RECEIVED_WORD = 14;

const IOVEC_OCTETS = 16;
const IOVEC_WORDS = IOVEC_OCTETS / 4;
const LENGTH_WORD = 2;

/** Octets between slots beyond their size: slots at a power of two would share few cache lines. */
const STAGGER = 64;

export class MessageRing {
  readonly slots: number;
  /** The messages; slot `i` begins at `offset(i)`. */
  readonly data: Buffer;
  readonly headers: Buffer;
  /** Socket addresses as octets and as words; slot `i` at `i * SOCKADDR_SLOT` and `i * SOCKADDR_WORDS`. */
  readonly names: Buffer;
  readonly nameWords: Int32Array;
  readonly #stride: number;
  readonly #headerWords: Int32Array;
  readonly #iovecs: Buffer;
  readonly #iovecWords: Int32Array;

  constructor(slots: number, slotOctets: number, family: Family, sockets: LinuxSockets) {
    this.slots = slots;
    this.#stride = slotOctets + STAGGER;
    this.data = outsideHeap(slots * this.#stride);
    this.headers = outsideHeap(slots * HEADER_OCTETS);
    this.names = outsideHeap(slots * SOCKADDR_SLOT);
    this.#iovecs = outsideHeap(slots * IOVEC_OCTETS);
    this.nameWords = wordsOf(this.names);
    this.#headerWords = wordsOf(this.headers);
    this.#iovecWords = wordsOf(this.#iovecs);

    const dataAt = sockets.address(this.data);
    const namesAt = sockets.address(this.names);
    const iovecsAt = sockets.address(this.#iovecs);
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * HEADER_OCTETS;
      this.headers.writeBigUInt64LE(namesAt + BigInt(slot * SOCKADDR_SLOT), header + NAME_AT);
      this.headers.writeUInt32LE(sockaddrOctets(family), header + NAME_OCTETS_AT);
      this.headers.writeBigUInt64LE(iovecsAt + BigInt(slot * IOVEC_OCTETS), header + IOV_AT);
      this.headers.writeBigUInt64LE(1n, header + IOV_COUNT_AT);
      this.#iovecs.writeBigUInt64LE(dataAt + BigInt(this.offset(slot)), slot * IOVEC_OCTETS);
      this.#iovecs.writeBigUInt64LE(BigInt(slotOctets), slot * IOVEC_OCTETS + 8);
    }
  }

  /** Where slot `slot` begins in `data`. */
  offset(slot: number): number {
    return slot * this.#stride;
  }

  /** Octets that `recvmmsg` put into the slot. */
  received(slot: number): number {
    return this.#headerWords[slot * HEADER_WORDS + RECEIVED_WORD]!;
  }

  /** `msg_flags` of a received message. */
  flags(slot: number): number {
    return this.#headerWords[slot * HEADER_WORDS + FLAGS_WORD]!;
  }

  /** Sets what `sendmmsg` sends from the slot: its octets, and the address in `words` from `at` on. */
  address(slot: number, octets: number, words: Int32Array, at: number, count: number): void {
    const to = slot * SOCKADDR_WORDS;
    for (let i = 0; i < count; i++) this.nameWords[to + i] = words[at + i]!;
    this.#iovecWords[slot * IOVEC_WORDS + LENGTH_WORD] = octets;
  }
}

/** Never from the shared pool, so that it begins where its memory begins. */
function outsideHeap(octets: number): Buffer {
  return Buffer.allocUnsafeSlow(octets).fill(0);
}

function wordsOf(octets: Buffer): Int32Array {
  return new Int32Array(octets.buffer, octets.byteOffset, octets.length / 4);
}
