import { describe, expect, it } from "vitest";
import {
  collectGarbage,
  FIRST_LOOK_MS,
  INTERVAL_MS,
  QuietCollection,
} from "../../../src/compose/quiet-collection.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const MIB = 1024 * 1024;

/** A heap that a collection brings back to 10 MiB. */
function rig() {
  const clock = new ManualClock();
  const state = { queries: 0, heap: 14 * MIB, collections: 0 };
  const collection = new QuietCollection({
    clock,
    queries: () => state.queries,
    heapSize: () => state.heap,
    collect: () => {
      state.collections++;
      state.heap = 10 * MIB;
      return Promise.resolve();
    },
  });
  /** Time passes, while so many queries come a second. */
  const pass = async (ms: number, rate = 0) => {
    state.queries += (rate * ms) / 1_000;
    clock.advance(ms);
    // The collection itself, and what follows it.
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, state, collection, pass };
}

describe("the collection of garbage while it is quiet", () => {
  it("gives back soon what starting has left", async () => {
    const { state, pass } = rig();

    await pass(FIRST_LOOK_MS, 5);

    expect(state.collections).toBe(1);
  });

  it("lets no client wait: not while queries come in numbers, however long that is", async () => {
    const { state, pass } = rig();

    await pass(FIRST_LOOK_MS, 5_000);
    for (let i = 0; i < 100; i++) {
      state.heap += MIB;
      await pass(INTERVAL_MS, 11);
    }

    expect(state.collections).toBe(0);
  });

  it("comes once they have gone", async () => {
    const { state, pass } = rig();
    await pass(FIRST_LOOK_MS, 5_000);

    await pass(INTERVAL_MS, 10);

    expect(state.collections).toBe(1);
  });

  it("is not repeated before the heap has grown again", async () => {
    const { state, pass } = rig();
    await pass(FIRST_LOOK_MS);

    state.heap += 3 * MIB;
    for (let i = 0; i < 100; i++) await pass(INTERVAL_MS);
    expect(state.collections).toBe(1);

    state.heap += MIB;
    await pass(INTERVAL_MS);
    expect(state.collections).toBe(2);
  });

  it("leaves no timer behind when it is stopped, and starts none when a collection ends after that", async () => {
    const { clock, collection } = rig();
    clock.advance(FIRST_LOOK_MS);

    collection.stop();
    await Promise.resolve();
    await Promise.resolve();

    expect(clock.pending).toBe(0);
  });
});

describe("what V8 is asked to collect", () => {
  it("is all that nobody holds", async () => {
    let garbage: unknown[] = Array.from({ length: 1_000_000 }, (_, i) => ({ i }));
    const before = process.memoryUsage().heapUsed;
    garbage = garbage.slice(0, 1);

    await collectGarbage();

    expect(process.memoryUsage().heapUsed).toBeLessThan(before - 10 * MIB);
    expect(garbage).toHaveLength(1);
  });
});
