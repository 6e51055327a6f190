/** Turns the counters that the layers keep into what `observe/` shows. Runs when somebody scrapes or looks. */
import type { Store } from "../cache/store.ts";
import type { ListenCounts, Refused } from "../listen/drops.ts";
import type { ResolverFigures, UpstreamFigures } from "../observe/resolver-figures.ts";
import { rcodeToText } from "../wire/codes.ts";
import type { ServingFigures } from "./serving.ts";

export interface FigureSources {
  readonly serving: ServingFigures;
  readonly store: Store;
  readonly synthesis: { readonly octets: number } | undefined;
  readonly cacheSize: number;
  readonly upstreams: readonly UpstreamFigures[];
  readonly verdicts: Readonly<Record<string, number>>;
  readonly withheld: Iterable<readonly [string, number]>;
  readonly listening: ListenCounts;
  readonly more: NonNullable<ResolverFigures["more"]>;
}

export function figuresOf(sources: FigureSources): ResolverFigures {
  const { counters, durations } = sources.serving;
  const { drops, refused } = sources.listening;
  counters.settleHits();
  return {
    queries: { udp: counters.udpQueries + refused.udp, tcp: counters.tcpQueries + refused.tcp },
    responses: responsesOf(counters.responses, refused),
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
    upstreams: sources.upstreams,
    verdicts: sources.verdicts,
    withheld: Object.fromEntries(sources.withheld),
    dropped: {
      ...drops,
      "too-short": drops["too-short"] + counters.droppedTooShort,
      "not-a-query": drops["not-a-query"] + counters.droppedNotAQuery,
    },
    more: {
      prefetches: counters.prefetches,
      prefetchesSpared: counters.prefetchesSpared,
      ...sources.more,
    },
  };
}

/** The everyday RCODEs are there from the start, the others once they occur. */
function responsesOf(responses: Float64Array, refused: Refused): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [rcode, count] of responses.entries()) {
    if (count > 0 || rcode <= 5) counts[rcodeToText(rcode)] = count;
  }
  counts["REFUSED"] = (counts["REFUSED"] ?? 0) + refused.udp + refused.tcp;
  return counts;
}
