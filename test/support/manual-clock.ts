import type { Clock, Instant } from "../../src/ports/clock.ts";

interface Task {
  readonly due: Instant;
  readonly run: () => void;
}

/** A clock that moves when the test says so. */
export class ManualClock implements Clock {
  #now: Instant = 1_000; // Not 0: lru-cache takes a start time of 0 for "none".
  #wallOffset: number;
  #tasks: Task[] = [];

  /** `wall` is the wall-clock time at the start, as a Date would read it. */
  constructor(wall = "2026-11-20T12:00:00Z") {
    this.#wallOffset = Date.parse(wall) - this.#now;
  }

  now(): Instant {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  after(delay: number, run: () => void): () => void {
    const task = { due: this.#now + delay, run };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  }

  /** Tasks that wait: 0 when everything was cancelled or done. */
  get pending(): number {
    return this.#tasks.length;
  }

  /** Moves time on by `ms`, running due tasks in the order of their due time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#tasks.filter((task) => task.due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#tasks = this.#tasks.filter((task) => task !== next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = until;
  }

  /** As `advance`, but lets promises settle between the tasks. */
  async advanceAsync(ms: number, step = ms): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.advance(Math.min(step, left));
      await settle();
    }
  }

  /** Time goes on and nothing runs meanwhile, as for a process that is stopped: what was due then is late. */
  leap(ms: number): void {
    this.#now += ms;
  }

  /** Moves the wall clock alone, as an operator or a suspend does. */
  jumpWall(ms: number): void {
    this.#wallOffset += ms;
  }
}

/** Lets all promise reactions that are due run. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
