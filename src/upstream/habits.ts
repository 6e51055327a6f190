/**
 * What was learned of how one address ends connections, so that we end them first or do not ask too much.
 *
 * - Idle limit: where no edns-tcp-keepalive tells it, the shortest idle time after which the peer closed.
 *   We then close after four fifths of it, so that no query crosses a close on the wire.
 * - Query limit: some servers close after a fixed number of responses, whatever is still outstanding. Two
 *   closes in a row after the same number, with queries lost both times, are taken as such a limit. A third
 *   makes it one to rely on, for a minute.
 *
 * - One query a record: some servers take one query out of a TLS record and leave the rest of it unread until
 *   they close. Two connections that were closed after such a silence make it a habit, for a minute.
 *
 * All are guesses, so all are forgotten: after an hour, on a change of network, or when seen to be wrong.
 *
 * Source: RFC 7766 §6.2.3 and RFC 7858 §3.4 (either side may close when idle); RFC 7828 §3.4.
 */
import type { Instant } from "../ports/clock.ts";

/** Share of an observed idle limit that we use. */
const UNDERCUT = 0.8;
/** Milliseconds. A close this soon after a response is not about idleness. */
const MIN_IDLE_LIMIT_MS = 500;
/** Milliseconds until what was learned has to be seen again. */
const MEMORY_MS = 3_600_000;
/** Milliseconds a confirmed query limit is relied on before one query puts it to the test. */
const TRUST_MS = 60_000;

/** Milliseconds without an answer, before a close, that are not the pace of answers. */
const STALL_MS = 500;
const STALLS_TO_BELIEVE = 2;

export class Habits {
  #idleLimit: number | undefined;
  #queryLimit: number | undefined;
  #lastCount: number | undefined;
  #confirmedAt: Instant = Number.NEGATIVE_INFINITY;
  #learnedAt: Instant = 0;
  #stalls = 0;
  #stalledAt: Instant = Number.NEGATIVE_INFINITY;

  /** Milliseconds after which to close an idle connection of which nothing better is known. */
  idleTimeout(configured: number, now: Instant): number {
    this.#expire(now);
    return Math.min(configured, this.#idleLimit ?? configured);
  }

  /** Most queries to send on one connection. */
  queryLimit(now: Instant): number {
    if (this.#queryLimit === undefined) return Number.POSITIVE_INFINITY;
    this.#expire(now);
    return this.#queryLimit ?? Number.POSITIVE_INFINITY;
  }

  /** Milliseconds the peer let a connection be idle before it closed it; `undefined` while unknown. */
  get observedIdleLimit(): number | undefined {
    return this.#idleLimit === undefined ? undefined : this.#idleLimit / UNDERCUT;
  }

  /** The peer closed a connection that had been idle for `milliseconds`. */
  closedIdle(milliseconds: number, now: Instant): void {
    if (milliseconds < MIN_IDLE_LIMIT_MS) return;
    this.#idleLimit = Math.min(this.#idleLimit ?? Number.POSITIVE_INFINITY, milliseconds * UNDERCUT);
    this.#learnedAt = now;
  }

  /** The peer closed a connection after `answers` responses, with queries outstanding. */
  closedBusy(answers: number, now: Instant): void {
    if (answers === this.#queryLimit) this.#confirmedAt = now;
    if (answers === this.#lastCount) {
      this.#queryLimit = answers;
      this.#learnedAt = now;
    }
    this.#lastCount = answers;
  }

  /** The peer closed a connection with queries outstanding, after `answers` responses and a silence. */
  closedSilent(answers: number, silence: number, now: Instant): void {
    if (silence < STALL_MS || answers === 0 || answers >= this.queryLimit(now)) return;
    if (now - this.#stalledAt >= TRUST_MS) this.#stalls = 0;
    this.#stalls++;
    this.#stalledAt = now;
  }

  /** Only one query may be outstanding at a time: what comes with it is not read. */
  readsOneAtATime(now: Instant): boolean {
    return this.#stalls >= STALLS_TO_BELIEVE && now - this.#stalledAt < TRUST_MS;
  }

  /** The limit was met again lately: a connection that has spent it is worth no more. */
  isLimitConfirmed(now: Instant): boolean {
    return now - this.#confirmedAt < TRUST_MS;
  }

  /** A connection lived on past the limit. */
  forgetQueryLimit(): void {
    this.#queryLimit = undefined;
    this.#lastCount = undefined;
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
  }

  forget(): void {
    this.forgetQueryLimit();
    this.#idleLimit = undefined;
    this.#stalls = 0;
  }

  #expire(now: Instant): void {
    if (now - this.#learnedAt > MEMORY_MS) this.forget();
  }
}
