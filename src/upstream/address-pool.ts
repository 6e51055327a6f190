/**
 * The connections to one address of a server, and the queries that wait for one of them. Dials when a query
 * needs it, keeps a spare to an address in use, and learns how the peer ends connections.
 *
 * Source: RFC 7858 §3.4, RFC 7766 §6.2.1, §6.2.2.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { ChannelInfo, DialFailure, Dialer } from "../ports/dialer.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Class, Type } from "../wire/codes.ts";
import { ROOT } from "../wire/names.ts";
import { type AddressHealth, healthAfter, UNTRIED } from "./address-health.ts";
import type { Attempt, Carrier } from "./attempt.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { ConnectionEnd } from "./connection-state.ts";
import type { FailureReason } from "./counters.ts";
import { Habits } from "./habits.ts";
import type { AddressAndPort } from "./options.ts";
import { MAX_TIMEOUT_MS, RoundTrip } from "./round-trip.ts";
import type { Server } from "./server.ts";
import type { Turn } from "./turn.ts";

/** A query that waits for a connection to this address. */
export interface Applicant {
  /** The connection is usable now: send, or ask for another. */
  connected(connection: Connection, pool: AddressPool): void;
  /** No connection came to be. */
  refused(pool: AddressPool, failure: DialFailure): void;
}

/** Whom to dial. */
export interface Target {
  readonly server: Server;
  readonly address: AddressAndPort;
}

export interface AddressPoolOptions {
  readonly maxConnections: number;
  readonly idleTimeout: number;
}

export interface AddressPoolDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly turn: Turn;
  readonly dialer: Dialer<Target>;
  /** The message that asks `PROBE_QUESTION`. */
  readonly encodeProbe: (server: Server) => Uint8Array;
  /** Told of each connection that opened, for those who wait for any. */
  readonly onOpened: () => void;
}

/** Queries on one connection before the next one is used: a turn's queries then leave in one record. */
const CROWDED = 32;
/** Milliseconds after a failed dial in which nobody dials again, however many wait. */
const LEAST_REDIAL_DELAY = 100;
/** Milliseconds without demand after which a dead address is no longer probed. */
const DEMAND_MEMORY = 60_000;

/** The name servers of the root: known to every resolver, and telling nothing of whoever asks. */
export const PROBE_QUESTION: Question = { qname: ROOT, qtype: Type.NS, qclass: Class.IN };

export class AddressPool implements ConnectionOwner {
  readonly target: Target;
  readonly server: Server;
  readonly roundTrip = new RoundTrip();
  readonly habits = new Habits();
  readonly #options: AddressPoolOptions;
  readonly #deps: AddressPoolDeps;
  /** BOUNDED: by `maxConnections`, and as many that drain. */
  #connections: Connection[] = [];
  /** BOUNDED: by the queries in flight. */
  readonly #applicants = new Set<Applicant>();
  #health: AddressHealth = UNTRIED;
  #lastFailure: DialFailure | undefined;
  #failedAt: Instant = Number.NEGATIVE_INFINITY;
  #demandedAt: Instant = Number.NEGATIVE_INFINITY;
  #cancelProbe: (() => void) | undefined;
  #isClosed = false;

  constructor(target: Target, options: AddressPoolOptions, deps: AddressPoolDeps) {
    this.target = target;
    this.server = target.server;
    this.#options = options;
    this.#deps = deps;
  }

  get health(): AddressHealth["phase"] {
    return this.#health.phase;
  }

  /** Why the last dial failed. */
  get lastFailure(): DialFailure | undefined {
    return this.#lastFailure;
  }

  get connections(): readonly Connection[] {
    return this.#connections;
  }

  /** A connection that takes a query now, other than `avoid`. */
  usable(avoid?: Carrier): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of [...this.#connections]) {
      if (connection === avoid || !this.#takes(connection)) continue;
      if (best === undefined || connection.inFlight + CROWDED <= best.inFlight) best = connection;
    }
    if (best !== undefined && best.inFlight >= CROWDED) this.#dialMore();
    return best;
  }

