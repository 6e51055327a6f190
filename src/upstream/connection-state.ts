/**
 * Life of one connection to one address of an upstream. Pure: no socket, no timer, no clock.
 *
 *   connecting  authenticated          -> open
 *   open        stalled                -> suspect    no new queries; a late response clears it
 *   suspect     answered               -> open
 *   open        goaway                 -> draining   no new queries; responses still come
 *   draining    drained                -> closed
 *   any         violated, third time   -> closed
 *   any         idle, ended, reset,
 *               failed, stopped        -> closed
 *
 * Queries in flight are counted by the ID table, not here: a state changes a few times in a connection's
 * life, a count changes twice per query. Whether an address may be dialled again is `address-health.ts`.
 *
 * Source: RFC 7766 §6.2 (reuse, close), RFC 7858 §3.4, RFC 7828 §3.4 (keepalive 0).
 */

/** Responses that match no query, before the peer is not believed any more. A misbehaving middlebox or
 * server shows at once; a single stray answer after a time-out is not worth a handshake. */
export const MAX_VIOLATIONS = 3;

export type ConnectionState =
  | { readonly phase: "connecting" }
  | { readonly phase: "open"; readonly proven: boolean; readonly violations: number }
  | { readonly phase: "suspect"; readonly proven: boolean; readonly violations: number }
  | { readonly phase: "draining"; readonly proven: boolean; readonly violations: number }
  | { readonly phase: "closed"; readonly proven: boolean; readonly why: ConnectionEnd };

export type ConnectionEvent =
  | "authenticated" // The channel is open and its peer is the one we were told to talk to.
  | "answered" // A response was matched to a query.
  | "violated" // A response that matches nothing, or that cannot be read.
  | "stalled" // No response at all within the time-out of a query.
  | "goaway" // Keepalive 0, the network changed, or the ID space is used up.
  | "drained" // The last query in flight has ended.
  | "idle" // No query in flight for the idle time-out.
  | "ended" // The peer closed in order.
  | "reset" // The peer, or something on the way, cut it.
  | "failed" // Dial failure, or silence for too long.
  | "stopped"; // We have no more use for it.

/** What closed a connection. */
export type ConnectionEnd = "drained" | "idle" | "ended" | "reset" | "failed" | "violations" | "stopped";

export const CONNECTING: ConnectionState = { phase: "connecting" };
const UNPROVEN: ConnectionState = { phase: "open", proven: false, violations: 0 };
const PROVEN: ConnectionState = { phase: "open", proven: true, violations: 0 };

/** The state after `event`; the same object when nothing changes. */
export function step(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (state.phase) {
    case "closed":
      return state;
    case "connecting":
      if (event === "authenticated") return UNPROVEN;
      return event === "failed" || event === "stopped" ? closed(state, event) : state;
    case "open":
    case "suspect":
    case "draining":
      return stepLive(state, event);
  }
}

type Live = Exclude<ConnectionState, { readonly phase: "connecting" | "closed" }>;

function stepLive(state: Live, event: ConnectionEvent): ConnectionState {
  switch (event) {
    case "authenticated":
      return state;
    case "answered":
      return answered(state);
    case "violated":
      return violated(state);
    case "stalled":
      return state.phase === "open" ? { ...state, phase: "suspect" } : state;
    case "goaway":
      return state.phase === "draining" ? state : { ...state, phase: "draining" };
    case "drained":
      return state.phase === "draining" ? closed(state, "drained") : state;
    case "idle":
    case "ended":
    case "reset":
    case "failed":
    case "stopped":
      return closed(state, event);
  }
}

function violated(state: Live): ConnectionState {
  const violations = state.violations + 1;
  return violations < MAX_VIOLATIONS ? { ...state, violations } : closed(state, "violations");
}

function answered(state: Live): ConnectionState {
  if (state.phase === "suspect") return { phase: "open", proven: true, violations: state.violations };
  if (state.proven) return state;
  return state.phase === "open" && state.violations === 0 ? PROVEN : { ...state, proven: true };
}

function closed(state: ConnectionState, why: ConnectionEnd): ConnectionState {
  return { phase: "closed", proven: "proven" in state && state.proven, why };
}
