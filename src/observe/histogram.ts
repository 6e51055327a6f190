/**
 * How long things took, as counts per bucket: plain numbers, cheap to add to, read at scrape time.
 *
 * Counts are kept per bucket; Prometheus' cumulative form is made when rendered.
 */
import type { Durations } from "../ports/durations.ts";

/** What a histogram holds at one moment. */
export interface HistogramFigures {
  /** Upper bounds in seconds, ascending; one more bucket, without bound, follows. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative: `bounds.length + 1` of them. */
  readonly counts: readonly number[];
  /** Seconds in all. */
  readonly sum: number;
  readonly count: number;
}

/** 50 us (a cache hit) to 5 s (the end of every budget). */
export const RESPONSE_BOUNDS: readonly number[] = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/** 1 ms (a resolver on the same network) to 5 s. */
export const UPSTREAM_BOUNDS: readonly number[] = [
  0.001, 0.002_5, 0.005, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
];

export class Histogram implements Durations {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(seconds: number, count = 1): void {
    // Not a number, or negative after a clock was set: counted where it does no harm.
    const value = seconds > 0 ? seconds : 0;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]! += count;
    this.#sum += value * count;
    this.#count += count;
  }

  figures(): HistogramFigures {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum, count: this.#count };
  }
}

/**
 * The value below which `share` (0 to 1) of the observations lie, in seconds, by linear interpolation within
 * its bucket; `undefined` without observations. Past the last bound it is the last bound, a lower limit.
 */
export function quantile(figures: HistogramFigures, share: number): number | undefined {
  if (figures.count === 0) return undefined;
  const rank = share * figures.count;
  let seen = 0;
  let lower = 0;
  for (const [bucket, upper] of figures.bounds.entries()) {
    const inside = figures.counts[bucket] ?? 0;
    if (inside > 0 && seen + inside >= rank) return lower + (upper - lower) * ((rank - seen) / inside);
    seen += inside;
    lower = upper;
  }
  return lower;
}
