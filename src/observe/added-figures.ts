/** Figures of several processes as those of one: what `listen.workers` shows on one page. */
import type { HistogramFigures } from "./histogram.ts";
import type { Counts, ResolverFigures, UpstreamFigures } from "./resolver-figures.ts";

/** The sum of `all`, of which there is one at least. */
export function addFigures(all: readonly ResolverFigures[]): ResolverFigures {
  const [first, ...others] = all;
  if (first === undefined) throw new Error("there are no figures to add up");
  return others.reduce(plus, first);
}

/** What stays of a process that ended: what it counted, but nothing that it holds. */
export function countedBy(ended: ResolverFigures): ResolverFigures {
  return {
    ...ended,
    cache: { ...ended.cache, entries: 0, bytes: 0, maxBytes: 0 },
    upstreams: ended.upstreams.map(withoutConnections),
  };
}

export function withoutConnections(upstream: UpstreamFigures): UpstreamFigures {
  return { ...upstream, connections: {} };
}

function plus(a: ResolverFigures, b: ResolverFigures): ResolverFigures {
  return {
    queries: addCounts(a.queries, b.queries),
    responses: addCounts(a.responses, b.responses),
    cache: {
      hits: a.cache.hits + b.cache.hits,
      misses: a.cache.misses + b.cache.misses,
      stale: a.cache.stale + b.cache.stale,
      entries: a.cache.entries + b.cache.entries,
      bytes: a.cache.bytes + b.cache.bytes,
      maxBytes: a.cache.maxBytes + b.cache.maxBytes,
    },
    durations: {
      cache: addHistograms(a.durations.cache, b.durations.cache),
      upstream: addHistograms(a.durations.upstream, b.durations.upstream),
      local: addHistograms(a.durations.local, b.durations.local),
    },
    upstreams: addUpstreams(a.upstreams, b.upstreams),
    verdicts: addCounts(a.verdicts, b.verdicts),
    withheld: addCounts(a.withheld, b.withheld),
    dropped: addCounts(a.dropped, b.dropped),
    more: addCounts(a.more ?? {}, b.more ?? {}),
  };
}

export function addCounts(a: Partial<Counts>, b: Partial<Counts>): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of [a, b]) {
    for (const [key, count] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + (count ?? 0);
  }
  return sum;
}

/** Of one kind: the bounds are the same. */
function addHistograms(a: HistogramFigures, b: HistogramFigures): HistogramFigures {
  return {
    bounds: a.bounds,
    counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)),
    sum: a.sum + b.sum,
    count: a.count + b.count,
  };
}

/** By label; a process that reloads a moment later may know others. */
export function addUpstreams(
  a: readonly UpstreamFigures[],
  b: readonly UpstreamFigures[],
): readonly UpstreamFigures[] {
  const sums = a.map((upstream) => {
    const same = b.find(({ label }) => label === upstream.label);
    return same === undefined ? upstream : addUpstream(upstream, same);
  });
  return [...sums, ...b.filter(({ label }) => !a.some((upstream) => upstream.label === label))];
}

function addUpstream(a: UpstreamFigures, b: UpstreamFigures): UpstreamFigures {
  return {
    label: a.label,
    operator: a.operator,
    queries: a.queries + b.queries,
    failures: addCounts(a.failures, b.failures),
    connections: addCounts(a.connections, b.connections),
    handshakes: {
      full: a.handshakes.full + b.handshakes.full,
      resumed: a.handshakes.resumed + b.handshakes.resumed,
    },
    unproven: {
      encrypted: a.unproven.encrypted + b.unproven.encrypted,
      clear: a.unproven.clear + b.unproven.clear,
    },
    durations: addHistograms(a.durations, b.durations),
  };
}
