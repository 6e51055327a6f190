/** Responses that answer nothing, and what clients are told of them, validated or not. */
import type { Response } from "../ports/exchange.ts";
import { Rcode } from "../wire/codes.ts";
import { failureErrors } from "./reasons.ts";

/** Whether a response is no answer at all; YXDOMAIN is one, proven by its DNAME (RFC 6672 §2.2). */
export function isFailure({ rcode }: Pick<Response, "rcode">): boolean {
  return rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN && rcode !== Rcode.YXDOMAIN;
}

/**
 * SERVFAIL, whatever the upstream said: FORMERR or BADVERS would speak of the client's own query, which the upstream never
 * saw. What it is made from is told beside it (RFC 8914).
 */
export function asFailure(response: Response): Response {
  return { ...response, rcode: Rcode.SERVFAIL, answer: [], authority: [], errors: failureErrors(response) };
}
