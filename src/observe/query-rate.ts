/**
 * How many queries came in the last ten minutes, and how many of them an upstream saw: the curve of the
 * status page. Kept in memory only, as counts per interval.
 */
import type { Clock } from "../ports/clock.ts";
import type { ResolverFigures } from "./resolver-figures.ts";

/** Milliseconds of one interval. */
export const INTERVAL_MS = 10_000;

/** Intervals that are kept: ten minutes. */
export const INTERVALS = 60;

/** One interval. */
export interface RateSample {
  /** Queries from clients. */
  readonly queries: number;
  /** Those that were answered from the cache or from local data. */
  readonly answeredHere: number;
}

export class QueryRate {
  readonly #figures: () => ResolverFigures;
  readonly #clock: Clock;
  /** BOUNDED: by `INTERVALS`; the oldest is dropped. */
  readonly #samples: RateSample[] = [];
  #last: RateSample;
  #cancel: () => void = () => undefined;

  constructor(deps: { readonly figures: () => ResolverFigures; readonly clock: Clock }) {
    this.#figures = deps.figures;
    this.#clock = deps.clock;
    this.#last = totals(deps.figures());
    this.#wait();
  }

  /** Oldest first. */
  samples(): readonly RateSample[] {
    return this.#samples;
  }

  stop(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(INTERVAL_MS, () => {
      const now = totals(this.#figures());
      // No counter falls; should one, the bar is empty, not upside down.
      const queries = Math.max(0, now.queries - this.#last.queries);
      const here = Math.max(0, now.answeredHere - this.#last.answeredHere);
      this.#samples.push({ queries, answeredHere: Math.min(queries, here) });
      if (this.#samples.length > INTERVALS) this.#samples.shift();
      this.#last = now;
      this.#wait();
    });
  }
}

/**
 * Queries since the start, and those no upstream had to answer. Hits and withheld names would not add up to that: they
 * count helper queries and lookups of `sotto query` as well.
 */
export function totals({ queries, durations }: ResolverFigures): RateSample {
  const all = sum(queries);
  return { queries: all, answeredHere: Math.max(0, all - durations.upstream.count) };
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0);
}
