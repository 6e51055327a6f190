/**
 * What `observe/` wants to know of the running resolver: plain figures, read when somebody scrapes or looks.
 * `app.ts` makes them from the counters that the layers keep; nothing here runs on the way of a query.
 */
import type { HistogramFigures } from "./histogram.ts";

/** Counts by one label, such as `{ udp: 12, tcp: 3 }`. Keys are from closed sets, never names or addresses. */
export type Counts = Readonly<Record<string, number>>;

export interface CacheFigures {
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly entries: number;
  readonly bytes: number;
  /** The bound on `bytes`. */
  readonly maxBytes: number;
}

/** One configured server, all its addresses together. */
export interface UpstreamFigures {
  /** The server's `name` in the configuration. */
  readonly label: string;
  readonly operator: string;
  readonly queries: number;
  /** By reason. */
  readonly failures: Counts;
  /** By state: how many there are now. */
  readonly connections: Counts;
  readonly handshakes: { readonly full: number; readonly resumed: number };
  /** Connections that were not to a proven peer: encrypted all the same, or in clear. */
  readonly unproven: { readonly encrypted: number; readonly clear: number };
  readonly durations: HistogramFigures;
}

export interface ResolverFigures {
  /** By transport: `udp`, `tcp`. */
  readonly queries: Counts;
  /** By mnemonic of the RCODE. */
  readonly responses: Counts;
  readonly cache: CacheFigures;
  /** By what gave the answer. */
  readonly durations: {
    readonly cache: HistogramFigures;
    readonly upstream: HistogramFigures;
    readonly local: HistogramFigures;
  };
  readonly upstreams: readonly UpstreamFigures[];
  /** By verdict: `secure`, `insecure`, `bogus`, `indeterminate`. */
  readonly verdicts: Counts;
  /** Answered here and never sent, by reason. */
  readonly withheld: Counts;
  /** Client messages dropped without an answer, by reason. */
  readonly dropped: Counts;
  /** Counters that only some settings move; an absent one is 0. */
  readonly more?: Readonly<Partial<Record<MoreCounter, number>>>;
}

export type MoreCounter =
  | "prefetches"
  | "prefetchesSpared"
  | "irrelevantRecords"
  | "shardFailovers"
  | "coverQueries"
  | "clearTextQueries"
  | "logLinesDropped";
