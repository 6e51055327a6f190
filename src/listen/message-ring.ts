/**
 * Memory that the kernel writes in `recvmmsg`: an array of `struct mmsghdr`, each with one buffer and one
 * socket address, laid out once.
 *
 * Source: recvmmsg(2).
 */
import type { LinuxSockets } from "./linux-sockets.ts";
import {
  FLAGS_AT,
  HEADER_OCTETS,
  HEADER_WORDS,
  IOV_AT,
  IOV_COUNT_AT,
  IOVEC_LENGTH_AT,
  IOVEC_OCTETS,
  NAME_AT,
  NAME_OCTETS_AT,
  outsideHeap,
  RECEIVED_AT,
  STAGGER,
  wordsOf,
} from "./message-layout.ts";
import { type Family, SOCKADDR_SLOT, sockaddrOctets } from "./sockaddr.ts";

const FLAGS_WORD = FLAGS_AT / 4;
const RECEIVED_WORD = RECEIVED_AT / 4;

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

  constructor(slots: number, slotOctets: number, family: Family, sockets: LinuxSockets) {
    this.slots = slots;
    this.#stride = slotOctets + STAGGER;
    this.data = outsideHeap(slots * this.#stride);
    this.headers = outsideHeap(slots * HEADER_OCTETS);
    this.names = outsideHeap(slots * SOCKADDR_SLOT);
    this.#iovecs = outsideHeap(slots * IOVEC_OCTETS);
    this.nameWords = wordsOf(this.names);
    this.#headerWords = wordsOf(this.headers);

    const dataAt = sockets.address(this.data);
    const namesAt = sockets.address(this.names);
    const iovecsAt = sockets.address(this.#iovecs);
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * HEADER_OCTETS;
      const iovec = slot * IOVEC_OCTETS;
      this.headers.writeBigUInt64LE(namesAt + BigInt(slot * SOCKADDR_SLOT), header + NAME_AT);
      this.headers.writeUInt32LE(sockaddrOctets(family), header + NAME_OCTETS_AT);
      this.headers.writeBigUInt64LE(iovecsAt + BigInt(iovec), header + IOV_AT);
      this.headers.writeUInt32LE(1, header + IOV_COUNT_AT);
      this.#iovecs.writeBigUInt64LE(dataAt + BigInt(this.offset(slot)), iovec);
      this.#iovecs.writeUInt32LE(slotOctets, iovec + IOVEC_LENGTH_AT);
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
}
