/** Turns the counters that the layers keep into what `observe/` shows. Runs when somebody scrapes or looks. */
import type { Store } from "../cache/store.ts";
import type { ResolverFigures, UpstreamFigures } from "../observe/resolver-figures.ts";
import { rcodeToText } from "../wire/codes.ts";
import type { ServingFigures } from "./serving.ts";

export interface FigureSources {
  readonly serving: ServingFigures;
  readonly store: Store;
  readonly synthesis: { readonly octets: number } | undefined;
  readonly cacheSize: number;
  readonly upstreams: () => readonly UpstreamFigures[];
  readonly verdicts: () => Readonly<Record<string, number>>;
  readonly withheld: () => Iterable<readonly [string, number]>;
  readonly drops: () => Readonly<Record<string, number>>;
  readonly more: () => NonNullable<ResolverFigures["more"]>;
}

export function figuresOf(sources: FigureSources): ResolverFigures {
  const { counters, durations } = sources.serving;
  counters.settleHits();
  return {
    queries: { udp: counters.udpQueries, tcp: counters.tcpQueries },
    responses: responsesOf(counters.responses),
    cache: {
      hits: counters.hits,
      misses: counters.misses,
      stale: counters.stale,
      entries: sources.store.entryCount,
      bytes: sources.store.octets + (sources.synthesis?.octets ?? 0),
      maxBytes: sources.cacheSize,
    },
    durations: {
      cache: durations.cache.figures(),
      upstream: durations.upstream.figures(),
      local: durations.local.figures(),
    },
    upstreams: sources.upstreams(),
    verdicts: sources.verdicts(),
    withheld: Object.fromEntries(sources.withheld()),
    dropped: {
      ...sources.drops(),
      "too-short": counters.droppedTooShort,
      "not-a-query": counters.droppedNotAQuery,
    },
    more: {
      prefetches: counters.prefetches,
      prefetchesSpared: counters.prefetchesSpared,
      ...sources.more(),
    },
  };
}

/** The everyday RCODEs are there from the start, the others once they occur. */
function responsesOf(responses: Float64Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [rcode, count] of responses.entries()) {
    if (count > 0 || rcode <= 5) counts[rcodeToText(rcode)] = count;
  }
  return counts;
}
