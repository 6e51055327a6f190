/**
 * What lately could not be resolved: asked again only after a while, a longer one each time, so that broken
 * zones and dead networks are not hammered.
 *
 * Source: RFC 9520 §3.2 ("Resolvers MUST cache resolution failures ... for at least 1 second ... MUST NOT
 * cache a resolution failure for longer than 5 minutes"; "exponential or linear backoff").
 */
import { LRUCache } from "lru-cache";
import type { Clock, Instant } from "../ports/clock.ts";
import type { ResolutionError } from "../ports/fault.ts";

/** Seconds (RFC 9520 §3.2). */
export const MAX_FAILURE_LIFETIME = 300;
/** Milliseconds a transport failure is kept: nothing was learned of the name itself. */
const TRANSPORT_LIFETIME = 1_000;
/** Questions remembered. About 200 octets each. */
const MAX_QUESTIONS = 4_096;

interface Failed {
  /** Failures in a row. */
  readonly times: number;
  /** The fault to give again until `until`; absent where the failure was a response, which the store holds. */
  readonly error?: ResolutionError;
  readonly until: Instant;
  /** Upstream connections opened so far when it failed. */
  readonly connections: number;
}

export class Failures {
  readonly #clock: Clock;
  readonly #connections: () => number;
  /** BOUNDED: by `MAX_QUESTIONS`, the least recently failed goes first. */
  readonly #failed: LRUCache<string, Failed>;

  /** @param connections how many upstream connections were opened so far: a new one makes transport failures old. */
  constructor(clock: Clock, connections: () => number) {
    this.#clock = clock;
    this.#connections = connections;
    this.#failed = new LRUCache<string, Failed>({ max: MAX_QUESTIONS, perf: clock });
  }

  /** The fault to give at once instead of asking, if there is one. */
  recent(key: string): ResolutionError | undefined {
    // As it is nearly always: looking up a string costs a hash of it.
    if (this.#failed.size === 0) return undefined;
    const failed = this.#failed.get(key);
    if (failed?.error === undefined || this.#clock.now() >= failed.until) return undefined;
    return failed.connections === this.#connections() ? failed.error : undefined;
  }

  /** The question failed on the way. */
  transportFailed(key: string, error: ResolutionError): void {
    const times = this.#failed.get(key)?.times ?? 0;
    const until = this.#clock.now() + TRANSPORT_LIFETIME;
    this.#failed.set(key, { times, error, until, connections: this.#connections() });
  }

  /**
   * The question was answered by a failure (SERVFAIL, bogus).
   * @returns seconds to keep that response: `first`, doubled with each failure in a row, to at most 5 minutes.
   */
  responseFailed(key: string, first: number): number {
    const times = (this.#failed.get(key)?.times ?? 0) + 1;
    this.#failed.set(key, { times, until: 0, connections: 0 });
    return Math.min(first * 2 ** Math.min(times - 1, 16), MAX_FAILURE_LIFETIME);
  }

  succeeded(key: string): void {
    if (this.#failed.size > 0) this.#failed.delete(key);
  }

  clear(): void {
    this.#failed.clear();
  }
}
