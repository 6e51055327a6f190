/**
 * Addresses that are interchangeable for a query (the servers of one operator, or one server), and the queries
 * that wait for a connection to any of them.
 *
 * Dials in the manner of RFC 8305: the preferred address first, the next a quarter of a second later, whoever
 * is authenticated first is used. With every address in backoff the best is dialled all the same while a
 * query waits: no state may leave a household without DNS.
 *
 * Source: RFC 8305 §4, §5; RFC 7766 §6.2; RFC 7858 §3.4.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { DialFailure } from "../ports/dialer.ts";
import type { Address, AddressOwner } from "./address.ts";
import type { Carrier, Destination, Picky } from "./attempt.ts";
import type { Connection } from "./connection.ts";
import type { Families } from "./families.ts";

/** A query that waits for a connection. */
export interface Applicant extends Picky {
  /** Whether it would refuse any connection there. */
  avoids(address: Destination): boolean;
  /** Sent on `connection`; no longer waits. */
  sendOn(carrier: Carrier, now: Instant): void;
}

export interface ReplicasDeps {
  readonly clock: Clock;
  readonly families: Families;
  /** In clear: for when nothing encrypted answers (opportunistic profile). */
  readonly isClear?: boolean;
  /** Addresses are still being looked up. */
  readonly isPending?: () => boolean;
}

/** Milliseconds before the next address is tried beside the first: RFC 8305 §5, Connection Attempt Delay. */
const ATTEMPT_DELAY_MS = 250;
/** Milliseconds without any response, with queries waiting for one, after which an operator counts as down. */
export const PATIENCE_MS = 1_000;
/** Milliseconds without any response after which a free choice of servers falls on another. */
export const DOUBT_MS = 250;
/** Milliseconds after which a dial that is still under way no longer holds up another to the same address: after
 * an outage the kernel's next SYN may be seconds away. */
const STALE_DIAL_MS = 500;
/** Dials to one address at a time while everything seems dead. */
const MAX_DIALS = 6;
/** Milliseconds after which trouble that nothing has confirmed since is forgotten: longer than any backoff, which is
 * when addresses that are down are looked at. */
const TROUBLE_MEMORY_MS = 45_000;
/** Milliseconds between two looks at the connections that are seldom used. */
const WARM_INTERVAL_MS = 1_000;
/** Milliseconds between two rankings of the addresses by round trip. */
const RANK_INTERVAL_MS = 1_000;
/** Part of its round trip at which a preferred address is entered: another must be clearly better. */
const LOYALTY = 0.7;
/** Queries sent on a connection that is alone, before a spare is made: a single lookup is not worth one. */
const USED_ENOUGH = 3;

