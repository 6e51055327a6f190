/**
 * While the wall clock is provably wrong, nothing can be validated: every signature looks expired or of the
 * future. A machine without a battery-backed clock starts so, and needs names to set its clock. So the names
 * of time servers, and only those, are answered unjudged; everything else is refused for the moment with the
 * reason (RFC 8914 §4.15, Not Ready), rather than called bogus.
 */
import { ask, exchangeOf, settle } from "../ports/asking.ts";
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Name } from "../ports/message.ts";

export interface ClockGuardDeps {
  readonly isClockWrong: () => boolean;
  /** Whether a name may be resolved without judgement meanwhile. */
  readonly isTimeServer: (qname: Name) => boolean;
}

/** Seconds an unjudged response may be kept: once the clock is set it is asked for again, and judged. */
const UNJUDGED_LIFETIME = 1;

/** @param unjudged answers without validation. */
export function clockGuarded(next: Exchange, unjudged: Exchange, deps: ClockGuardDeps): Exchange {
  return exchangeOf((query, budget, landing) => {
    if (deps.isClockWrong()) settle(whileWrong(query, budget), landing);
    else ask(next, query, budget, landing);
  });

  async function whileWrong(query: Query, budget: Budget): Promise<Response> {
    if (!deps.isTimeServer(query.question.qname)) {
      throw new ResolutionError("not-ready", "the clock shows a time that has passed");
    }
    const response = await unjudged.exchange(query, budget);
    return { ...response, verdict: "insecure", maxLifetime: UNJUDGED_LIFETIME };
  }
}
