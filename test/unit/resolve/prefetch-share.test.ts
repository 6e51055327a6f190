import { describe, expect, it } from "vitest";
import { PrefetchShare } from "../../../src/resolve/prefetch-share.ts";

/** Takes what it can get while `others` queries of other kinds are sent; gives the prefetches that left. */
function taken(percent: number, others: number, wanted: number): number {
  let queries = 0;
  let left = 0;
  const share = new PrefetchShare({ percent, upstreamQueries: () => queries });
  for (let sent = 0; sent < others; sent++) {
    queries++;
    for (let i = 0; i < wanted; i++) {
      if (!share.take()) continue;
      left++;
      queries++;
    }
  }
  return left;
}

describe("prefetches", () => {
  it.each([10, 25, 50, 80])(
    "are at most %i percent of the upstream queries, whatever wants to leave",
    (percent) => {
      const left = taken(percent, 20_000, 50);

      // Saved up at the start: 100.
      expect((left - 100) / (left - 100 + 20_000)).toBeLessThanOrEqual(percent / 100);
      expect(left / (left + 20_000)).toBeGreaterThan(percent / 100 - 0.01);
    },
  );

  it("are none with a share of 0, and all with one of 100", () => {
    expect(taken(0, 10, 5)).toBe(0);
    expect(taken(100, 10, 5)).toBe(50);
  });

  it("are saved up to a burst and no further: a long day buys no flood", () => {
    let queries = 0;
    const share = new PrefetchShare({ percent: 50, upstreamQueries: () => queries });
    queries = 1_000_000;

    const burst = Array.from({ length: 300 }, () => share.take()).filter(Boolean).length;

    expect(burst).toBe(100);
  });
});
