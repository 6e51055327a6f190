/**
 * The cache: entries by question key, bounded by octets, evicted by use. Expiry is not eviction: a DNS lifetime is
 * aged, patched into answers and served stale, not just forgotten.
 *
 * Entries are no objects: they lie in blocks (`blocks.ts`, `layout.ts`), linked by use, and an index finds them. A
 * million of them cost the collector nothing, and nothing that is done at once grows with their number.
 *
 * What names bring that do not exist or cannot be resolved is kept apart and has a share of its own, so that a
 * flood of junk names flushes other junk, not the answers people wait for.
 */
import type { Random } from "../ports/random.ts";
import type { KeyOctets } from "../wire/key-octets.ts";
import { Blocks, NONE, wordAt } from "./blocks.ts";
import { type Entry, isBarren } from "./entry.ts";
import { Kept } from "./kept.ts";
import { KeyIndex } from "./key-index.ts";
import { accounted, layDown, Mark, prepareRun, Word } from "./layout.ts";
import { markUsed, UseOrder } from "./use-order.ts";

/** Octets; a cache that holds less is none. */
const SMALLEST_SIZE = 8_192;

/** An entry may take at most this share of the cache. */
const LARGEST_SHARE = 1 / 16;

/** Share of the cache that NXDOMAIN responses and failures may take together. */
const BARREN_SHARE = 1 / 4;

/** Labels of upstreams told apart; entries from more than these have none. */
const MAX_UPSTREAMS = 4_096;

export interface StoreOptions {
  /** Octets the entries may account for. */
  readonly size: number;
  /** Octets of `size` that others take now; absent: none. */
  readonly beside?: () => number;
}

export class Store {
  #size: number;
  readonly #beside: () => number;
  /** BOUNDED: all that is kept, by `size` octets as accounted, together with `beside`. */
  readonly #blocks = new Blocks();
  readonly #index: KeyIndex;
  readonly #fruitful = new UseOrder(this.#blocks);
  /** At most `BARREN_SHARE` of `size`. */
  readonly #barren = new UseOrder(this.#blocks);
  /** BOUNDED: by `MAX_UPSTREAMS`. */
  readonly #upstreams: string[] = [""];
  /** The one object for all that is found. */
  readonly #found: Kept;
  #serial = 0;
  evictions = 0;

  constructor(options: StoreOptions, random: Random) {
    this.#size = Math.max(options.size, SMALLEST_SIZE);
    this.#beside = options.beside ?? (() => 0);
    this.#index = new KeyIndex(this.#blocks, random);
    this.#found = new Kept(this.#blocks, this.#upstreams);
  }

  /** From now on entries may account for `size` octets, no less than before. */
  grow(size: number): void {
    this.#size = Math.max(size, this.#size);
  }

  /**
   * The entry for a question, fresh or not; counts as a use. It is right until the store is used again (`Kept`).
   */
  find(key: string): Kept | undefined {
    return this.#use(this.#index.find(key));
  }

  /** As `find`, for a question as a packet has it. */
  findOctets(key: KeyOctets): Kept | undefined {
    return this.#use(this.#index.findOctets(key));
  }

  /** As `find`, without counting as a use. */
  peek(key: string): Kept | undefined {
    const chain = this.#index.find(key);
    return chain === NONE ? undefined : this.#found.aim(chain);
  }

  keep(key: string, entry: Entry): void {
    const hash = this.#index.hashOf(key);
    const before = this.#index.findHashed(hash);
    if (before !== NONE) this.#remove(before);
    const run = prepareRun(entry);
    const octets = accounted(run);
    if (octets > this.#size * LARGEST_SHARE) return;
    const barren = isBarren(entry);
    if (barren) this.#evict(this.#barren, () => this.#barren.octets + octets <= this.#size * BARREN_SHARE);
    this.#evict(this.#fruitful, () => this.octets + octets + this.#beside() <= this.#size);
    if (this.octets + octets + this.#beside() > this.#size) return;
    for (let crowd = this.#index.reserve(hash); crowd !== NONE; crowd = this.#index.reserve(hash)) {
      this.#remove(crowd);
      this.evictions++;
    }
    const place = {
      hash,
      serial: (this.#serial = (this.#serial + 1) | 0),
      keyLength: key.length,
      upstream: this.#numberOf(entry.upstream),
      isBarren: barren,
    };
    const chain = layDown(this.#blocks, entry, run, place);
    this.#index.add(hash, chain);
    (barren ? this.#barren : this.#fruitful).add(chain);
  }

  forget(key: string): boolean {
    const chain = this.#index.find(key);
    if (chain === NONE) return false;
    this.#remove(chain);
    return true;
  }

  /** Forgets what `matches` says, everything without it. Gives how many entries went. */
  flush(matches?: (key: string) => boolean): number {
    const before = this.entryCount;
    if (matches === undefined) {
      for (const part of [this.#blocks, this.#index, this.#fruitful, this.#barren]) part.clear();
      return before;
    }
    for (const chain of this.#chainsByAge()) {
      if (matches(this.#found.aim(chain).question)) this.#remove(chain);
    }
    return before - this.entryCount;
  }

  /** The keys there are now, those that would go first ahead. */
  keysByAge(): string[] {
    return this.#chainsByAge().map((chain) => this.#found.aim(chain).question);
  }

  get entryCount(): number {
    return this.#fruitful.count + this.#barren.count;
  }

  get octets(): number {
    return this.#fruitful.octets + this.#barren.octets;
  }

  #chainsByAge(): number[] {
    return [...this.#barren.inOrder(), ...this.#fruitful.inOrder()];
  }

  #use(chain: number): Kept | undefined {
    if (chain === NONE) return undefined;
    markUsed(this.#blocks, chain);
    return this.#found.aim(chain);
  }

  #evict(part: UseOrder, isEnough: () => boolean): void {
    while (part.count > 0 && !isEnough()) {
      this.#remove(part.next);
      this.evictions++;
    }
  }

  #remove(chain: number): void {
    this.#partOf(chain).remove(chain);
    this.#index.remove(this.#wordOf(chain, Word.HASH), chain);
    this.#blocks.free(chain);
  }

  #partOf(chain: number): UseOrder {
    return (this.#wordOf(chain, Word.MARKS) & Mark.IS_BARREN) === 0 ? this.#fruitful : this.#barren;
  }

  #wordOf(chain: number, word: number): number {
    return this.#blocks.wordsOf(chain)[wordAt(chain) + word]!;
  }

  #numberOf(upstream: string): number {
    const known = this.#upstreams.lastIndexOf(upstream);
    if (known >= 0) return known;
    return this.#upstreams.length < MAX_UPSTREAMS ? this.#upstreams.push(upstream) - 1 : 0;
  }
}
