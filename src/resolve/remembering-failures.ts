/** Gives a question's last fault again for a second, instead of asking an upstream that cannot answer. */
import type { Failures } from "../cache/failures.ts";
import type { Exchange } from "../ports/exchange.ts";
import { ResolutionError, type ResolutionFault } from "../ports/fault.ts";

/** Faults that say something of the way upstream. The others say something of us, or of the moment. */
const TRANSPORT_FAULTS: ReadonlySet<ResolutionFault> = new Set([
  "deadline-exceeded",
  "upstream-unreachable",
  "upstream-unauthenticated",
  "upstream-malformed",
]);

export function rememberingFailures(next: Exchange, failures: Failures): Exchange {
  return {
    exchange(query, budget) {
      const recent = budget.trace === undefined ? failures.recent(query.key) : undefined;
      if (recent !== undefined) return Promise.reject(recent);
      return next.exchange(query, budget).catch((error: unknown) => {
        if (error instanceof ResolutionError && TRANSPORT_FAULTS.has(error.fault)) {
          failures.transportFailed(query.key, error);
        }
        throw error;
      });
    },
  };
}
