/**
 * The entries of one part of the cache in the order in which they may have to go: a list through their header blocks. A
 * use only marks an entry, in a block that was read anyway: to move it to the end of the list at once would take three more, of
 * other entries. Whoever is marked when its turn to go comes loses the mark and has another round.
 *
 * Source: Corbató, "A paging experiment with the Multics system" (second chance, CLOCK).
 */
import { type Blocks, NONE, wordAt } from "./blocks.ts";
import { IS_USED, octetsOf, Word } from "./layout.ts";

/** Entries that are given another round before one goes though it was used: no eviction takes long. */
const MAX_ROUNDS = 16;

/** Notes that the entry of `chain` was used. */
export function markUsed(blocks: Blocks, chain: number): void {
  blocks.wordsOf(chain)[wordAt(chain) + Word.NAMES]! |= IS_USED;
}

export class UseOrder {
  readonly #blocks: Blocks;
  #newest = NONE;
  #oldest = NONE;
  /** Entries in it, and the octets they account for. */
  count = 0;
  octets = 0;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** The next to go, `NONE` where there is none: of those not used since their last turn the one that waits longest. */
  get next(): number {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      const chain = this.#oldest;
      if (chain === NONE || !this.#isUsed(chain)) return chain;
      this.#set(chain, Word.NAMES, this.#get(chain, Word.NAMES) & ~IS_USED);
      this.#cut(chain);
      this.#push(chain);
    }
    return this.#oldest;
  }

  /** All in the order in which they would go if nothing more was used. */
  inOrder(): number[] {
    const unused: number[] = [];
    const used: number[] = [];
    for (let chain = this.#oldest; chain !== NONE; chain = this.#get(chain, Word.NEWER)) {
      (this.#isUsed(chain) ? used : unused).push(chain);
    }
    return [...unused, ...used];
  }

  add(chain: number): void {
    this.count++;
    this.octets += octetsOf(this.#blocks, chain);
    this.#push(chain);
  }

  remove(chain: number): void {
    this.count--;
    this.octets -= octetsOf(this.#blocks, chain);
    this.#cut(chain);
  }

  clear(): void {
    this.#newest = this.#oldest = NONE;
    this.count = this.octets = 0;
  }

  #isUsed(chain: number): boolean {
    return (this.#get(chain, Word.NAMES) & IS_USED) !== 0;
  }

  #push(chain: number): void {
    const before = this.#newest;
    this.#set(chain, Word.NEWER, NONE);
    this.#set(chain, Word.OLDER, before);
    if (before === NONE) this.#oldest = chain;
    else this.#set(before, Word.NEWER, chain);
    this.#newest = chain;
  }

  #cut(chain: number): void {
    const newer = this.#get(chain, Word.NEWER);
    const older = this.#get(chain, Word.OLDER);
    if (newer === NONE) this.#newest = older;
    else this.#set(newer, Word.OLDER, older);
    if (older === NONE) this.#oldest = newer;
    else this.#set(older, Word.NEWER, newer);
  }

  #get(chain: number, word: number): number {
    return this.#blocks.wordsOf(chain)[wordAt(chain) + word]!;
  }

  #set(chain: number, word: number, value: number): void {
    this.#blocks.wordsOf(chain)[wordAt(chain) + word] = value;
  }
}
