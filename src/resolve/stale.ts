/** What stale data looks like, and when it is given in place of a response. Source: RFC 8767 §4. */
import { isConclusive, isData } from "../cache/entry.ts";
import type { ExtendedError, Response } from "../ports/exchange.ts";
import { InfoCode, Rcode } from "../wire/codes.ts";

/** TTL of stale data, in seconds: "RECOMMENDED to be 30 seconds" (RFC 8767 §4). */
export const STALE_TTL = 30;

const STALE: ExtendedError = { infoCode: InfoCode.STALE_ANSWER, text: "" };
const STALE_NXDOMAIN: ExtendedError = { infoCode: InfoCode.STALE_NXDOMAIN_ANSWER, text: "" };

export function staleErrorOf(rcode: number): ExtendedError {
  return rcode === Rcode.NXDOMAIN ? STALE_NXDOMAIN : STALE;
}

/**
 * Whether a client is given a response though stale data is at hand, which is for failures alone (RFC 8767 §4).
 * Bogus data is none to a client that set CD, and so judges for itself (RFC 4035 §3.2.2).
 */
export function isWanted(response: Response, checkingDisabled: boolean): boolean {
  if (response.isByRule === true) return true;
  return checkingDisabled ? isConclusive(response) : isData(response);
}
