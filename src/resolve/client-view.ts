/**
 * What a client is told for each fault: one table. RFC 8914 §4 defines the INFO-CODEs.
 *
 * 23 Network Error rather than 22: 22 speaks of authoritative servers, which a forwarder does not reach.
 */
import type { ExtendedError } from "../ports/exchange.ts";
import { ResolutionError, type ResolutionFault } from "../ports/fault.ts";
import { InfoCode, Rcode } from "../wire/codes.ts";

export interface ClientView {
  readonly rcode: number;
  readonly error: ExtendedError;
}

/** `satisfies` makes a new fault without a row a compile error. `docs/errors.md` is checked against this. */
export const CLIENT_VIEW = {
  "deadline-exceeded": view(InfoCode.NETWORK_ERROR, "no upstream answered in time"),
  "not-ready": view(InfoCode.NOT_READY, "still starting"),
  overloaded: view(InfoCode.OTHER, "too many queries in flight"),
  "upstream-unreachable": view(InfoCode.NETWORK_ERROR, "no upstream reachable"),
  "upstream-unauthenticated": view(InfoCode.NETWORK_ERROR, "no upstream could prove its identity"),
  "upstream-malformed": view(InfoCode.INVALID_DATA, "upstream sent malformed messages"),
  "work-exhausted": view(InfoCode.OTHER, "the answer would cost too much work"),
  stopped: view(InfoCode.NOT_READY, "stopping"),
} as const satisfies Record<ResolutionFault, ClientView>;

/** A bug in the process itself: told like a fault, logged as an error by the caller. */
export const INTERNAL_ERROR: ClientView = view(InfoCode.OTHER, "internal error");

export function viewOf(error: unknown): ClientView {
  return error instanceof ResolutionError ? CLIENT_VIEW[error.fault] : INTERNAL_ERROR;
}

function view(infoCode: number, text: string): ClientView {
  return { rcode: Rcode.SERVFAIL, error: { infoCode, text } };
}
