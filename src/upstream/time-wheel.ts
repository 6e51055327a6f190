/**
 * Wakes many things a little late: one timer for all queries in flight instead of one for each.
 *
 * A ring of slots, each a doubly linked list through the entries themselves, so that scheduling and
 * cancelling (which nearly always follows) touch four pointers and allocate nothing. Times beyond the ring
 * wait in its last slot and are placed again from there. The timer only runs while something is scheduled.
 */
import type { Clock, Instant } from "../ports/clock.ts";

/** How late an entry may be woken, in milliseconds. Small against any time-out that is put in here. */
export const TICK_MS = 16;
/** 512 ticks of 16 ms: 8 s, more than the time a client's query may take. */
const SLOTS = 512;

/** Something that can be woken. The links belong to the wheel. */
export interface Sleeper {
  wakeAt: Instant;
  slot: number;
  previous: Sleeper | undefined;
  next: Sleeper | undefined;
  wake(now: Instant): void;
}

export class TimeWheel {
  readonly #clock: Clock;
  /** BOUNDED: by `SLOTS`; the lists by the queries in flight. */
  readonly #heads: (Sleeper | undefined)[] = new Array<Sleeper | undefined>(SLOTS).fill(undefined);
  #scheduled = 0;
  /** The next tick to be looked at, in ticks of the clock. */
  #tick = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#scheduled;
  }

  /** Wakes `sleeper` at or up to two ticks after `at`, instead of when it was to be woken before. */
  schedule(sleeper: Sleeper, at: Instant): void {
    this.cancel(sleeper);
    if (this.#scheduled === 0) this.#tick = tickOf(this.#clock.now());
    sleeper.wakeAt = at;
    const ahead = Math.min(Math.max(tickOf(at) + 1 - this.#tick, 1), SLOTS - 1);
    const slot = (this.#tick + ahead) % SLOTS;
    const head = this.#heads[slot];
    sleeper.slot = slot;
    sleeper.previous = undefined;
    sleeper.next = head;
    if (head !== undefined) head.previous = sleeper;
    this.#heads[slot] = sleeper;
    this.#scheduled++;
    this.#cancelTimer ??= this.#clock.after(TICK_MS, this.#turn);
  }

  cancel(sleeper: Sleeper): void {
    if (sleeper.slot < 0) return;
    const { previous, next } = sleeper;
    if (previous === undefined) this.#heads[sleeper.slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    sleeper.slot = -1;
    sleeper.previous = undefined;
    sleeper.next = undefined;
    this.#scheduled--;
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  readonly #turn = (): void => {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    // After a suspend a single turn may have to catch up with more ticks than there are slots.
    const last = tickOf(now);
    if (last - this.#tick > SLOTS) this.#tick = last - SLOTS;
    while (this.#tick < last) {
      this.#tick++;
      this.#wakeSlot(this.#tick % SLOTS, now);
    }
    if (this.#scheduled > 0) this.#cancelTimer ??= this.#clock.after(TICK_MS, this.#turn);
  };

  /** One at a time: waking one may cancel another. None is put back into this slot: `schedule` goes ahead. */
  #wakeSlot(slot: number, now: Instant): void {
    for (;;) {
      const sleeper = this.#heads[slot];
      if (sleeper === undefined) return;
      this.cancel(sleeper);
      if (sleeper.wakeAt <= now) sleeper.wake(now);
      else this.schedule(sleeper, sleeper.wakeAt);
    }
  }
}

function tickOf(at: Instant): number {
  return Math.floor(at / TICK_MS);
}
