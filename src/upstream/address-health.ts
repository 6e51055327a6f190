/**
 * Whether one address of an upstream may be given queries. Pure: no socket, no timer, no clock.
 *
 *   untried  answered        -> up
 *   untried  failed          -> down (retryAt)
 *   up       failed          -> down (retryAt)
 *   down     failed          -> down (later retryAt, doubled)
 *   down     answered        -> up
 *   any      reset           -> untried     the machine slept, or the network changed
 *
 * An address that is down is probed with a query of our own once `retryAt` has come, so no client pays for
 * finding out; where nothing else is up it is dialled at once all the same (`replicas.ts`), so that no
 * backoff can leave a household without DNS.
 *
 * Source: RFC 7766 §6.2.2 ("clients ... fall back"), RFC 9520 §3.2 (backoff of retries).
 */
import type { Instant } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** Milliseconds before the second try. */
export const FIRST_BACKOFF_MS = 250;
/** Milliseconds. Stubby's 3,600 s is what makes people restart it. */
export const MAX_BACKOFF_MS = 30_000;

export type AddressHealth =
  | { readonly phase: "untried" }
  | { readonly phase: "up" }
  | { readonly phase: "down"; readonly failures: number; readonly retryAt: Instant };

export type HealthEvent = "answered" | "failed" | "reset";

export const UNTRIED: AddressHealth = { phase: "untried" };
const UP: AddressHealth = { phase: "up" };

/** The health after `event`; the same object when nothing changes. */
export function healthAfter(
  health: AddressHealth,
  event: HealthEvent,
  now: Instant,
  random: Random,
): AddressHealth {
  switch (event) {
    case "answered":
      return UP;
    case "reset":
      return UNTRIED;
    case "failed": {
      const failures = health.phase === "down" ? health.failures + 1 : 1;
      return { phase: "down", failures, retryAt: now + backoffAfter(failures, random) };
    }
  }
}

/** Doubles, with up to a quarter taken off: many stubs behind one router must not come back in step. */
export function backoffAfter(failures: number, random: Random): number {
  const full = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 16), MAX_BACKOFF_MS);
  return full - (full / 4) * (random.below(1_000) / 1_000);
}
