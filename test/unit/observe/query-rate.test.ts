import { describe, expect, it } from "vitest";
import { INTERVAL_MS, INTERVALS, QueryRate, totals } from "../../../src/observe/query-rate.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

function rateOf(counts: { udp: number; upstream: number }) {
  const clock = new ManualClock();
  const { durations } = busyFigures();
  const figures = () =>
    busyFigures({
      queries: { udp: counts.udp },
      durations: { ...durations, upstream: { ...durations.upstream, count: counts.upstream } },
    });
  return { clock, rate: new QueryRate({ figures, clock }) };
}

describe("the query rate", () => {
  it("counts what came within each interval", () => {
    const counts = { udp: 100, upstream: 40 };
    const { clock, rate } = rateOf(counts);

    Object.assign(counts, { udp: 130, upstream: 50 });
    clock.advance(INTERVAL_MS);

    expect(rate.samples()).toEqual([{ queries: 30, answeredHere: 20 }]);
  });

  it("keeps the last ten minutes and no more", () => {
    const { clock, rate } = rateOf({ udp: 0, upstream: 0 });

    clock.advance(INTERVAL_MS * (INTERVALS + 5));

    expect(rate.samples()).toHaveLength(INTERVALS);
  });

  it("shows no negative count when a reload set the counters back", () => {
    const counts = { udp: 100, upstream: 99 };
    const { clock, rate } = rateOf(counts);

    Object.assign(counts, { udp: 3, upstream: 0 });
    clock.advance(INTERVAL_MS);

    expect(rate.samples()).toEqual([{ queries: 0, answeredHere: 0 }]);
  });

  it("counts no names withheld and no hits of lookups that no client asked for", () => {
    const withheld = { "proven-absent": 500 };

    expect(totals(busyFigures({ queries: { udp: 1_900 }, withheld })).answeredHere).toBe(200);
  });

  it("leaves no timer behind when stopped", () => {
    const { clock, rate } = rateOf({ udp: 0, upstream: 0 });

    rate.stop();

    expect(clock.pending).toBe(0);
  });
});