  /**
   * Puts `applicant` in the line for the next connection, and dials where that helps.
   * @returns false where it does not: the last dial failed a moment ago.
   */
  apply(applicant: Applicant): boolean {
    const now = this.#deps.clock.now();
    this.#demandedAt = now;
    if (!this.#isDialling() && this.#live() < this.#options.maxConnections) {
      if (now - this.#failedAt < LEAST_REDIAL_DELAY || this.#isClosed) return false;
      this.#dial();
    }
    this.#applicants.add(applicant);
    return true;
  }

  /** Lets the present connections drain: what is asked from now on goes over a fresh one. */
  renew(): void {
    for (const connection of this.#connections) if (connection.phase === "open") connection.retire();
  }

  /** Somebody would have asked here, were it not down: it stays worth a probe. */
  want(): void {
    this.#demandedAt = this.#deps.clock.now();
    if (this.#cancelProbe === undefined && this.#connections.length === 0) this.#probeLater(this.#demandedAt);
  }

  /** A query has waited its time-out on `connection` without any response having come. */
  doubt(connection: Carrier, now: Instant): void {
    if (connection.phase === "suspect") return;
    connection.stall();
    this.server.counters.failures.stalled++;
    if (this.#connections.some((other) => other.isUsable && other.lastAnswerAt > connection.lastAnswerAt))
      return;
    this.#health = healthAfter(this.#health, "failed", now, this.#deps.random);
    this.#probeLater(now);
  }

  withdraw(applicant: Applicant): void {
    this.#applicants.delete(applicant);
  }

  /** Forgets backoff and habits, and lets go of connections: the network may be another now. */
  reset(): void {
    this.#health = healthAfter(this.#health, "reset", this.#deps.clock.now(), this.#deps.random);
    this.#failedAt = Number.NEGATIVE_INFINITY;
    this.habits.forget();
    this.roundTrip.forget();
    for (const connection of [...this.#connections]) connection.fail();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelProbe?.();
    for (const connection of [...this.#connections]) connection.fail();
  }

  opened(connection: Connection, info: ChannelInfo): void {
    const { counters } = this.server;
    if (info.encrypted) {
      if (info.resumed) counters.handshakesResumed++;
      else counters.handshakesFull++;
      if (!info.authenticated) counters.unauthenticated++;
    } else counters.clear++;
    this.#deps.onOpened();
    if (this.#health.phase === "down" && this.#applicants.size === 0) this.#probe(connection);
    this.#admit(connection);
  }

  answered(connection: Connection, attempt: Attempt, now: Instant): void {
    const took = now - attempt.sentAt;
    this.roundTrip.add(took);
    this.server.durations?.observe(took / 1_000);
    if (this.#health.phase !== "up")
      this.#health = healthAfter(this.#health, "answered", now, this.#deps.random);
    if (connection.sent === 1) this.#prewarm();
  }

  relieved(connection: Connection): void {
    this.#admit(connection);
  }

  ended(
    connection: Connection,
    end: ConnectionEnd,
    failure: DialFailure | undefined,
    unanswered: number,
  ): void {
    this.#connections = this.#connections.filter((other) => other !== connection);
    const now = this.#deps.clock.now();
    this.#learn(connection, end, unanswered, now);
    if (failure !== undefined) this.#dialFailed(failure, now);
    else if (!connection.isProven && end !== "idle" && end !== "drained") {
      // Accepted, then gone without one answer: as good as a refusal, or we would dial in a loop.
      this.#dialFailed({ fault: "closed", detail: "the connection ended before any answer" }, now);
    } else if (this.#applicants.size > 0 && !this.#isDialling()) this.#dial();
  }

  #admit(connection: Connection): void {
    for (const applicant of [...this.#applicants]) {
      if (!this.#takes(connection)) break;
      this.#applicants.delete(applicant);
      applicant.connected(connection, this);
    }
    // The rest waits for the next connection.
    if (this.#applicants.size > 0) this.#dialMore();
  }

  /** Whether `connection` takes one more query. One that has had what its peer allows is let go. */
  #takes(connection: Connection): boolean {
    if (!connection.isUsable) return false;
    if (connection.sent < this.habits.queryLimit(this.#deps.clock.now())) return true;
    connection.retire();
    return false;
  }

  #dialMore(): void {
    if (this.#live() < this.#options.maxConnections && !this.#isDialling() && this.#health.phase !== "down")
      this.#dial();
  }

  /** One spare to an address in use: a close then costs no handshake. */
  #prewarm(): void {
    if (this.#connections.length === 1) this.#dialMore();
  }

  /** Connections that take queries, or soon will. */
  #live(): number {
    return this.#connections.filter(({ phase }) => phase === "open" || phase === "connecting").length;
  }

  #isDialling(): boolean {
    return this.#connections.some(({ phase }) => phase === "connecting");
  }

  #dial(): void {
    if (this.#isClosed) return;
    const { clock, random, turn, dialer } = this.#deps;
    this.#connections.push(
      new Connection({
        clock,
        random,
        turn,
        owner: this,
        dial: (events) => dialer.dial(this.target, events),
        idleTimeout: this.habits.idleTimeout(this.#options.idleTimeout, clock.now()),
      }),
    );
  }

  #dialFailed(failure: DialFailure, now: Instant): void {
    this.server.counters.failures[failure.fault === "aborted" ? "closed" : failure.fault]++;
    this.#failedAt = now;
    // A connection that works says more of the address than a spare that could not be had.
    if (this.#connections.some(({ phase, isProven }) => phase === "open" && isProven)) return;
    const isNews = this.#health.phase !== "down" || this.#lastFailure?.detail !== failure.detail;
    this.#lastFailure = failure;
    this.#health = healthAfter(this.#health, "failed", now, this.#deps.random);
    if (isNews && !this.#isClosed) {
      const { name } = this.server.options;
      this.#deps.log.warn(
        { upstream: name, fault: failure.fault, detail: failure.detail },
        "upstream connection failed",
      );
    }
    const refused = [...this.#applicants];
    this.#applicants.clear();
    for (const applicant of refused) applicant.refused(this, failure);
    this.#probeLater(now);
  }

  /** While somebody has lately wanted this address, it is tried again without waiting for the next query. */
  #probeLater(now: Instant): void {
    if (this.#health.phase !== "down" || this.#isClosed) return;
    this.#cancelProbe?.();
    this.#cancelProbe = this.#deps.clock.after(Math.max(1, this.#health.retryAt - now), () => {
      this.#cancelProbe = undefined;
      const isWanted = this.#deps.clock.now() - this.#demandedAt < DEMAND_MEMORY;
      if (isWanted && this.#live() === 0) this.#dial();
    });
  }

  /** Asks what everybody knows, so that no client pays for finding out whether the address answers again. */
  #probe(connection: Connection): void {
    const { clock } = this.#deps;
    const cancel = clock.after(MAX_TIMEOUT_MS, () => {
      connection.fail();
    });
    const waiter = { question: PROBE_QUESTION, answered: cancel, lost: cancel };
    connection.send(waiter, this.#deps.encodeProbe(this.server), clock.now());
  }

  #learn(connection: Connection, end: ConnectionEnd, unanswered: number, now: Instant): void {
    const { counters } = this.server;
    const reason = REASON_OF_END[end];
    if (reason !== undefined && connection.openedAt !== undefined && unanswered > 0)
      counters.failures[reason]++;
    if (end !== "ended" && end !== "failed") return;
    if (unanswered > 0) this.habits.closedBusy(connection.answers, now);
    else if (connection.isProven) this.habits.closedIdle(now - connection.lastUsedAt, now);
  }
}

const REASON_OF_END: Partial<Record<ConnectionEnd, FailureReason>> = {
  ended: "ended",
  failed: "reset",
  violations: "violations",
};
