import { describe, expect, it } from "vitest";
import { INTERVAL_MS, INTERVALS, QueryRate } from "../../../src/observe/query-rate.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

function rateOf(counts: { udp: number; hits: number }) {
  const clock = new ManualClock();
  const figures = () =>
    busyFigures({
      queries: { udp: counts.udp },
      cache: { ...busyFigures().cache, hits: counts.hits, stale: 0 },
      withheld: {},
    });
  return { clock, rate: new QueryRate({ figures, clock }) };
}

describe("the query rate", () => {
  it("counts what came within each interval", () => {
    const counts = { udp: 100, hits: 60 };
    const { clock, rate } = rateOf(counts);

    Object.assign(counts, { udp: 130, hits: 80 });
    clock.advance(INTERVAL_MS);

    expect(rate.samples()).toEqual([{ queries: 30, answeredHere: 20 }]);
  });

  it("keeps the last ten minutes and no more", () => {
    const { clock, rate } = rateOf({ udp: 0, hits: 0 });

    clock.advance(INTERVAL_MS * (INTERVALS + 5));

    expect(rate.samples()).toHaveLength(INTERVALS);
  });

  it("shows no negative count when a reload set the counters back", () => {
    const counts = { udp: 100, hits: 60 };
    const { clock, rate } = rateOf(counts);

    Object.assign(counts, { udp: 3, hits: 1 });
    clock.advance(INTERVAL_MS);

    expect(rate.samples()).toEqual([{ queries: 0, answeredHere: 0 }]);
  });

  it("leaves no timer behind when stopped", () => {
    const { clock, rate } = rateOf({ udp: 0, hits: 0 });

    rate.stop();

    expect(clock.pending).toBe(0);
  });
});
