/** What one flight may use up (LIMITS of `docs/limits.md`): fixed at its start, never reset by a retry. */
import type { Instant } from "../ports/clock.ts";
import type { Budget, Work } from "../ports/exchange.ts";
import type { Trace } from "../ports/trace.ts";

/**
 * Work one client query may cause. unbound: 8 verifications an RRset, 200 queries; BIND: 16 verifications a
 * fetch, 1 failure; PowerDNS: 30 signatures, 600 hashes; here the whole flight shares one account.
 */
export const FLIGHT_WORK: Readonly<Work> = {
  upstreamQueries: 32,
  verifications: 16,
  failedVerifications: 2,
  nsec3Hashes: 64,
};

export function budgetUntil(deadline: Instant, trace?: Trace): Budget {
  const work = { ...FLIGHT_WORK };
  return trace === undefined ? { deadline, work } : { deadline, work, trace };
}
