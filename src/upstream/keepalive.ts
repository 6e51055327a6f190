/**
 * What a peer says about idle connections by edns-tcp-keepalive.
 *
 * Source: RFC 7828 §3.1 (TIMEOUT in units of 100 milliseconds), §3.2.2.
 */
import type { Message } from "../ports/message.ts";
import { OptionCode } from "../wire/codes.ts";
import { ednsOption } from "../wire/edns.ts";

const UNIT_MS = 100;
/**
 * Milliseconds. Longest time an idle connection is kept, whatever the peer allows (up to 6,553 s): the
 * translation tables of home routers forget a silent connection after minutes, and then it dies unseen.
 */
const MAX_KEEPALIVE_MS = 120_000;

/** Milliseconds the peer keeps an idle connection; 0: close it; `undefined`: it does not say. */
export function keepaliveOf(message: Message): number | undefined {
  const data = ednsOption(message, OptionCode.KEEPALIVE);
  if (data?.length !== 2) return undefined;
  return Math.min(((data[0]! << 8) | data[1]!) * UNIT_MS, MAX_KEEPALIVE_MS);
}
