/** What one flight may use up (LIMITS of `docs/limits.md`): fixed at its start, never reset by a retry. */
import { FLIGHT_WORK } from "../dnssec/limits.ts";
import type { Instant } from "../ports/clock.ts";
import type { Budget } from "../ports/exchange.ts";
import type { Trace } from "../ports/trace.ts";

export function budgetUntil(deadline: Instant, trace?: Trace): Budget {
  const work = { ...FLIGHT_WORK };
  return trace === undefined ? { deadline, work } : { deadline, work, trace };
}
