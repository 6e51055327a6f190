/**
 * Timers that all wait equally long: a first-in-first-out line behind one real timer, so that a query costs
 * an array slot and not a timer of its own.
 */
import type { Clock, Instant } from "../ports/clock.ts";

/** A place in the line. Call `cancel` when the wait is over for another reason. */
export interface Delayed {
  cancel(): void;
}

class Place implements Delayed {
  readonly due: Instant;
  task: (() => void) | undefined;

  constructor(due: Instant, task: () => void) {
    this.due = due;
    this.task = task;
  }

  cancel(): void {
    this.task = undefined;
  }
}

export class DelayLine {
  readonly #clock: Clock;
  readonly #delay: number;
  /** BOUNDED: by the queries of the last `delay` milliseconds; cancelled places leave when they come due. */
  #line: Place[] = [];
  #head = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param delay milliseconds each task waits. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  push(task: () => void): Delayed {
    const place = new Place(this.#clock.now() + this.#delay, task);
    this.#line.push(place);
    if (this.#cancelTimer === undefined) this.#arm(this.#delay);
    return place;
  }

  /** Forgets every task. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#line = [];
    this.#head = 0;
  }

  #arm(delay: number): void {
    this.#cancelTimer = this.#clock.after(delay, () => {
      this.#run();
    });
  }

  #run(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    for (;;) {
      const place = this.#line[this.#head];
      if (place === undefined) break;
      if (place.task !== undefined && place.due > now) break;
      this.#head++;
      const task = place.task;
      place.task = undefined;
      task?.();
    }
    this.#compact();
    const next = this.#line[this.#head];
    if (next !== undefined && this.#cancelTimer === undefined) this.#arm(Math.max(next.due - now, 1));
  }

  #compact(): void {
    if (this.#head < 1_024 && this.#head < this.#line.length) return;
    this.#line = this.#line.slice(this.#head);
    this.#head = 0;
  }
}
