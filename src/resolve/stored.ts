/** Keeps what came out of validation, whoever asked: also what its clients no longer wait for. */
import { Entry } from "../cache/entry.ts";
import { type LifetimeLimits, lifetimeOf } from "../cache/lifetime.ts";
import { relevantRecords } from "../cache/relevance.ts";
import type { Store } from "../cache/store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange, Query, Response } from "../ports/exchange.ts";
import { Rcode } from "../wire/codes.ts";

export interface StoredOptions extends LifetimeLimits {
  /** Milliseconds past its end that an entry may be served stale (RFC 8767); 0 for none. */
  readonly serveStale: number;
}

export interface StoredCounters {
  /** Records of upstream responses that did not answer the question. */
  irrelevantRecords: number;
}

export interface StoredDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Policy in force now. */
  readonly generation: () => number;
}

export function stored(
  next: Exchange,
  options: StoredOptions,
  deps: StoredDeps,
): Exchange & { readonly counters: StoredCounters } {
  const counters: StoredCounters = { irrelevantRecords: 0 };
  return {
    counters,
    async exchange(query, budget) {
      const generation = deps.generation();
      const response = scrubbed(query, await next.exchange(query, budget), counters);
      keep(query, response, generation, options, deps);
      return response;
    },
  };
}

function scrubbed(query: Query, response: Response, counters: StoredCounters): Response {
  const relevant = relevantRecords(query.question, response.answer, response.authority);
  if (relevant.dropped === 0) return response;
  counters.irrelevantRecords += relevant.dropped;
  return { ...response, answer: relevant.answer, authority: relevant.authority };
}

function keep(
  query: Query,
  response: Response,
  generation: number,
  options: StoredOptions,
  deps: StoredDeps,
): void {
  const lifetime = lifetimeOf(response, options);
  if (lifetime.seconds <= 0) return;
  const now = deps.clock.now();
  const present = deps.store.find(query.key);
  if (present !== undefined && isFailure(response) && isServable(present, now, options.serveStale)) {
    // RFC 8767 §4: old data is better than none; it is not replaced by a failure to refresh it.
    present.isRefreshFailed = true;
    return;
  }
  const terms = {
    now,
    lifetime: lifetime.seconds,
    maxTtl: lifetime.maxTtl,
    minTtl: options.minTtl,
    generation,
  };
  deps.store.keep(query.key, new Entry(query.question, response, terms));
}

/** No answer to the question, as opposed to an answer that says there is nothing. */
export function isFailure(response: Response): boolean {
  if (response.verdict === "bogus") return true;
  return response.rcode !== Rcode.NOERROR && response.rcode !== Rcode.NXDOMAIN;
}

/** Whether an entry is data that may be served, fresh or stale, at `now`. */
export function isServable(entry: Entry, now: number, serveStale: number): boolean {
  if (entry.verdict === "bogus") return false;
  if (entry.rcode !== Rcode.NOERROR && entry.rcode !== Rcode.NXDOMAIN) return false;
  return now < entry.expiresAt + serveStale;
}
