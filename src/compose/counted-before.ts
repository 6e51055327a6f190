/** What the resolvers of configurations before have counted: counters go on through a reload, and do not fall. */
import { addCounts, addUpstreams, withoutConnections } from "../observe/added-figures.ts";
import type { Counts, UpstreamFigures } from "../observe/resolver-figures.ts";
import type { CoverTraffic } from "../privacy/cover-traffic.ts";
import type { UpstreamPart } from "./upstreams.ts";
import type { ValidationPart } from "./validation-part.ts";

/** What each resolver counts afresh. */
export interface Counted {
  /** By the servers of its configuration. */
  readonly upstreams: readonly UpstreamFigures[];
  readonly verdicts: Counts;
  readonly withheld: Counts;
  readonly more: Counts;
}

export type Counting = () => Counted;

/** @param provenAbsent answers from ranges that no successor counts. */
export function countingOf(
  upstreams: UpstreamPart,
  validation: Pick<ValidationPart, "verdicts">,
  cover: Pick<CoverTraffic, "queries"> | undefined,
  provenAbsent: () => number,
): Counting {
  return () => ({
    upstreams: upstreams.figures(),
    verdicts: validation.verdicts(),
    withheld: { "proven-absent": provenAbsent() },
    more: {
      clearTextQueries: upstreams.clearTextQueries(),
      shardFailovers: upstreams.shardFailovers(),
      irrelevantRecords: upstreams.irrelevantRecords(),
      coverQueries: cover?.queries ?? 0,
    },
  });
}

export class CountedBefore {
  #ended: Counted = { upstreams: [], verdicts: {}, withheld: {}, more: {} };
  /** Of those that still have clients. BOUNDED: by the reloads of the time they are given. */
  readonly #living = new Set<Counting>();

  /** A resolver has a successor from now on. */
  follow(counting: Counting): void {
    this.#living.add(counting);
  }

  /** It counts no more. */
  end(counting: Counting): void {
    if (!this.#living.delete(counting)) return;
    const last = counting();
    // Servers that its configuration did not have are forgotten, so that these are bounded by one configuration.
    this.#ended = plus({ ...last, upstreams: last.upstreams.map(withoutConnections) }, this.#ended);
  }

  /** What a resolver and those before it have counted, of the servers it has. */
  upTo(counting: Counting): Counted {
    const others = [...this.#living].filter((each) => each !== counting).map((each) => each());
    return [this.#ended, ...others].reduce(plus, counting());
  }
}

function plus(a: Counted, b: Counted): Counted {
  const known = new Set(a.upstreams.map(({ label }) => label));
  return {
    upstreams: addUpstreams(
      a.upstreams,
      b.upstreams.filter(({ label }) => known.has(label)),
    ),
    verdicts: addCounts(a.verdicts, b.verdicts),
    withheld: addCounts(a.withheld, b.withheld),
    more: addCounts(a.more, b.more),
  };
}
