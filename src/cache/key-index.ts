/**
 * From question keys to the chains that hold their entries: open addressing in 256 tables, each of which grows by
 * itself, so that no insertion waits for a large one to be laid out anew. A table is pairs of hash and chain, and
 * what is looked up is compared with the question that stands in the entry's own message: no key is kept twice.
 *
 * Clients choose the keys. The hash has a secret, and should somebody find keys that share it nevertheless, a
 * lookup stays short: no entry stands further than `MAX_REACH` places from where it belongs.
 */
import type { Random } from "../ports/random.ts";
import { KeyOctets } from "../wire/key-octets.ts";
import { type Blocks, NONE, wordAt } from "./blocks.ts";
import { keyLengthOf } from "./layout.ts";

const SHARD_BITS = 8;
const SHARDS = 1 << SHARD_BITS;
/** Places of a table at first: 64 octets, for which V8 takes no memory outside its heap. */
const FIRST_PLACES = 8;
/** A table is laid out anew when more of its places than this are taken. */
const MAX_LOAD = 5 / 8;
/** A full neighbourhood in a table less taken than this is no accident. */
const MIN_LOAD = 1 / 4;
const MAX_REACH = 64;

/** Where the question stands in the run of an entry's chain, in words, and how many words of the run a block holds. */
const KEY_BLOCK_WORD = 4;
const BLOCK_WORDS = 16;
/** Which bits of a key's last word are the key's, by the octets over whole words and whatever the order of octets. */
const LAST_WORD = [4, 1, 2, 3].map(
  (octets) => new Int32Array(new Uint8Array(4).fill(0xff, 0, octets).buffer)[0]!,
);

export class KeyIndex {
  readonly #blocks: Blocks;
  readonly #seed: number;
  readonly #factor: number;
  /** BOUNDED: by the entries of the store, at two words for each. */
  readonly #tables: Int32Array[] = [];
  readonly #taken = new Int32Array(SHARDS);
  /** A key that came as a string. */
  readonly #key = new KeyOctets();

  constructor(blocks: Blocks, random: Random) {
    this.#blocks = blocks;
    this.#seed = (random.u16() << 16) | random.u16();
    this.#factor = (random.u16() << 16) | random.u16() | 1;
    this.clear();
  }

  clear(): void {
    for (let i = 0; i < SHARDS; i++) this.#tables[i] = new Int32Array(FIRST_PLACES * 2);
    this.#taken.fill(0);
  }

  hashOf(key: string): number {
    this.#key.set(key);
    return this.#hash(this.#key);
  }

  /** The chain of the entry for `key`, or `NONE`. */
  find(key: string): number {
    this.#key.set(key);
    return this.findOctets(this.#key);
  }

  /** As `find`. */
  findOctets(key: KeyOctets): number {
    return this.#find(key, this.#hash(key));
  }

  /** As `find`, for the key whose `hashOf` was asked for last. */
  findHashed(hash: number): number {
    return this.#find(this.#key, hash);
  }

  /**
   * Makes sure that there is a place near enough for one more entry of `hash`.
   * @returns a chain that must be removed first, or `NONE`.
   */
  reserve(hash: number): number {
    const shard = hash >>> (32 - SHARD_BITS);
    const taken = this.#taken[shard]!;
    for (;;) {
      const table = this.#tables[shard]!;
      const places = table.length >> 1;
      const isCrowded = this.#reach(table, hash) >= MAX_REACH;
      if (isCrowded && taken < places * MIN_LOAD) return table[((hash << 1) & (table.length - 1)) + 1]!;
      if (!isCrowded && taken < places * MAX_LOAD) return NONE;
      this.#tables[shard] = grown(table);
    }
  }

  /** Adds a chain for which there is room (`reserve`). */
  add(hash: number, chain: number): void {
    place(this.#tableOf(hash), hash, chain);
    this.#taken[hash >>> (32 - SHARD_BITS)]!++;
  }

  /** Removes a chain that is there. What stood behind it for want of a place moves up: there are no tombstones. */
  remove(hash: number, chain: number): void {
    const table = this.#tableOf(hash);
    const mask = table.length - 1;
    let hole = (hash << 1) & mask;
    while (table[hole + 1] !== chain) hole = (hole + 2) & mask;
    for (let at = (hole + 2) & mask; table[at + 1] !== NONE; at = (at + 2) & mask) {
      const home = (table[at]! << 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at]!;
      table[hole + 1] = table[at + 1]!;
      hole = at;
    }
    table[hole + 1] = NONE;
    this.#taken[hash >>> (32 - SHARD_BITS)]!--;
  }

  #find(key: KeyOctets, hash: number): number {
    const table = this.#tableOf(hash);
    const mask = table.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const chain = table[at + 1]!;
      if (chain === NONE) return NONE;
      if (table[at] === hash && this.#isOf(chain, key)) return chain;
    }
  }

  /** How far from its place the next entry of `hash` would stand. */
  #reach(table: Int32Array, hash: number): number {
    const mask = table.length - 1;
    let reach = 0;
    for (let at = (hash << 1) & mask; table[at + 1] !== NONE; at = (at + 2) & mask) reach++;
    return reach;
  }

  #hash({ words, length }: KeyOctets): number {
    const count = (length + 3) >> 2;
    let hash = this.#seed ^ length;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ words[i]!, this.#factor);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  #tableOf(hash: number): Int32Array {
    return this.#tables[hash >>> (32 - SHARD_BITS)]!;
  }

  /** Whether the question in `chain` is `key`. */
  #isOf(chain: number, { words: sought, length }: KeyOctets): boolean {
    const blocks = this.#blocks;
    if (keyLengthOf(blocks, chain) !== length) return false;
    let block = blocks.next(chain);
    let words = blocks.wordsOf(block);
    let base = wordAt(block);
    let word = KEY_BLOCK_WORD;
    const last = (length - 1) >> 2;
    for (let i = 0; ; i++, word++) {
      if (word === BLOCK_WORDS) {
        block = words[base]!;
        words = blocks.wordsOf(block);
        base = wordAt(block);
        word = 1;
      }
      const difference = words[base + word]! ^ sought[i]!;
      if (i === last) return (difference & LAST_WORD[length & 3]!) === 0;
      if (difference !== 0) return false;
    }
  }
}

function grown(table: Int32Array): Int32Array {
  const larger = new Int32Array(table.length * 2);
  for (let at = 0; at < table.length; at += 2) {
    if (table[at + 1] !== NONE) place(larger, table[at]!, table[at + 1]!);
  }
  return larger;
}

function place(table: Int32Array, hash: number, chain: number): void {
  const mask = table.length - 1;
  let at = (hash << 1) & mask;
  while (table[at + 1] !== NONE) at = (at + 2) & mask;
  table[at] = hash;
  table[at + 1] = chain;
}
