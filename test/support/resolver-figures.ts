import { Histogram, RESPONSE_BOUNDS, UPSTREAM_BOUNDS } from "../../src/observe/histogram.ts";
import type { ResolverFigures } from "../../src/observe/resolver-figures.ts";

/** Figures of a resolver that has been busy, so that every metric has a sample. */
export function busyFigures(changes: Partial<ResolverFigures> = {}): ResolverFigures {
  return {
    queries: { udp: 9_120, tcp: 41 },
    responses: { NOERROR: 8_700, NXDOMAIN: 440, SERVFAIL: 21 },
    cache: { hits: 7_200, misses: 1_961, stale: 12, entries: 1_830, bytes: 3_211_264, maxBytes: 33_554_432 },
    durations: {
      cache: filled(RESPONSE_BOUNDS, 7_200, 0.000_06),
      upstream: filled(RESPONSE_BOUNDS, 1_700, 0.031),
      local: filled(RESPONSE_BOUNDS, 220, 0.000_04),
    },
    upstreams: [
      {
        label: "first",
        operator: "first",
        queries: 1_020,
        failures: { timeout: 2, closed: 5 },
        connections: { open: 1, connecting: 0 },
        handshakes: { full: 3, resumed: 9 },
        unproven: { encrypted: 0, clear: 0 },
        durations: filled(UPSTREAM_BOUNDS, 1_013, 0.018),
      },
      {
        label: 'second "quoted"\\',
        operator: "second",
        queries: 980,
        failures: {},
        connections: { open: 2 },
        handshakes: { full: 2, resumed: 11 },
        unproven: { encrypted: 1, clear: 2 },
        durations: filled(UPSTREAM_BOUNDS, 980, 0.024),
      },
    ],
    verdicts: { secure: 1_204, insecure: 610, bogus: 3, indeterminate: 0 },
    withheld: { "special-use": 130, "block-list": 61, "denied-range": 29 },
    dropped: { malformed: 4, response: 2 },
    ...changes,
  };
}

function filled(bounds: readonly number[], count: number, around: number) {
  const histogram = new Histogram(bounds);
  for (let index = 0; index < count; index++) histogram.observe(around * (0.5 + index / count));
  return histogram.figures();
}
