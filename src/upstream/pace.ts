/**
 * How much one address is given on one connection: how many queries at a time, how many in all, and which
 * connections are good for no more. Follows what was learned of the address (`habits.ts`) and how it behaved lately.
 *
 * Source: RFC 7766 §6.2.1, §6.2.3 (pipelining, closes by the server).
 */
import type { Instant } from "../ports/clock.ts";
import type { Connection } from "./connection.ts";
import { Habits } from "./habits.ts";
import { RecordReading } from "./records.ts";

/** Milliseconds a connection that spent its query limit must have stayed open before the limit is doubted. */
const LIMIT_DOUBT_MS = 100;
/** Milliseconds for which an address whose responses broke the rules comes after its replicas. */
const UNRULY_MS = 60_000;
/** Queries at a time on a connection to such an address, at least: so many are asked again when it breaks the rules. */
const CAUTION = 4;
/** Milliseconds for which connections start slowly, after one that took more than it answered. */
const SLOW_START_MS = 60_000;

export class Pace {
  readonly habits = new Habits();
  readonly records = new RecordReading();
  #unrulyUntil: Instant = Number.NEGATIVE_INFINITY;
  /** Answers the last connection gave that broke the rules too often. */
  #goodBeforeBad = 0;
  #slowUntil: Instant = Number.NEGATIVE_INFINITY;

  /** The address gave responses lately that matched no query. */
  isUnruly(now: Instant): boolean {
    return now < this.#unrulyUntil;
  }

  /** `connection` ended because its responses broke the rules. */
  brokeRules(connection: Connection, now: Instant): void {
    this.#unrulyUntil = now + UNRULY_MS;
    this.#goodBeforeBad = connection.answers;
  }

  /** A connection read no further, or was cut, with more open than it had answered. */
  wasTooMuch(now: Instant): void {
    this.#slowUntil = now + SLOW_START_MS;
  }

  /** Whether a query may be sent on `connection` now. `isTrial`: it has yet to show that the address is well again. */
  allows(connection: Connection, isTrial: boolean, now: Instant): boolean {
    if (connection.inFlight >= this.#mostInFlight(connection, isTrial, now)) return false;
    if (!this.#isSpent(connection, now)) return true;
    // If it lives on all the same, one query puts the limit to the test: no more than that can be lost.
    if (connection.inFlight > 0 || this.habits.isLimitConfirmed(now)) return false;
    return now - connection.lastAnswerAt >= LIMIT_DOUBT_MS;
  }

  /** Connections that are there, but good for nothing any more: they give way to new ones. */
  finished(connections: readonly Connection[], timeout: number, now: Instant): Connection[] {
    const isConfirmed = this.habits.isLimitConfirmed(now);
    return connections.filter((each) => {
      if (each.phase !== "open" || !this.#isSpent(each, now)) return false;
      if (each.inFlight === 0) return isConfirmed;
      return now - Math.max(each.lastAnswerAt, each.lastUsedAt) >= timeout;
    });
  }

  /** Whether `connection` takes no more queries, or ends at the next misanswer: its successor may be made meanwhile. */
  isOutgoing(connection: Connection, now: Instant): boolean {
    if (connection.phase !== "open") return false;
    if (connection.isOnProbation && this.isUnruly(now)) return true;
    return this.habits.isLimitConfirmed(now) && this.#isSpent(connection, now);
  }

  /** Another network. */
  forget(): void {
    this.habits.forget();
    this.records.forget();
    this.#unrulyUntil = this.#slowUntil = Number.NEGATIVE_INFINITY;
  }

  /**
   * Some servers read no further, or cut the connection, once they were given more than they like. Where that may
   * be so a connection starts slowly: one query, and with each answer one more at a time. One that misanswers is
   * given about what the last connection answered in all: more would be asked in vain, less would wait for handshakes.
   */
  #mostInFlight(connection: Connection, isTrial: boolean, now: Instant): number {
    if (this.habits.readsOneAtATime(now)) return 1;
    if (this.isUnruly(now)) return Math.max(this.#goodBeforeBad - connection.answers, CAUTION);
    // With the limit known, that is enough.
    const isSlow = now < this.#slowUntil && this.habits.queryLimit(now) === Number.POSITIVE_INFINITY;
    return isTrial || isSlow ? connection.answers + 1 : Number.POSITIVE_INFINITY;
  }

  /** All that the peer answers on one connection was sent there, as far as is known. */
  #isSpent(connection: Connection, now: Instant): boolean {
    return connection.sent >= this.habits.queryLimit(now);
  }
}
