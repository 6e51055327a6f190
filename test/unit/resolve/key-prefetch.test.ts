import { describe, expect, it } from "vitest";
import { KeyPrefetch } from "../../../src/resolve/key-prefetch.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { name } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const ZONE = name("example.com");

function keyPrefetch(mayPrefetch = true) {
  const clock = new ManualClock();
  const counters = { prefetches: 0, prefetchesSpared: 0 };
  const renewed: { readonly zone: string; readonly at: number }[] = [];
  const random = new SeededRandom();
  const keys = new KeyPrefetch({
    clock,
    random,
    counters,
    mayPrefetch: () => mayPrefetch,
    renew: (zone) => {
      renewed.push({ zone, at: clock.now() });
      return Promise.resolve();
    },
    onBug: () => undefined,
  });
  return { clock, counters, renewed, keys };
}

describe("keys in use near the end of their time", () => {
  it("are fetched again once, within what is left, and counted as a prefetch", () => {
    const { clock, counters, renewed, keys } = keyPrefetch();
    const end = clock.now() + 5_000;

    for (let i = 0; i < 50; i++) {
      keys.plan(ZONE, end);
      clock.advance(99);
    }

    expect(renewed.map(({ zone }) => zone)).toEqual([ZONE]);
    expect(renewed[0]?.at).toBeLessThan(end);
    expect(counters).toEqual({ prefetches: 1, prefetchesSpared: 0 });
  });

  it("are not, where the share of prefetches is used up, and that is counted", () => {
    const { clock, counters, renewed, keys } = keyPrefetch(false);

    keys.plan(ZONE, clock.now() + 5_000);
    clock.advance(5_000);

    expect(renewed).toEqual([]);
    expect(counters).toEqual({ prefetches: 0, prefetchesSpared: 1 });
  });

  it("wait for their moment in a bounded number, and for none after the end", () => {
    const { clock, keys } = keyPrefetch();

    for (let i = 0; i < 1_000; i++) keys.plan(name(`n${i}.example`), clock.now() + 5_000);

    expect(clock.pending).toBe(256);
    keys.close();
    expect(clock.pending).toBe(0);
  });
});
