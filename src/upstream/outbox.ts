/**
 * Frames queries for one connection: each with its two-octet length prefix and its ID of this connection,
 * back to back in one chunk until the turn ends.
 *
 * The queries of one turn leave in an order drawn by chance: which came first, and so which client or which part
 * of a page asked for what, is not the upstream's to know.
 *
 * Source: RFC 1035 §4.2.2, RFC 7766 §8 (length and message in one write).
 */
import type { Channel } from "../ports/dialer.ts";
import type { Random } from "../ports/random.ts";
import { PREFIX_OCTETS } from "../wire/framing.ts";
import { CHUNK_OCTETS, type Flushable, type Turn } from "./turn.ts";

const UNEVEN = -1;

export class Outbox implements Flushable {
  readonly #turn: Turn;
  readonly #random: Random;
  #channel: Channel | undefined;
  #chunk: Buffer | undefined;
  #fill = 0;
  /** Frames in the chunk. */
  #frames = 0;
  /** Octets of each of them, where they are all as long. */
  #evenLength = UNEVEN;
  #hasRoom = true;

  constructor(turn: Turn, random: Random) {
    this.#turn = turn;
    this.#random = random;
  }

  /** False while the socket wants no more: the caller holds back until `relieved`. */
  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  open(channel: Channel): void {
    this.#channel = channel;
  }

  /** Sends nothing any more; what waits is dropped. */
  close(): void {
    this.#channel = undefined;
    if (this.#chunk !== undefined) this.#turn.giveBack(this.#chunk);
    this.#chunk = undefined;
    this.#fill = this.#frames = 0;
  }

  relieved(): void {
    this.#hasRoom = true;
  }

  /** Takes the query `octets` with its first two octets replaced by `id`. */
  put(octets: Uint8Array, id: number): void {
    if (this.#fill + PREFIX_OCTETS + octets.length > CHUNK_OCTETS) this.flush();
    if (this.#chunk === undefined) {
      this.#chunk = this.#turn.takeChunk();
      this.#turn.join(this);
    }
    const chunk = this.#chunk;
    const length = PREFIX_OCTETS + octets.length;
    const at = this.#makeRoom(chunk, length);
    chunk[at] = octets.length >> 8;
    chunk[at + 1] = octets.length & 0xff;
    chunk.set(octets, at + PREFIX_OCTETS);
    chunk[at + PREFIX_OCTETS] = id >> 8;
    chunk[at + PREFIX_OCTETS + 1] = id & 0xff;
    this.#fill += length;
    this.#frames += 1;
  }

  /**
   * Where a frame of `length` goes: each of the places there are as likely, which makes every order of a turn's
   * queries as likely. What was there goes to the end where all are of one length, else it moves up.
   */
  #makeRoom(chunk: Buffer, length: number): number {
    const frames = this.#frames;
    const end = this.#fill;
    this.#evenLength = frames === 0 || this.#evenLength === length ? length : UNEVEN;
    // Sixteen bits are even enough among the 128 places of a chunk, and cost little.
    const place = frames === 0 ? 0 : (this.#random.u16() * (frames + 1)) >>> 16;
    if (place === frames) return end;
    if (this.#evenLength !== UNEVEN) {
      const at = place * length;
      chunk.copyWithin(end, at, at + length);
      return at;
    }
    let at = 0;
    for (let frame = 0; frame < place; frame++) {
      at += PREFIX_OCTETS + ((chunk[at]! << 8) | chunk[at + 1]!);
    }
    chunk.copyWithin(at + length, at, end);
    return at;
  }

  flush(): void {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#channel === undefined) return;
    const frames = chunk.subarray(0, this.#fill);
    this.#chunk = undefined;
    this.#fill = this.#frames = 0;
    this.#hasRoom = this.#channel.write(frames, () => {
      this.#turn.giveBack(chunk);
    });
  }
}