export class Replicas implements AddressOwner {
  readonly label: string;
  readonly #deps: ReplicasDeps;
  /** In the order of the configuration. */
  #addresses: readonly Address[] = [];
  /** Best first. */
  #ranked: readonly Address[] = [];
  #rankedAt: Instant = Number.NEGATIVE_INFINITY;
  /** Where the last query went. */
  #favourite: Address | undefined;
  /** BOUNDED: by `maxInFlight`. */
  readonly #waiting = new Set<Applicant>();
  #warmedAt: Instant = Number.NEGATIVE_INFINITY;
  #usedAt: Instant = Number.NEGATIVE_INFINITY;
  #cancelDemand: (() => void) | undefined;
  /** Since when responses are wanted and none comes. */
  #troubledSince: Instant | undefined;
  #troubleSeenAt: Instant = Number.NEGATIVE_INFINITY;
  #heardAt: Instant = Number.NEGATIVE_INFINITY;
  #soundedAt: Instant = Number.NEGATIVE_INFINITY;
  /** When a response last came after there had been trouble: what was asked before is likely lost. */
  recoveredAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(label: string, deps: ReplicasDeps) {
    this.label = label;
    this.#deps = deps;
  }

  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** Takes the place of the addresses there were; those not in the new ones are to be closed by the caller. */
  setAddresses(addresses: readonly Address[]): void {
    this.#addresses = addresses;
    this.#rankedAt = Number.NEGATIVE_INFINITY;
    if (this.#waiting.size > 0) this.#demand(this.#deps.clock.now());
  }

  /** The connection to send on now; `undefined` where there is none (then `wait`). */
  pick(now: Instant, picky: Picky | undefined): Connection | undefined {
    if (now - this.#rankedAt >= RANK_INTERVAL_MS) this.#rank(now);
    this.#usedAt = now;
    if (now - this.#warmedAt >= WARM_INTERVAL_MS) {
      this.#warmedAt = now;
      this.#prewarm(now);
      const neglected = this.#neglected(now, picky);
      if (neglected !== undefined) return neglected;
    }
    let lastResort: Connection | undefined;
    for (const address of this.#ranked) {
      const connection = address.best(now, picky);
      if (connection === undefined) continue;
      if (!address.isDown) {
        this.#favourite = address;
        return connection;
      }
      lastResort ??= connection;
    }
    return lastResort;
  }

  /** Whether there may be one more connection. */
  mayDial(now: Instant): boolean {
    return this.#addresses.some((address) => address.mayDial(now));
  }

  /** Sends `applicant` as soon as there is a connection it does not refuse. */
  wait(applicant: Applicant, now: Instant): void {
    this.#waiting.add(applicant);
    // One that refuses what others would take says nothing of the operator.
    if (this.pick(now, undefined) === undefined) this.#confirmTrouble(now, now);
    this.#demand(now);
  }

  leave(applicant: Applicant): void {
    this.#waiting.delete(applicant);
  }

  /** Nothing came since `since` on a connection where something should have. */
  trouble(since: Instant, now: Instant): void {
    if (this.#heardAt <= since) this.#confirmTrouble(since, now);
  }

  /** A query has been sent as often as it may be: finds out with questions of our own when that has sense again. */
  sound(now: Instant): void {
    if (now - this.#soundedAt < ATTEMPT_DELAY_MS) return;
    this.#soundedAt = now;
    for (const address of this.#addresses) address.sound(now);
  }

  /** No answer from any replica for about a second, though asked. */
  isDown(now: Instant): boolean {
    const since = this.#trouble(now);
    return since !== undefined && now - since >= PATIENCE_MS;
  }

  /** Tried, and in vain: nobody answers for about a second, or each has said no. */
  isCutOff(now: Instant): boolean {
    return this.isDown(now) || (this.#addresses.length > 0 && this.hasFailed);
  }

  /** When a response last came from any of them. */
  get heardAt(): Instant {
    return this.#heardAt;
  }

  /** Reason enough to ask elsewhere, where that gives nothing away. */
  isDoubtful(now: Instant): boolean {
    const since = this.#trouble(now);
    if (since === undefined) return false;
    return now - since >= DOUBT_MS || this.#addresses.every((address) => address.isDown);
  }

  /** Milliseconds: the smallest of the smoothed round trips; 0 before anything was measured, so that it is. */
  get roundTrip(): number {
    let best = Number.POSITIVE_INFINITY;
    for (const address of this.#addresses) {
      if (!address.isDown) best = Math.min(best, address.roundTrip.smoothed ?? 0);
    }
    return best;
  }

  get isClear(): boolean {
    return this.#deps.isClear === true;
  }

  /** Every address has said no, and nothing is under way. */
  get hasFailed(): boolean {
    if (this.#deps.isPending?.() === true) return false;
    return this.#addresses.every((address) => address.isDown && address.dialling === 0);
  }

  /** The query will be answered by others now: what is silent here has failed. */
  giveUp(now: Instant): void {
    for (const address of this.#addresses) {
      if (address.best(now, undefined) === undefined) address.giveUp(now);
    }
  }

  /** Every address is there, but none could prove to be who it should be; one of them was seen since then. */
  isAllStrangers(since: Instant): boolean {
    return (
      this.#addresses.length > 0 &&
      this.#addresses.every(({ lastFailure }) => lastFailure?.fault === "unauthenticated") &&
      this.#addresses.some(({ lastFailureAt }) => lastFailureAt >= since)
    );
  }

  /** Tries the addresses whose backoff is over, for nobody in particular; when it is urgent the best of all. */
  tend(now: Instant, isUrgent: boolean): void {
    for (const address of this.#addresses) {
      if (address.isDown && address.dialling === 0 && address.mayDial(now)) address.dial(now);
    }
    if (isUrgent && this.isDown(now)) this.#desperate(now)?.dial(now);
  }

  /** Queries were sent here within the last `milliseconds`. */
  isInUse(now: Instant, milliseconds: number): boolean {
    return now - this.#usedAt <= milliseconds;
  }

  opened(address: Address, now: Instant): void {
    this.#deps.families.opened(address.isIpv6);
    // The first to open has earned the time to answer; one that only ever opens has not.
    const isFirst = address.health.phase === "untried" && !address.isSilent;
    if (isFirst && this.#troubledSince !== undefined) this.#troubledSince = now;
    this.#serve(now);
  }

  heard(now: Instant): void {
    this.#heardAt = now;
    if (this.#troubledSince !== undefined) this.recoveredAt = now;
    this.#troubledSince = undefined;
    if (this.#waiting.size === 0) return;
    this.#serve(now);
    // It may have been the last that its connection had to give.
    if (this.#waiting.size > 0) this.#demand(now);
  }

  relieved(now: Instant): void {
    this.#serve(now);
  }

  ended(address: Address, now: Instant, failure: DialFailure | undefined): void {
    this.#rankedAt = Number.NEGATIVE_INFINITY;
    if (failure !== undefined) {
      if (isAboutThePath(failure)) this.#deps.families.failed(address.isIpv6, now);
      if (this.#troubledSince !== undefined) this.#troubleSeenAt = now;
    }
    if (this.#waiting.size > 0) this.#demand(now);
  }

  reset(): void {
    this.#troubledSince = undefined;
    this.#rankedAt = Number.NEGATIVE_INFINITY;
  }

  close(): void {
    this.#cancelDemand?.();
    this.#cancelDemand = undefined;
  }

  /** Lets go of those that wait, as far as there are connections for them. */
  #serve(now: Instant): void {
    for (const applicant of this.#waiting) {
      const connection = this.pick(now, applicant);
      if (connection === undefined) {
        if (this.pick(now, undefined) === undefined) return;
        continue;
      }
      this.#waiting.delete(applicant);
      applicant.sendOn(connection, now);
    }
  }

  /** Queries wait: makes the connection that helps them soonest, and looks again until none waits. */
  #demand(now: Instant): void {
    if (now - this.#rankedAt >= RANK_INTERVAL_MS) this.#rank(now);
    this.#nextToDial(now)?.dial(now);
    this.#cancelDemand ??= this.#deps.clock.after(ATTEMPT_DELAY_MS, () => {
      this.#cancelDemand = undefined;
      const then = this.#deps.clock.now();
      this.#serve(then);
      if (this.#waiting.size > 0) this.#demand(then);
    });
  }

  #nextToDial(now: Instant): Address | undefined {
    let isDialling = false;
    for (const address of this.#ranked) {
      if (!this.#isWanted(address)) continue;
      const { dialling } = address;
      const isFresh = dialling > 0 && now - address.lastDialAt < ATTEMPT_DELAY_MS;
      if (address.mayDial(now) && dialling < this.#waiting.size) {
        // One known to answer may get all its connections at once; another gets its turn.
        if (dialling === 0 || address.health.phase === "up") return address;
      }
      if (isFresh) return undefined;
      isDialling ||= dialling > 0 && now - address.lastDialAt < STALE_DIAL_MS;
    }
    return isDialling ? undefined : this.#desperate(now);
  }

  /** At least one of those that wait would be sent there. */
  #isWanted(address: Address): boolean {
    for (const applicant of this.#waiting) if (!applicant.avoids(address)) return true;
    return false;
  }

  /** Nothing may be dialled by the rules, and nothing is under way that promises much. */
  #desperate(now: Instant): Address | undefined {
    let best: Address | undefined;
    for (const address of this.#ranked) {
      if (address.open > 0 || address.dialling >= MAX_DIALS || now - address.lastDialAt < ATTEMPT_DELAY_MS)
        continue;
      if (best === undefined || address.lastDialAt < best.lastDialAt) best = address;
    }
    return best;
  }

  /** One spare connection to a server in use, so that losing one costs no handshake: to another address if there is one. */
  #prewarm(now: Instant): void {
    let open = 0;
    let sent = 0;
    for (const address of this.#ranked) {
      open += address.open + address.dialling;
      for (const connection of address.connections) sent = Math.max(sent, connection.sent);
    }
    if (open !== 1 || sent < USED_ENOUGH) return;
    const may = this.#ranked.filter((address) => !address.isDown && address.mayDial(now));
    (may.find((address) => address.open === 0) ?? may[0])?.dial(now);
  }

  /** A connection that would soon close for want of use: one query now and then keeps the spare alive. */
  #neglected(now: Instant, picky: Picky | undefined): Connection | undefined {
    for (const address of this.#ranked) {
      if (address.isDown) continue;
      for (const connection of address.connections) {
        if (!connection.isNeglected(now) || picky?.refuses(connection) === true) continue;
        if (address.takes(connection, now)) return connection;
      }
    }
    return undefined;
  }

  #confirmTrouble(since: Instant, now: Instant): void {
    if (this.#trouble(now) === undefined) this.#troubledSince = since;
    this.#troubleSeenAt = now;
  }

  /** Since when there is trouble; `undefined` where there is none, or none that was seen lately. */
  #trouble(now: Instant): Instant | undefined {
    if (now - this.#troubleSeenAt > TROUBLE_MEMORY_MS) this.#troubledSince = undefined;
    return this.#troubledSince;
  }

  #rank(now: Instant): void {
    const { families } = this.#deps;
    const cost = (address: Address): number => {
      const health = address.isDown ? 4e6 : address.isUnruly(now) ? 2e6 : 0;
      const rest = families.isResting(address.isIpv6, now) ? 1e6 : 0;
      const trip = address.roundTrip.smoothed ?? families.unmeasured(address.isIpv6);
      return health + rest + trip * (address === this.#favourite ? LOYALTY : 1);
    };
    const costs = new Map(this.#addresses.map((address) => [address, cost(address)]));
    this.#ranked = [...this.#addresses].sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0));
    this.#rankedAt = now;
  }
}

/** Faults that say something of the way there, not of who sits at its end. */
function isAboutThePath({ fault }: DialFailure): boolean {
  return fault === "unreachable" || fault === "timed-out";
}
