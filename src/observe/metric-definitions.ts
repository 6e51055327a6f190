/**
 * Every metric of this program: name, help, labels, and where its samples come from. One table, so that the
 * exposition, the documentation and the dashboard can be checked against each other.
 *
 * No label ever holds a queried name or a client address: values are from closed sets, or configured labels.
 */
import type { HistogramFigures } from "./histogram.ts";
import type { Counts, MoreCounter, ResolverFigures, UpstreamFigures } from "./resolver-figures.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (figures: ResolverFigures) => readonly Sample[];
}

export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly series: (figures: ResolverFigures) => readonly (readonly [label: string, HistogramFigures])[];
}

export const COUNTERS: readonly Definition[] = [
  {
    name: "sotto_queries_total",
    help: "Queries received from clients.",
    labels: ["transport"],
    samples: (f) => byLabel("transport", f.queries),
  },
  {
    name: "sotto_responses_total",
    help: "Responses sent to clients.",
    labels: ["rcode"],
    samples: (f) => byLabel("rcode", f.responses),
  },
  {
    name: "sotto_cache_hits_total",
    help: "Queries answered from the cache with fresh data.",
    labels: [],
    samples: (f) => one(f.cache.hits),
  },
  {
    name: "sotto_cache_misses_total",
    help: "Queries for which the cache had nothing fresh.",
    labels: [],
    samples: (f) => one(f.cache.misses),
  },
  {
    name: "sotto_cache_stale_total",
    help: "Queries answered with data past its lifetime (RFC 8767).",
    labels: [],
    samples: (f) => one(f.cache.stale),
  },
  {
    name: "sotto_upstream_queries_total",
    help: "Queries sent to an upstream server.",
    labels: ["upstream"],
    samples: (f) =>
      f.upstreams.map(({ label, queries }) => ({ labels: { upstream: label }, value: queries })),
  },
  {
    name: "sotto_upstream_failures_total",
    help: "Exchanges with an upstream server that gave no usable response.",
    labels: ["upstream", "reason"],
    samples: (f) => byUpstream("reason", f, ({ failures }) => failures),
  },
  {
    name: "sotto_upstream_tls_handshakes_total",
    help: "TLS handshakes completed with an upstream server.",
    labels: ["upstream", "resumed"],
    samples: (f) =>
      byUpstream("resumed", f, ({ handshakes }) => ({ false: handshakes.full, true: handshakes.resumed })),
  },
  {
    name: "sotto_upstream_unproven_connections_total",
    help: "Connections to an upstream server that did not prove its identity, encrypted or in clear, as configured.",
    labels: ["upstream", "transport"],
    samples: (f) =>
      byUpstream("transport", f, ({ unproven }) => ({ tls: unproven.encrypted, plain: unproven.clear })),
  },
  {
    name: "sotto_dnssec_results_total",
    help: "Responses judged by the validator (RFC 4033).",
    labels: ["state"],
    samples: (f) => byLabel("state", f.verdicts),
  },
  {
    name: "sotto_names_withheld_total",
    help: "Queries answered here whose name was never sent to any upstream.",
    labels: ["reason"],
    samples: (f) => byLabel("reason", f.withheld),
  },
  {
    name: "sotto_dropped_total",
    help: "Client messages dropped without an answer.",
    labels: ["reason"],
    samples: (f) => byLabel("reason", f.dropped),
  },
  more("prefetches", "sotto_prefetches_total", "Entries refreshed before their end because they are in use."),
  more(
    "prefetchesSpared",
    "sotto_prefetches_spared_total",
    "Prefetches that did not leave because their share of the upstream queries was used up.",
  ),
  more(
    "irrelevantRecords",
    "sotto_irrelevant_records_total",
    "Records of upstream answers dropped because they answered no question of ours.",
  ),
  more(
    "shardFailovers",
    "sotto_shard_failovers_total",
    "Queries shown to a second operator because the first was down.",
  ),
  more("coverQueries", "sotto_cover_queries_total", "Decoy queries sent."),
  more(
    "clearTextQueries",
    "sotto_clear_text_queries_total",
    "Queries sent without encryption, as configured.",
  ),
  more("logLinesDropped", "sotto_log_lines_dropped_total", "Log lines given up because nobody read them."),
];

export const GAUGES: readonly Definition[] = [
  {
    name: "sotto_cache_entries",
    help: "Entries in the cache.",
    labels: [],
    samples: (f) => one(f.cache.entries),
  },
  {
    name: "sotto_cache_bytes",
    help: "Memory that the cache accounts for.",
    labels: [],
    samples: (f) => one(f.cache.bytes),
  },
  {
    name: "sotto_cache_max_bytes",
    help: "The bound on the memory that the cache accounts for.",
    labels: [],
    samples: (f) => one(f.cache.maxBytes),
  },
  {
    name: "sotto_upstream_connections",
    help: "Connections to an upstream server.",
    labels: ["upstream", "state"],
    samples: (f) => byUpstream("state", f, ({ connections }) => connections),
  },
];

export const HISTOGRAMS: readonly HistogramDefinition[] = [
  {
    name: "sotto_response_duration_seconds",
    help: "Time from a query to its response, by what gave the answer.",
    label: "source",
    series: ({ durations }) => [
      ["cache", durations.cache],
      ["upstream", durations.upstream],
      ["local", durations.local],
    ],
  },
  {
    name: "sotto_upstream_duration_seconds",
    help: "Time from sending a query to an upstream server to its response.",
    label: "upstream",
    series: ({ upstreams }) => upstreams.map(({ label, durations }) => [label, durations]),
  },
];

function more(key: MoreCounter, name: string, help: string): Definition {
  return {
    name,
    help,
    labels: [],
    samples: (f) => one(f.more?.[key] ?? 0),
  };
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}

function byLabel(label: string, counts: Counts): readonly Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function byUpstream(
  label: string,
  { upstreams }: ResolverFigures,
  counts: (upstream: UpstreamFigures) => Counts,
): readonly Sample[] {
  return upstreams.flatMap((upstream) =>
    Object.entries(counts(upstream)).map(([key, value]) => ({
      labels: { upstream: upstream.label, [label]: key },
      value,
    })),
  );
}
