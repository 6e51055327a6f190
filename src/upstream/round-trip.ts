/**
 * How long an address takes to answer, and so how long to wait before doubting it.
 *
 * Smoothed mean and deviation in the manner of TCP. The time a resolver spends asking others is part of
 * what is measured: an address that resolves a cold name in 400 ms is not doubted after 30.
 *
 * Source: RFC 6298 §2 (with its gains of 1/8 and 1/4, and 4 deviations).
 */

/** Milliseconds. Below this, a single slow resolution on an idle connection would look like silence. */
export const MIN_TIMEOUT_MS = 300;
/** Milliseconds. Users notice a second; waiting longer before a second try helps nobody. */
export const MAX_TIMEOUT_MS = 1_000;

/** Milliseconds a resolver may take to think before it is known how long it does, a quarter of it. */
const GUESSED_DEVIATION_MS = 100;

export class RoundTrip {
  #mean = 0;
  #deviation = 0;
  #samples = 0;

  /** Milliseconds; `undefined` until something was measured. */
  get smoothed(): number | undefined {
    return this.#samples === 0 ? undefined : this.#mean;
  }

  /** Milliseconds after which a connection that gave no response at all is doubted. */
  get timeout(): number {
    if (this.#samples === 0) return MAX_TIMEOUT_MS;
    return Math.min(Math.max(this.#mean + 4 * this.#deviation, MIN_TIMEOUT_MS), MAX_TIMEOUT_MS);
  }

  add(milliseconds: number): void {
    if (this.#samples === 0) {
      this.#mean = milliseconds;
      this.#deviation = milliseconds / 2;
    } else {
      this.#deviation += (Math.abs(milliseconds - this.#mean) - this.#deviation) / 4;
      this.#mean += (milliseconds - this.#mean) / 8;
    }
    this.#samples++;
  }

  /** Before anything was measured: a handshake tells the way there and back, not how long a resolver thinks. */
  guess(milliseconds: number): void {
    if (this.#samples > 0) return;
    this.#mean = milliseconds;
    this.#deviation = Math.max(milliseconds, GUESSED_DEVIATION_MS);
    this.#samples = 1;
  }

  /** The path has changed: what was measured is about another. */
  forget(): void {
    this.#samples = 0;
  }
}
