/**
 * Garbage is collected while nobody waits. V8 by itself takes a process that allocates little for an idle one, and so it does
 * with a resolver that answers thousands of queries a second from its cache: each of up to three collections that give
 * memory back then stopped the loop for some 10 ms. It is told to leave them (`heap.ts`), and they are made here, by what clients do.
 */
import type { Clock } from "../ports/clock.ts";

/** Milliseconds from the start to the first look: what starting has left is given back soon. */
export const FIRST_LOOK_MS = 1_000;
/** Milliseconds between looks. */
export const INTERVAL_MS = 10_000;
/** Queries a second that are still quiet: a collection stops the loop for some 20 ms, which every fifth of them would wait for. */
const QUIET_RATE = 10;
/** Octets that the heap must have grown by since the last collection to be worth another. */
const WORTHWHILE = 4 * 1024 * 1024;

export interface QuietCollectionDeps {
  readonly clock: Clock;
  /** How many have come so far. */
  readonly queries: () => number;
  /** Octets that V8 holds for the heap, used or not. */
  readonly heapSize: () => number;
  readonly collect: () => Promise<void>;
}

export class QuietCollection {
  readonly #deps: QuietCollectionDeps;
  #queriesBefore: number;
  #sizeAfter = 0;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(deps: QuietCollectionDeps) {
    this.#deps = deps;
    this.#queriesBefore = deps.queries();
    this.#wait(FIRST_LOOK_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #wait(delay: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#deps.clock.after(delay, () => {
      if (this.#isQuiet(delay) && this.#hasGrown()) void this.#collect();
      else this.#wait(INTERVAL_MS);
    });
  }

  /** @param passed milliseconds since it was asked before. */
  #isQuiet(passed: number): boolean {
    const queries = this.#deps.queries();
    const came = queries - this.#queriesBefore;
    this.#queriesBefore = queries;
    return came * 1_000 <= QUIET_RATE * passed;
  }

  #hasGrown(): boolean {
    return this.#deps.heapSize() >= this.#sizeAfter + WORTHWHILE;
  }

  async #collect(): Promise<void> {
    await this.#deps.collect();
    this.#sizeAfter = this.#deps.heapSize();
    this.#wait(INTERVAL_MS);
  }
}

/**
 * Collects all that V8 can, and gives the system back the pages that it held for more: what V8 does when it is told that memory
 * is low. Of Node's own only the profiler tells it so. Does nothing in a Node without an inspector.
 */
export async function collectGarbage(): Promise<void> {
  if (!process.features.inspector) return;
  const { Session } = await import("node:inspector");
  const session = new Session();
  session.connect();
  await new Promise<void>((resolve) => {
    session.post("HeapProfiler.collectGarbage", () => {
      resolve();
    });
  });
  session.disconnect();
}
