/** Gives a question's last fault again for a second, instead of asking an upstream that cannot answer. */
import type { Failures } from "../cache/failures.ts";
import type { Exchange } from "../ports/exchange.ts";
import { ResolutionError, type ResolutionFault } from "../ports/fault.ts";
import { onWayBack } from "../ports/way-back.ts";

/** Faults that say something of the way upstream. The others say something of us, or of the moment. */
const TRANSPORT_FAULTS: ReadonlySet<ResolutionFault> = new Set([
  "deadline-exceeded",
  "upstream-unreachable",
  "upstream-unauthenticated",
  "upstream-malformed",
]);

export function rememberingFailures(next: Exchange, failures: Failures): Exchange {
  return onWayBack(next, {
    refuses: (query, budget) => (budget.trace === undefined ? failures.recent(query.key) : undefined),
    landed: (response) => response,
    failed: (error, query) => {
      if (error instanceof ResolutionError && TRANSPORT_FAULTS.has(error.fault)) {
        failures.transportFailed(query.key, error);
      }
    },
  });
}
