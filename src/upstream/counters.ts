/**
 * What is counted for each server: plain numbers, added to in passing and read when somebody asks.
 */
import type { DialFault } from "../ports/dialer.ts";

/** Why a query or a connection came to nothing. The label `reason` of `sotto_upstream_failures_total`. */
export type FailureReason =
  | Exclude<DialFault, "aborted">
  | "reset" // The peer cut a connection with queries on it.
  | "ended" // The peer closed a connection in order with queries on it.
  | "stalled" // No response at all within the time-out.
  | "violations" // Too many responses that matched nothing.
  | "misanswered" // A response with our ID that is not for our question, or cannot be read.
  | "servfail"; // SERVFAIL, REFUSED or another RCODE that is no answer.

const REASONS = [
  "refused",
  "unreachable",
  "timed-out",
  "closed",
  "tls",
  "unauthenticated",
  "proxy",
  "reset",
  "ended",
  "stalled",
  "violations",
  "misanswered",
  "servfail",
] as const satisfies readonly FailureReason[];

export class ServerCounters {
  queries = 0;
  /** Sent again after the first sending came to nothing. */
  resent = 0;
  handshakesFull = 0;
  handshakesResumed = 0;
  /** Connections that were encrypted, but to a peer that did not prove its identity (opportunistic only). */
  unauthenticated = 0;
  /** Connections in clear (opportunistic, or the user's own `plain` servers). */
  clear = 0;
  /** BOUNDED: by the reasons there are. */
  readonly failures: Record<FailureReason, number> = zeros();
}

/** What is counted over all servers. */
export class UpstreamCounters {
  /** Questions shown to another operator than their own, because that one was down or could not answer. */
  shardFailovers = 0;
  /** Questions refused because too many were waiting. */
  overloaded = 0;
  connectionsOpened = 0;
  /** Queries sent in clear. */
  clearTextQueries = 0;
}

function zeros(): Record<FailureReason, number> {
  // Every reason is a key from the start, so that a counter is there, at 0, before its first event.
  return Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<FailureReason, number>;
}
