import { describe, expect, it } from "vitest";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../../src/observe/metric-definitions.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

/** The names that monitoring of others relies on. */
const PROMISED = [
  "sotto_queries_total{transport}",
  "sotto_responses_total{rcode}",
  "sotto_cache_hits_total",
  "sotto_cache_misses_total",
  "sotto_cache_stale_total",
  "sotto_cache_entries",
  "sotto_cache_bytes",
  "sotto_response_duration_seconds{source}",
  "sotto_upstream_queries_total{upstream}",
  "sotto_upstream_failures_total{upstream,reason}",
  "sotto_upstream_duration_seconds{upstream}",
  "sotto_upstream_connections{upstream,state}",
  "sotto_upstream_tls_handshakes_total{upstream,resumed}",
  "sotto_upstream_unproven_connections_total{upstream,transport}",
  "sotto_dnssec_results_total{state}",
  "sotto_names_withheld_total{reason}",
  "sotto_dropped_total{reason}",
];

async function render(figures = busyFigures()): Promise<string> {
  return createMetrics({ figures: () => figures, version: "1.2.3", processMetrics: false }).render();
}

describe("the metrics", () => {
  it("hold every promised name with its labels", () => {
    const names = [...COUNTERS, ...GAUGES, ...HISTOGRAMS.map((h) => ({ ...h, labels: [h.label] }))].map(
      ({ name, labels }) => (labels.length === 0 ? name : `${name}{${labels.join(",")}}`),
    );

    expect(names).toEqual(expect.arrayContaining(PROMISED));
  });

  it("end in _total exactly where they are counters", () => {
    expect(COUNTERS.every(({ name }) => name.endsWith("_total"))).toBe(true);
    expect(GAUGES.some(({ name }) => name.endsWith("_total"))).toBe(false);
  });

  it("show counters by label", async () => {
    const text = await render();

    expect(text).toContain('\nsotto_queries_total{transport="udp"} 9120\n');
    expect(text).toContain('\nsotto_upstream_failures_total{upstream="first",reason="closed"} 5\n');
    expect(text).toContain('\nsotto_upstream_tls_handshakes_total{upstream="first",resumed="true"} 9\n');
    expect(text).toContain("\nsotto_cache_hits_total 7200\n");
    expect(text).toContain('\nsotto_build_info{version="1.2.3"} 1\n');
  });

  it("show each scrape the counters of that moment", async () => {
    let hits = 1;
    const figures = () => busyFigures({ cache: { ...busyFigures().cache, hits } });
    const metrics = createMetrics({ figures, version: "1.2.3", processMetrics: false });
    await metrics.render();

    hits = 5;

    expect(await metrics.render()).toContain("\nsotto_cache_hits_total 5\n");
  });

  it("forget an upstream that a reload took away", async () => {
    let figures = busyFigures();
    const metrics = createMetrics({ figures: () => figures, version: "1.2.3", processMetrics: false });
    await metrics.render();

    figures = busyFigures({ upstreams: [] });

    expect(await metrics.render()).not.toContain('upstream="first"');
  });

  it("show histograms cumulatively, the last bucket holding every observation", async () => {
    const lines = (await render()).split("\n");
    const buckets = lines.filter((line) => /^sotto_upstream_duration_seconds_bucket\{.*"first"\}/.test(line));
    const values = buckets.map((line) => Number(line.split(" ").at(-1)));

    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.at(-1)).toBe(1_013);
    expect(lines).toContain('sotto_upstream_duration_seconds_count{upstream="first"} 1013');
  });

  it("escape what a configured label may hold", async () => {
    const text = await render();

    expect(text).toContain('_bucket{le="0.001",upstream="second \\"quoted\\"\\\\"}');
  });

  it("add the process metrics of prom-client where wanted", async () => {
    const metrics = createMetrics({ figures: () => busyFigures(), version: "1.2.3", processMetrics: true });

    const text = await metrics.render();

    expect(text).toContain("\nprocess_resident_memory_bytes ");
    expect(text).toContain("\nnodejs_eventloop_lag_p99_seconds ");
  });
});
