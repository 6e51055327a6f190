/**
 * Memory that the kernel reads in `sendmmsg`: slots in which responses are rendered, and messages that carry
 * them to a client. A message may carry several responses of one length, which the kernel sends as a datagram
 * each (UDP_SEGMENT): its way from the socket to the client is gone once, not once for each of them.
 *
 * Source: sendmmsg(2), udp(7), Documentation/networking/segmentation-offloads of Linux.
 */
import type { LinuxSockets } from "./linux-sockets.ts";
import { SOL_UDP, UDP_SEGMENT } from "./linux-sockets.ts";
import {
  CONTROL_AT,
  CONTROL_OCTETS_AT,
  HEADER_OCTETS,
  HEADER_WORDS,
  IOV_AT,
  IOV_COUNT_AT,
  IOVEC_LENGTH_AT,
  IOVEC_OCTETS,
  IOVEC_WORDS,
  NAME_AT,
  NAME_OCTETS_AT,
  outsideHeap,
  STAGGER,
  wordsOf,
} from "./message-layout.ts";
import { type Family, SOCKADDR_SLOT, SOCKADDR_WORDS, sockaddrOctets, sockaddrWords } from "./sockaddr.ts";

/** Responses in one message. The kernel allows 64, and 65,507 octets; these are at most a third of that. */
export const MAX_SEGMENTS = 16;

/** `struct cmsghdr` and the segments' length, 16 bits, rounded up to whole words of 64 bits. */
const CONTROL_OCTETS = 24;
/** `CMSG_LEN(sizeof(uint16_t))`. */
const CMSG_LENGTH = 18;
const CMSG_LEVEL_AT = 8;
const CMSG_TYPE_AT = 12;
const CMSG_DATA_AT = 16;

const CONTROL_WORDS = CONTROL_OCTETS / 4;
const SEGMENT_WORD = CMSG_DATA_AT / 4;
const SEGMENTS_WORD = IOV_COUNT_AT / 4;
const CONTROL_OCTETS_WORD = CONTROL_OCTETS_AT / 4;
const LENGTH_WORD = IOVEC_LENGTH_AT / 4;
const VECTOR_OCTETS = MAX_SEGMENTS * IOVEC_OCTETS;
const VECTOR_WORDS = MAX_SEGMENTS * IOVEC_WORDS;

export class OutgoingMessages {
  /** The responses; slot `i` begins at `offset(i)`. */
  readonly data: Buffer;
  /** An array of `struct mmsghdr`. */
  readonly headers: Buffer;
  readonly #words: number;
  readonly #stride: number;
  readonly #headerWords: Int32Array;
  readonly #names: Buffer;
  readonly #nameWords: Int32Array;
  readonly #iovecs: Buffer;
  readonly #iovecWords: Int32Array;
  readonly #controls: Buffer;
  readonly #controlWords: Int32Array;
  /** Where each slot begins in memory, as the two words of a pointer. */
  readonly #slotWords: Int32Array;

