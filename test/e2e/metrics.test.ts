/** The metrics of the running program: names, types and labels are what dashboards and alerts rely on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";

type Kind = "counter" | "gauge" | "histogram";

/** Each metric with its labels, and the values of those whose set is closed from the start. */
const METRICS: Readonly<
  Record<string, readonly [Kind, Readonly<Record<string, readonly string[] | undefined>>]>
> = {
  sotto_queries_total: ["counter", { transport: ["tcp", "udp"] }],
  sotto_responses_total: ["counter", { rcode: undefined }],
  sotto_cache_hits_total: ["counter", {}],
  sotto_cache_misses_total: ["counter", {}],
  sotto_cache_stale_total: ["counter", {}],
  sotto_cache_entries: ["gauge", {}],
  sotto_cache_bytes: ["gauge", {}],
  sotto_response_duration_seconds: ["histogram", { source: ["cache", "local", "upstream"] }],
  sotto_upstream_queries_total: ["counter", { upstream: ["lab"] }],
  sotto_upstream_failures_total: ["counter", { reason: undefined, upstream: ["lab"] }],
  sotto_upstream_duration_seconds: ["histogram", { upstream: ["lab"] }],
  sotto_upstream_connections: ["gauge", { state: undefined, upstream: ["lab"] }],
  sotto_upstream_tls_handshakes_total: ["counter", { resumed: ["false", "true"], upstream: ["lab"] }],
  sotto_dnssec_results_total: ["counter", { state: ["bogus", "indeterminate", "insecure", "secure"] }],
  sotto_names_withheld_total: ["counter", { reason: undefined }],
  sotto_dropped_total: ["counter", { reason: undefined }],
};

interface Exposed {
  readonly kinds: ReadonlyMap<string, string>;
  /** By metric: each label with the values seen. */
  readonly labels: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly values: ReadonlyMap<string, number>;
}

function read(text: string): Exposed {
  const kinds = new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]),
  );
  const labels = new Map<string, Map<string, Set<string>>>();
  const values = new Map<string, number>();
  for (const [, name = "", list = "", value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    values.set(list === "" ? name : `${name}{${list}}`, Number(value));
    const metric = kinds.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
    const ofMetric = labels.get(metric) ?? new Map<string, Set<string>>();
    labels.set(metric, ofMetric);
    for (const [, label = "", text = ""] of list.matchAll(/(\w+)="([^"]*)"/g)) {
      if (label === "le") continue;
      ofMetric.set(label, (ofMetric.get(label) ?? new Set()).add(text));
    }
  }
  return { kinds, labels, values };
}

describe.skipIf(dig === undefined)("the metrics of a program that has served", () => {
  let lab: Lab;
  let program: Program;
  let exposed: Exposed;

  beforeAll(async () => {
    lab = await startLab();
    program = await startProgram({ toml: (folder) => labToml(lab, folder) });
    for (const name of ["www.example.com", "www.example.com", "www.insecure.com", "www.expired.example"])
      await digAt(program.port, name);
    await digAt(program.port, "+tcp", "printer.home.arpa");
    await digAt(program.port, "+norecurse", "www.example.com");
    exposed = read(await (await fetch(`http://${program.metricsAddress}/metrics`)).text());
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
  });

  it.each(Object.entries(METRICS))("have %s", (name, [kind, labels]) => {
    const seen = exposed.labels.get(name) ?? new Map<string, ReadonlySet<string>>();

    expect(exposed.kinds.get(name)).toBe(kind);
    for (const [label, values] of seen) {
      expect(Object.keys(labels)).toContain(label);
      const expected = labels[label];
      if (expected !== undefined) expect([...values].sort()).toEqual(expected);
    }
    // A failure that has not happened has no sample, and so no label yet.
    if (seen.size > 0 || Object.keys(labels).length === 0)
      expect([...seen.keys()].sort()).toEqual(Object.keys(labels));
  });

  it("have names by the conventions: `_total` on counters, and only there; seconds and bytes", () => {
    const own = [...exposed.kinds].filter(([name]) => name.startsWith("sotto_"));

    expect(own.filter(([name, kind]) => (kind === "counter") !== name.endsWith("_total"))).toEqual([]);
    expect(own.filter(([name]) => /_(ms|milliseconds|octets|kib|mib)\b/.test(name))).toEqual([]);
  });

  it("stand beside those of the process, by prom-client", () => {
    expect([...exposed.kinds.keys()]).toEqual(
      expect.arrayContaining(["process_cpu_seconds_total", "nodejs_eventloop_lag_seconds"]),
    );
  });

  it("count what was done", () => {
    expect(Object.fromEntries(exposed.values)).toMatchObject({
      'sotto_queries_total{transport="udp"}': 5,
      'sotto_queries_total{transport="tcp"}': 1,
      'sotto_responses_total{rcode="NOERROR"}': 3,
      'sotto_responses_total{rcode="SERVFAIL"}': 1,
      'sotto_responses_total{rcode="NXDOMAIN"}': 1,
      'sotto_responses_total{rcode="REFUSED"}': 1,
      sotto_cache_hits_total: 1,
      sotto_cache_misses_total: 3,
      'sotto_dnssec_results_total{state="secure"}': 1,
      'sotto_dnssec_results_total{state="insecure"}': 1,
      'sotto_dnssec_results_total{state="bogus"}': 1,
      'sotto_response_duration_seconds_count{source="cache"}': 1,
      'sotto_response_duration_seconds_count{source="upstream"}': 3,
      'sotto_response_duration_seconds_count{source="local"}': 1,
    });
  });
});
