/**
 * The key of a question as octets, which are also read as words: it is looked up in the cache without a string made
 * of it. Used again for question after question.
 */
import { MAX_NAME_OCTETS } from "./names.ts";

/** QNAME, QTYPE and QCLASS, and three octets of zero, in whole words. */
const ROOM = Math.ceil((MAX_NAME_OCTETS + 4 + 3) / 4) * 4;

export class KeyOctets {
  readonly octets = Buffer.from(new ArrayBuffer(ROOM));
  /** The same memory; what is beyond `length` in the last word is zero. */
  readonly words = new Int32Array(this.octets.buffer);
  /** The same memory, for words that stand anywhere. */
  readonly view = new DataView(this.octets.buffer);
  /** Octets of the key; 0 where there is none. */
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Says how many of `octets` were written. */
  set length(length: number) {
    this.octets[length] = 0;
    this.octets[length + 1] = 0;
    this.octets[length + 2] = 0;
    this.#length = length;
  }

  /** @param key at most as long as a question's. */
  set(key: string): void {
    const { length } = key;
    for (let i = 0; i < length; i++) this.octets[i] = key.charCodeAt(i);
    this.length = length;
  }

  /** As `questionKey` of `names.ts`. */
  toString(): string {
    return this.octets.latin1Slice(0, this.#length);
  }
}
