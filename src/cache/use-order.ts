/** The entries of one part of the cache by use: a list through their header blocks, the oldest at one end. */
import { type Blocks, NONE, wordAt } from "./blocks.ts";
import { octetsOf, Word } from "./layout.ts";

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

  get oldest(): number {
    return this.#oldest;
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

  /** It was used. */
  touch(chain: number): void {
    if (chain === this.#newest) return;
    this.#cut(chain);
    this.#push(chain);
  }

  /** The next one used later. */
  newer(chain: number): number {
    return this.#get(chain, Word.NEWER);
  }

  clear(): void {
    this.#newest = this.#oldest = NONE;
    this.count = this.octets = 0;
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
