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

class Place<Waiting> implements Delayed {
  readonly due: Instant;
  readonly who: Waiting;
  readonly #line: DelayLine<Waiting>;
  before: Place<Waiting> | undefined = undefined;
  behind: Place<Waiting> | undefined = undefined;
  isWaiting = true;

  constructor(due: Instant, who: Waiting, line: DelayLine<Waiting>) {
    this.due = due;
    this.who = who;
    this.#line = line;
  }

  cancel(): void {
    this.#line.leave(this);
  }
}

export class DelayLine<Waiting> {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #ring: (who: Waiting) => void;
  /** BOUNDED: by the clients that wait, through the links of their places. */
  #first: Place<Waiting> | undefined;
  #last: Place<Waiting> | undefined;
  #cancelTimer: (() => void) | undefined;

  /**
   * @param delay milliseconds each of them waits.
   * @param ring called for each whose wait is over.
   */
  constructor(clock: Clock, delay: number, ring: (who: Waiting) => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#ring = ring;
  }

  /** @param now the time it is. */
  push(who: Waiting, now: Instant): Delayed {
    const place = new Place(now + this.#delay, who, this);
    const last = this.#last;
    place.before = last;
    if (last === undefined) this.#first = place;
    else last.behind = place;
    this.#last = place;
    if (this.#cancelTimer === undefined) this.#arm(this.#delay);
    return place;
  }

  /** Takes `place` out, if it is in. The timer stays: it finds out who is first by then. */
  leave(place: Place<Waiting>): void {
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

  /** Takes out who is first, whatever wait is left. */
  takeFirst(): Waiting | undefined {
    const place = this.#first;
    if (place === undefined) return undefined;
    this.leave(place);
    return place.who;
  }

  /** Forgets all that wait. */
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
      this.#ring(place.who);
    }
    if (this.#first !== undefined && this.#cancelTimer === undefined) {
      this.#arm(Math.max(this.#first.due - now, 1));
    }
  }
}
