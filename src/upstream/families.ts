/**
 * Which of IPv6 and IPv4 works here. A family that has failed several times in a row while the other one
 * opened connections is rested: its addresses come last for a while, so that a home with broken IPv6 does not
 * pay for it on every dial.
 *
 * Source: RFC 8305 §4 (IPv6 first), §9.1 (remember what works), FIELD experience of mixed lists.
 */
import type { Instant } from "../ports/clock.ts";

/** Failures in a row before a family is rested. */
const FAILURES_TO_REST = 3;
/** Milliseconds; doubled each time up to the longest. */
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 3_600_000;
/** Round trip, in milliseconds, at which an unmeasured address is ranked: before the measured, IPv6 first. */
const UNMEASURED = { ipv6: 0, ipv4: 1 };

interface Family {
  failures: number;
  rests: number;
  restsUntil: Instant;
  hasWorked: boolean;
}

export class Families {
  readonly #ipv4 = fresh();
  readonly #ipv6 = fresh();

  opened(isIpv6: boolean): void {
    const family = this.#of(isIpv6);
    family.hasWorked = true;
    family.failures = 0;
    family.rests = 0;
    family.restsUntil = Number.NEGATIVE_INFINITY;
  }

  /** A dial to an address of the family failed before the peer said anything. */
  failed(isIpv6: boolean, now: Instant): void {
    const family = this.#of(isIpv6);
    family.failures++;
    // With both dead it is not the family.
    if (family.failures < FAILURES_TO_REST || !this.#of(!isIpv6).hasWorked) return;
    family.failures = 0;
    family.restsUntil = now + Math.min(FIRST_REST_MS * 2 ** family.rests, LONGEST_REST_MS);
    family.rests++;
  }

  isResting(isIpv6: boolean, now: Instant): boolean {
    return now < this.#of(isIpv6).restsUntil;
  }

  unmeasured(isIpv6: boolean): number {
    return isIpv6 ? UNMEASURED.ipv6 : UNMEASURED.ipv4;
  }

  forget(): void {
    Object.assign(this.#ipv4, fresh());
    Object.assign(this.#ipv6, fresh());
  }

  #of(isIpv6: boolean): Family {
    return isIpv6 ? this.#ipv6 : this.#ipv4;
  }
}

function fresh(): Family {
  return { failures: 0, rests: 0, restsUntil: Number.NEGATIVE_INFINITY, hasWorked: false };
}
