/**
 * Timers that all wait equally long: a first-in-first-out line behind one real timer, so that a query costs
 * a place in a linked list and not a timer of its own. A place that is given up leaves at once: what nearly every
 * query does must not outlive it.
 */
import type { Clock, Instant } from "../ports/clock.ts";

/** A place in the line. Call `cancel` when the wait is over for another reason. */
export interface Delayed {
  cancel(): void;
}

class Place implements Delayed {
  readonly due: Instant;
  readonly task: () => void;
  readonly #line: DelayLine;
  before: Place | undefined = undefined;
  behind: Place | undefined = undefined;
  isWaiting = true;

  constructor(due: Instant, task: () => void, line: DelayLine) {
    this.due = due;
    this.task = task;
    this.#line = line;
  }

  cancel(): void {
    this.#line.leave(this);
  }
}

export class DelayLine {
  readonly #clock: Clock;
  readonly #delay: number;
  /** BOUNDED: by the clients that wait, through the links of their places. */
  #first: Place | undefined;
  #last: Place | undefined;
  #cancelTimer: (() => void) | undefined;

  /** @param delay milliseconds each task waits. */
  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  push(task: () => void): Delayed {
    const place = new Place(this.#clock.now() + this.#delay, task, this);
    const last = this.#last;
    place.before = last;
    if (last === undefined) this.#first = place;
    else last.behind = place;
    this.#last = place;
    if (this.#cancelTimer === undefined) this.#arm(this.#delay);
    return place;
  }

  /** Takes `place` out, if it is in. The timer stays: it finds out who is first by then. */
  leave(place: Place): void {
    if (!place.isWaiting) return;
    place.isWaiting = false;
    const { before, behind } = place;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    place.before = undefined;
    place.behind = undefined;
  }

  /** Forgets every task. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#first !== undefined) this.leave(this.#first);
  }

  #arm(delay: number): void {
    this.#cancelTimer = this.#clock.after(delay, () => {
      this.#run();
    });
  }

  #run(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const place = this.#first;
      this.leave(place);
      place.task();
    }
    if (this.#first !== undefined && this.#cancelTimer === undefined) {
      this.#arm(Math.max(this.#first.due - now, 1));
    }
  }
}
