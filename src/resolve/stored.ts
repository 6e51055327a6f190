/** Keeps what came out of validation, whoever asked: also what its clients no longer wait for. */
import { Entry, isData } from "../cache/entry.ts";
import type { Failures } from "../cache/failures.ts";
import type { Kept } from "../cache/kept.ts";
import { type LifetimeLimits, lifetimeOf } from "../cache/lifetime.ts";
import type { Store } from "../cache/store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange, Query, Response } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import { onWayBack } from "../ports/way-back.ts";

/**
 * Milliseconds after a failed refresh in which nobody is made to wait for another: the failure recheck timer,
 * "no more frequently than every 30 seconds" (RFC 8767 §5).
 */
export const STALE_RECHECK = 30_000;

export interface StoredOptions extends LifetimeLimits {
  /** Milliseconds past its end that an entry may be served stale (RFC 8767); 0 for none. */
  readonly serveStale: number;
}

export interface StoredDeps {
  readonly store: Store;
  readonly failures: Failures;
  readonly clock: Clock;
  /**
   * Told of every response to a question that left under the policy in force: what a secure one denies need not be
   * asked again (RFC 8198). What has judged another may be trusted no more.
   */
  readonly learn?: (response: Response) => void;
  /** Policy and trust in force now. */
  readonly generation: () => number;
  /** Whether the local rules of now answer `question`: the cache is asked before them. */
  readonly isAnsweredHere: (question: Question) => boolean;
}

export function stored(next: Exchange, options: StoredOptions, deps: StoredDeps): Exchange {
  return onWayBack(next, {
    // Of when the question left: what has been decided since, the response does not know.
    mark: deps.generation,
    landed(response, query, _budget, generation) {
      keep(query, response, generation, options, deps);
      if (generation === deps.generation()) deps.learn?.(response);
      return response;
    },
  });
}

function keep(
  query: Query,
  response: Response,
  generation: number,
  options: StoredOptions,
  deps: StoredDeps,
): void {
  const { seconds, maxTtl } = lifetimeOf(response, options);
  const failed = !isData(response);
  if (!failed) deps.failures.succeeded(query.key);
  // A question may leave, or leave again, after a rule came into force that would have kept it here.
  if (deps.isAnsweredHere(query.question)) return;
  if (seconds <= 0) {
    // True for this once. What was kept before is so no longer: stale data is for what "is unable to be authoritatively
    // refreshed" (RFC 8767 §4), and this was.
    deps.store.forget(query.key);
    return;
  }
  const now = deps.clock.now();
  const lifetime = failed ? deps.failures.responseFailed(query.key, seconds) : seconds;
  // What a rule puts in the place of a response, it puts in the place of older data too.
  const mayBeSpared = failed && response.isByRule !== true;
  const present = mayBeSpared ? deps.store.peek(query.key) : undefined;
  // What another policy allowed is never served again: sparing it would only hide the failure.
  const isInForce = present?.generation === deps.generation();
  if (isInForce && isServable(present, now, options.serveStale)) {
    // RFC 8767 §4: old data is better than none; it is not replaced by a failure to refresh it.
    present.refreshNotBefore = now + Math.min(lifetime * 1_000, STALE_RECHECK);
    // What is bogus is no failure to who set CD (RFC 4035 §3.2.2).
    if (response.verdict !== "bogus") present.inTroubleUntil = now + STALE_RECHECK;
    return;
  }
  const terms = { now, lifetime, maxTtl: failed ? lifetime : maxTtl, minTtl: options.minTtl, generation };
  deps.store.keep(query.key, new Entry(query.question, response, terms));
}

/** Whether an entry is data that may be served, fresh or stale, at `now`. */
export function isServable(entry: Kept, now: number, serveStale: number): boolean {
  return isData(entry) && now < entry.expiresAt + serveStale;
}
