/**
 * Spans of one zone that were proven empty, in order of where they begin, each for as long as its records live.
 */
import type { Rrset } from "../dnssec/rrsets.ts";
import type { Instant } from "../ports/clock.ts";

/** An RRset that was proven, and until when it counts. */
export interface Kept {
  readonly rrset: Rrset;
  readonly until: Instant;
  /** Memory it takes. */
  readonly octets: number;
}

export interface Span<R> extends Kept {
  readonly record: R;
}

export class Spans<R, K> {
  #spans: Span<R>[] = [];
  #octets = 0;
  readonly #keyOf: (record: R) => K;
  readonly #compare: (a: K, b: K) => number;

  constructor(keyOf: (record: R) => K, compare: (a: K, b: K) => number) {
    this.#keyOf = keyOf;
    this.#compare = compare;
  }

  get octets(): number {
    return this.#octets;
  }

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** The last span that begins at or before `key`, the last of all where none does: spans wrap around. */
  at(key: K, now: Instant): Span<R> | undefined {
    const place = this.#place(key);
    const span = this.#spans[place < 0 ? this.#spans.length - 1 : place];
    return span !== undefined && now < span.until ? span : undefined;
  }

  /** Puts a span in, in the place of one that begins alike. */
  put(span: Span<R>): void {
    const key = this.#keyOf(span.record);
    const place = this.#place(key);
    const before = this.#spans[place];
    const replaces = before !== undefined && this.#compare(this.#keyOf(before.record), key) === 0;
    this.#spans.splice(replaces ? place : place + 1, replaces ? 1 : 0, span);
    this.#octets += span.octets - (replaces ? before.octets : 0);
  }

  /** Forgets what no longer counts. */
  purge(now: Instant): void {
    this.#spans = this.#spans.filter((span) => now < span.until);
    this.#octets = this.#spans.reduce((sum, span) => sum + span.octets, 0);
  }

  clear(): void {
    this.#spans = [];
    this.#octets = 0;
  }

  /** Index of the last span that begins at or before `key`; -1 for none. */
  #place(key: K): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#keyOf(this.#spans[middle]!.record), key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
