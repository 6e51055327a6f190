import { describe, expect, it } from "vitest";
import { figureLines } from "../../../src/cli/render/figures.ts";
import { Histogram, RESPONSE_BOUNDS } from "../../../src/observe/histogram.ts";
import { fakeTerminal } from "./fake-terminal.ts";

describe("figures for people", () => {
  const durations = new Histogram(RESPONSE_BOUNDS);
  durations.observe(0.02, 100);

  it("are groups, with large numbers in groups of three and what is 0 left out", () => {
    const figures = {
      queries: { udp: 1_234_567, tcp: 0 },
      cache: { entries: 12, bytes: 2_097_152, hitRatio: 0.5 },
      dropped: { "rate-limit": 0 },
    };

    expect(figureLines(figures, fakeTerminal())).toEqual([
      "queries",
      "  udp  1 234 567",
      "",
      "cache",
      "  entries    12",
      "  bytes      2.0 MiB",
      "  hit ratio  0.500",
      "",
    ]);
  });

  it("show a histogram as its middle and its tail", () => {
    const figures = {
      durations: { cache: durations.figures(), local: new Histogram(RESPONSE_BOUNDS).figures() },
    };

    expect(figureLines(figures, fakeTerminal())).toEqual([
      "durations",
      "  cache  median 18 ms, 99 % below 25 ms (of 100)",
      "",
    ]);
  });

  it("show a list as a table with a head", () => {
    const upstreams = [
      { label: "quad9", queries: 1_000, failures: {}, connections: { open: 2, idle: 0 } },
      { label: "mullvad", queries: 20, failures: { timeout: 3 }, connections: { open: 1, idle: 0 } },
    ];

    expect(figureLines({ upstreams }, fakeTerminal())).toEqual([
      "upstreams",
      "  label    queries  connections open  failures timeout",
      "  quad9      1 000                 2  -",
      "  mullvad       20                 1  3",
      "",
    ]);
  });

  it("show a list as a group an item where a table would be wider than the terminal", () => {
    const upstreams = [
      { label: "quad9", queries: 1_000, failures: {}, connections: { open: 2, idle: 0 } },
      { label: "mullvad", queries: 20, failures: { timeout: 3 }, connections: { open: 1, idle: 0 } },
    ];

    expect(figureLines({ upstreams }, fakeTerminal({ isForPeople: true, columns: 40 }))).toEqual([
      "upstreams",
      "  label             quad9",
      "  queries           1 000",
      "  connections open  2",
      "",
      "  label             mullvad",
      "  queries           20",
      "  failures timeout  3",
      "  connections open  1",
      "",
    ]);
  });
});
