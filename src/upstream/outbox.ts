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

/** What becomes one TLS record: a write, unless another is still under way. */
export interface Records {
  /** The peer would leave what comes with the first query of a record unread until one more record comes. */
  readonly leavesRest: boolean;
  wrote(queries: number): void;
}

const UNEVEN = -1;

export class Outbox implements Flushable {
  readonly #turn: Turn;
  readonly #random: Random;
  readonly #records: Records;
  #channel: Channel | undefined;
  #chunk: Buffer | undefined;
  #fill = 0;
  /** Frames in the chunk. */
  #frames = 0;
  /** Octets of each of them, where they are all as long. */
  #evenLength = UNEVEN;
  #hasRoom = true;
  /** The first part of a turn's queries is being written, and the last of them waits for that. */
  #isApart = false;

  constructor(turn: Turn, random: Random, records: Records) {
    this.#turn = turn;
    this.#random = random;
    this.#records = records;
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
    // What comes meanwhile leaves with the next write; or now, when it needs a chunk of its own.
    if (this.#isApart && this.#fill < CHUNK_OCTETS / 2) return;
    const chunk = this.#chunk;
    if (chunk === undefined || this.#channel === undefined) return;
    const frames = chunk.subarray(0, this.#fill);
    const queries = this.#frames;
    this.#chunk = undefined;
    this.#fill = this.#frames = 0;
    const done = (): void => {
      this.#turn.giveBack(chunk);
    };
    if (queries > 1 && this.#records.leavesRest) this.#writeApart(frames, done);
    else this.#write(frames, done);
    this.#records.wrote(queries);
  }

  #write(frames: Buffer, done: () => void): void {
    if (this.#channel === undefined) done();
    else this.#hasRoom = this.#channel.write(frames, done);
  }

  /** The last query in a record of its own. Writes that wait for one another would become one record. */
  #writeApart(frames: Buffer, done: () => void): void {
    const last = lastFrame(frames);
    this.#isApart = true;
    this.#write(frames.subarray(0, last), () => {
      this.#write(frames.subarray(last), () => {
        done();
        this.#isApart = false;
        this.flush();
      });
    });
  }
}

/** Where the last of `frames` begins. */
function lastFrame(frames: Buffer): number {
  let at = 0;
  for (;;) {
    const next = at + PREFIX_OCTETS + frames.readUInt16BE(at);
    if (next >= frames.length) return at;
    at = next;
  }
}
