/**
 * Messages on a stream: each after its length in two octets. Cuts them out of chunks without copying
 * where one chunk holds the whole message; what spans chunks is put together in a buffer of its own.
 *
 * Source: RFC 1035 §4.2.2, RFC 7766 §8 (a message may arrive in any number of pieces).
 */

/** Octets of the length before each message. */
export const PREFIX_OCTETS = 2;

/** First room for a message that is not complete: a peer that announces 65,535 octets has to send them first. */
const FIRST_ROOM_OCTETS = 2048;

/** Gets the message `octets[start..end)`, empty where the length was 0. May keep the octets. */
export type OnFrame = (octets: Buffer, start: number, end: number) => void;

const NOTHING = Buffer.alloc(0);

/**
 * One direction of one stream.
 * BOUNDED: by one incomplete message; it takes at most twice the octets received of it, or 2,048.
 */
export class FrameReader {
  /** First octet of the length, where only that has come; else -1. */
  #firstOctet = -1;
  /** Length of the incomplete message; 0 where there is none. */
  #wanted = 0;
  #got = 0;
  #partial: Buffer = NOTHING;
  #isClosed = false;

  /** Whether a message has begun that is not complete. */
  get isMidFrame(): boolean {
    return this.#wanted > 0 || this.#firstOctet >= 0;
  }

  /** Takes the next octets of the stream, and gives each message that they complete. */
  push(chunk: Buffer, onFrame: OnFrame): void {
    let at = 0;
    while (at < chunk.length && !this.#isClosed) {
      if (this.#wanted > 0) {
        at = this.#fill(chunk, at, onFrame);
        continue;
      }
      let length: number;
      if (this.#firstOctet >= 0) {
        length = (this.#firstOctet << 8) | chunk[at]!;
        at += 1;
        this.#firstOctet = -1;
      } else if (at + 1 < chunk.length) {
        length = (chunk[at]! << 8) | chunk[at + 1]!;
        at += PREFIX_OCTETS;
      } else {
        this.#firstOctet = chunk[at]!;
        return;
      }
      if (at + length <= chunk.length) {
        const start = at;
        at += length;
        onFrame(chunk, start, at);
      } else {
        this.#wanted = length;
        this.#got = 0;
      }
    }
  }

  /** Gives no more messages, not even those of a chunk being pushed: for `onFrame` to end a connection. */
  close(): void {
    this.#isClosed = true;
    this.#wanted = 0;
    this.#firstOctet = -1;
    this.#partial = NOTHING;
  }

  #fill(chunk: Buffer, at: number, onFrame: OnFrame): number {
    const count = Math.min(this.#wanted - this.#got, chunk.length - at);
    this.#makeRoom(this.#got + count);
    chunk.copy(this.#partial, this.#got, at, at + count);
    this.#got += count;
    if (this.#got === this.#wanted) {
      const message = this.#partial;
      const length = this.#wanted;
      this.#wanted = 0;
      this.#partial = NOTHING;
      onFrame(message, 0, length);
    }
    return at + count;
  }

  #makeRoom(octets: number): void {
    if (octets <= this.#partial.length) return;
    const room = Math.max(octets, 2 * this.#partial.length, FIRST_ROOM_OCTETS);
    const larger = Buffer.allocUnsafe(Math.min(room, this.#wanted));
    this.#partial.copy(larger, 0, 0, this.#got);
    this.#partial = larger;
  }
}

/** `message` after its length; `undefined` where that does not fit 16 bits. */
export function frameOf(message: Uint8Array): Buffer | undefined {
  if (message.length > 0xffff) return undefined;
  const frame = Buffer.allocUnsafe(PREFIX_OCTETS + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, PREFIX_OCTETS);
  return frame;
}
