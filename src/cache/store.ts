/**
 * The cache: entries by question key, bounded by octets, evicted by use. Expiry is ours, not lru-cache's:
 * a DNS lifetime is aged, patched into answers and served stale, not just forgotten.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Entry } from "./entry.ts";

/** Octets; a cache that holds less is none. */
const SMALLEST_SIZE = 8_192;

/** An entry may take at most this share of the cache. */
const LARGEST_SHARE = 1 / 16;

export interface StoreOptions {
  /** Octets the entries may account for. */
  readonly size: number;
}

export class Store {
  /**
   * BOUNDED: by `size` octets as accounted by `Entry.octets`. Not by a number of entries, for which lru-cache
   * would lay out every slot beforehand: 30 MiB where a million may come.
   */
  readonly #entries: LRUCache<string, Entry>;
  evictions = 0;

  constructor(options: StoreOptions, clock: Clock) {
    const size = Math.max(options.size, SMALLEST_SIZE);
    this.#entries = new LRUCache<string, Entry>({
      maxSize: size,
      maxEntrySize: Math.floor(size * LARGEST_SHARE),
      perf: clock,
      dispose: (_entry, _key, reason) => {
        if (reason === "evict") this.evictions++;
      },
    });
  }

  /** The entry for a question, fresh or not; counts as a use. */
  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry, { size: entry.octets + key.length });
  }

  forget(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Forgets what `matches` says, everything without it. Gives how many entries went. */
  flush(matches?: (key: string) => boolean): number {
    if (matches === undefined) {
      const count = this.#entries.size;
      this.#entries.clear();
      return count;
    }
    let count = 0;
    for (const key of [...this.#entries.keys()]) {
      if (matches(key) && this.#entries.delete(key)) count++;
    }
    return count;
  }

  /** The keys there are now, the least recently used first. */
  keysByAge(): string[] {
    return [...this.#entries.rkeys()];
  }

  /** The entry for a question, without counting as a use. */
  peek(key: string): Entry | undefined {
    return this.#entries.peek(key);
  }

  get entryCount(): number {
    return this.#entries.size;
  }

  get octets(): number {
    return this.#entries.calculatedSize;
  }
}
