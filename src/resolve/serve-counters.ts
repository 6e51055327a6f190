/** Plain numbers that the hit path adds to; `observe/` reads them at a scrape. */
import type { Durations } from "../ports/durations.ts";

/** Where an answer came from. */
export type AnswerSource = "cache" | "upstream" | "local";

/** Extended RCODEs counted one by one; higher ones share the last place. */
const COUNTED_RCODES = 24;

export class ServeCounters {
  udpQueries = 0;
  tcpQueries = 0;
  hits = 0;
  misses = 0;
  stale = 0;
  /** Entries asked for again before their end. */
  prefetches = 0;
  /** Prefetches that did not leave: their share of the upstream queries was used up. */
  prefetchesSpared = 0;
  /** Messages too broken to answer. */
  droppedTooShort = 0;
  droppedNotAQuery = 0;
  /** Responses sent, by RCODE. */
  readonly responses = new Float64Array(COUNTED_RCODES);
  readonly durations: Readonly<Record<AnswerSource, Durations>>;

  constructor(durations: Readonly<Record<AnswerSource, Durations>>) {
    this.durations = durations;
  }

  /** Hits not yet in `durations`: every so many one is timed and stands for the others. */
  untimedHits = 0;
  /** Seconds the last timed hit took. */
  lastHitDuration = 0;

  /** Puts the untimed hits where the last timed one went. */
  settleHits(): void {
    if (this.untimedHits > 0) this.durations.cache.observe(this.lastHitDuration, this.untimedHits);
    this.untimedHits = 0;
  }

  countResponse(rcode: number): void {
    const place = Math.min(rcode, COUNTED_RCODES - 1);
    this.responses[place] = (this.responses[place] ?? 0) + 1;
  }
}
