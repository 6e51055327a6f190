/**
 * The cache: entries by question key, bounded by octets, evicted by use. Expiry is ours, not lru-cache's:
 * a DNS lifetime is aged, patched into answers and served stale, not just forgotten.
 *
 * What names bring that do not exist or cannot be resolved is kept apart and has a share of its own, so that a
 * flood of junk names flushes other junk, not the answers people wait for.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import { type Entry, isBarren } from "./entry.ts";

/** Octets; a cache that holds less is none. */
const SMALLEST_SIZE = 8_192;

/** An entry may take at most this share of the cache. */
const LARGEST_SHARE = 1 / 16;

/** Share of the cache that NXDOMAIN responses and failures may take together. */
const BARREN_SHARE = 1 / 4;

export interface StoreOptions {
  /** Octets the entries may account for. */
  readonly size: number;
  /** Octets of `size` that others take now; absent: none. */
  readonly beside?: () => number;
}

export class Store {
  readonly #size: number;
  readonly #beside: () => number;
  /**
   * BOUNDED: by `size` octets as accounted by `Entry.octets`, together with `#barren` and `beside`. Not by a
   * number of entries, for which lru-cache would lay out every slot beforehand: 30 MiB where a million may come.
   */
  readonly #fruitful: LRUCache<string, Entry>;
  /** BOUNDED: by `BARREN_SHARE` of `size`. No key is in both. */
  readonly #barren: LRUCache<string, Entry>;
  evictions = 0;

  constructor(options: StoreOptions, clock: Clock) {
    this.#size = Math.max(options.size, SMALLEST_SIZE);
    this.#beside = options.beside ?? (() => 0);
    this.#fruitful = this.#bounded(this.#size, clock);
    this.#barren = this.#bounded(this.#size * BARREN_SHARE, clock);
  }

  /** The entry for a question, fresh or not; counts as a use. */
  find(key: string): Entry | undefined {
    return this.#fruitful.get(key) ?? this.#barren.get(key);
  }

  keep(key: string, entry: Entry): void {
    const [home, other] = isBarren(entry) ? [this.#barren, this.#fruitful] : [this.#fruitful, this.#barren];
    other.delete(key);
    home.set(key, entry, { size: entry.octets + key.length });
    while (this.octets + this.#beside() > this.#size && this.#fruitful.pop() !== undefined);
  }

  forget(key: string): boolean {
    return this.#fruitful.delete(key) || this.#barren.delete(key);
  }

  /** Forgets what `matches` says, everything without it. Gives how many entries went. */
  flush(matches?: (key: string) => boolean): number {
    const before = this.entryCount;
    for (const part of [this.#fruitful, this.#barren]) {
      if (matches === undefined) part.clear();
      else for (const key of [...part.keys()]) if (matches(key)) part.delete(key);
    }
    return before - this.entryCount;
  }

  /** The keys there are now, the least recently used first. */
  keysByAge(): string[] {
    return [...this.#barren.rkeys(), ...this.#fruitful.rkeys()];
  }

  /** The entry for a question, without counting as a use. */
  peek(key: string): Entry | undefined {
    return this.#fruitful.peek(key) ?? this.#barren.peek(key);
  }

  get entryCount(): number {
    return this.#fruitful.size + this.#barren.size;
  }

  get octets(): number {
    return this.#fruitful.calculatedSize + this.#barren.calculatedSize;
  }

  #bounded(size: number, clock: Clock): LRUCache<string, Entry> {
    return new LRUCache<string, Entry>({
      maxSize: Math.floor(size),
      maxEntrySize: Math.floor(this.#size * LARGEST_SHARE),
      perf: clock,
      dispose: (_entry, _key, reason) => {
        if (reason === "evict") this.evictions++;
      },
    });
  }
}