  /** As many messages as there are slots, each of which holds up to `slotOctets`. */
  constructor(slots: number, slotOctets: number, family: Family, sockets: LinuxSockets) {
    this.#words = sockaddrWords(family);
    this.#stride = slotOctets + STAGGER;
    this.data = outsideHeap(slots * this.#stride);
    this.headers = outsideHeap(slots * HEADER_OCTETS);
    this.#names = outsideHeap(slots * SOCKADDR_SLOT);
    this.#iovecs = outsideHeap(slots * VECTOR_OCTETS);
    this.#controls = outsideHeap(slots * CONTROL_OCTETS);
    this.#headerWords = wordsOf(this.headers);
    this.#nameWords = wordsOf(this.#names);
    this.#iovecWords = wordsOf(this.#iovecs);
    this.#controlWords = wordsOf(this.#controls);
    const pointers = Buffer.alloc(slots * 8);
    this.#slotWords = wordsOf(pointers);

    const dataAt = sockets.address(this.data);
    const namesAt = sockets.address(this.#names);
    const iovecsAt = sockets.address(this.#iovecs);
    const controlsAt = sockets.address(this.#controls);
    for (let i = 0; i < slots; i++) {
      const header = i * HEADER_OCTETS;
      const control = i * CONTROL_OCTETS;
      pointers.writeBigUInt64LE(dataAt + BigInt(this.offset(i)), i * 8);
      this.headers.writeBigUInt64LE(namesAt + BigInt(i * SOCKADDR_SLOT), header + NAME_AT);
      this.headers.writeUInt32LE(sockaddrOctets(family), header + NAME_OCTETS_AT);
      this.headers.writeBigUInt64LE(iovecsAt + BigInt(i * VECTOR_OCTETS), header + IOV_AT);
      this.headers.writeBigUInt64LE(controlsAt + BigInt(control), header + CONTROL_AT);
      this.#controls.writeUInt32LE(CMSG_LENGTH, control);
      this.#controls.writeUInt32LE(SOL_UDP, control + CMSG_LEVEL_AT);
      this.#controls.writeUInt32LE(UDP_SEGMENT, control + CMSG_TYPE_AT);
    }
  }

  /** Where slot `slot` begins in `data`. */
  offset(slot: number): number {
    return slot * this.#stride;
  }

  /** Responses that `message` carries. */
  segments(message: number): number {
    return this.#headerWords[message * HEADER_WORDS + SEGMENTS_WORD]!;
  }

  /** Lets `message` carry the `octets` in `slot`, alone so far, to the socket address in `words` from `at` on. */
  begin(message: number, slot: number, octets: number, words: Int32Array, at: number): void {
    const to = message * SOCKADDR_WORDS;
    for (let i = 0; i < this.#words; i++) this.#nameWords[to + i] = words[at + i]!;
    const header = message * HEADER_WORDS;
    this.#headerWords[header + CONTROL_OCTETS_WORD] = 0;
    this.#headerWords[header + SEGMENTS_WORD] = 1;
    this.#point(message * VECTOR_WORDS, slot, octets);
  }

  /** Whether `message` goes to that socket address, carries responses of so many octets, and has room for one more. */
  takes(message: number, octets: number, words: Int32Array, at: number): boolean {
    if (this.#iovecWords[message * VECTOR_WORDS + LENGTH_WORD] !== octets) return false;
    const to = message * SOCKADDR_WORDS;
    for (let i = 0; i < this.#words; i++) if (this.#nameWords[to + i] !== words[at + i]) return false;
    return this.segments(message) < MAX_SEGMENTS;
  }

  /** Lets `message` carry the `octets` in `slot` too. */
  append(message: number, slot: number, octets: number): void {
    const header = message * HEADER_WORDS;
    const segments = this.segments(message);
    this.#headerWords[header + CONTROL_OCTETS_WORD] = CONTROL_OCTETS;
    this.#headerWords[header + SEGMENTS_WORD] = segments + 1;
    this.#controlWords[message * CONTROL_WORDS + SEGMENT_WORD] = octets;
    this.#point(message * VECTOR_WORDS + segments * IOVEC_WORDS, slot, octets);
  }

  /**
   * Lets each response of the messages from `first` to before `end` have a message of its own, from `first` on.
   * @returns the end of these.
   */
  separate(first: number, end: number): number {
    let last = first;
    for (let message = first; message < end; message++) last += this.segments(message);
    // From behind, so that each is moved before another takes its place.
    for (let message = end - 1, to = last - 1; message >= first; message--) {
      for (let segment = this.segments(message) - 1; segment >= 0; segment--)
        this.#move(message, segment, to--);
    }
    return last;
  }

  /** Lets message `to` carry what is one segment of `message`, and nothing else. */
  #move(message: number, segment: number, to: number): void {
    const name = message * SOCKADDR_WORDS;
    this.#nameWords.copyWithin(to * SOCKADDR_WORDS, name, name + this.#words);
    const iovec = message * VECTOR_WORDS + segment * IOVEC_WORDS;
    this.#iovecWords.copyWithin(to * VECTOR_WORDS, iovec, iovec + IOVEC_WORDS);
    this.#headerWords[to * HEADER_WORDS + CONTROL_OCTETS_WORD] = 0;
    this.#headerWords[to * HEADER_WORDS + SEGMENTS_WORD] = 1;
  }

  /** Writes the `struct iovec` at `iovec`. */
  #point(iovec: number, slot: number, octets: number): void {
    this.#iovecWords[iovec] = this.#slotWords[2 * slot]!;
    this.#iovecWords[iovec + 1] = this.#slotWords[2 * slot + 1]!;
    this.#iovecWords[iovec + LENGTH_WORD] = octets;
  }
}
