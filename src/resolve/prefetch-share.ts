/**
 * Keeps prefetches to a share of what goes upstream. What others ask earns room for prefetches, some of which
 * can be saved up, so that a burst of names in use is not held back, and a quiet night buys no flood.
 */
export interface PrefetchShareOptions {
  /** Percent of the upstream queries that may be prefetches: 0 for none, 100 for no bound. */
  readonly percent: number;
  /** Queries sent upstream so far, prefetches among them. */
  readonly upstreamQueries: () => number;
}

/** Prefetches that may be saved up: as many as there are names in use in a household. */
const MAX_SAVED = 100;

export class PrefetchShare {
  readonly #options: PrefetchShareOptions;
  /** Prefetches earned by one query of another kind. */
  readonly #earned: number;
  #saved = MAX_SAVED;
  #counted: number;

  constructor(options: PrefetchShareOptions) {
    this.#options = options;
    this.#earned = options.percent / (100 - options.percent);
    this.#counted = options.upstreamQueries();
  }

  /** Whether one more prefetch may leave now; it is then taken to do so. */
  take(): boolean {
    const { percent, upstreamQueries } = this.#options;
    if (percent >= 100) return true;
    const queries = upstreamQueries();
    this.#saved = Math.min(MAX_SAVED, this.#saved + Math.max(0, queries - this.#counted) * this.#earned);
    this.#counted = queries;
    if (percent <= 0 || this.#saved < 1) return false;
    // What this one sends is not to earn more.
    this.#counted++;
    this.#saved--;
    return true;
  }
}
