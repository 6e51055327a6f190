/**
 * One address of a server: its connections, its health, and what was learned of how it behaves. Dials when
 * told to, says which connection is best, and puts an address that was down to the proof with a query of our
 * own before clients' queries go there.
 *
 * It does not know other addresses and keeps no queue: that is `replicas.ts`.
 *
 * Source: RFC 7766 §6.2, RFC 7858 §3.4.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { ChannelInfo, DialFailure, Dialer } from "../ports/dialer.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Class, Type } from "../wire/codes.ts";
import { ROOT } from "../wire/names.ts";
import { type AddressHealth, healthAfter, type HealthEvent, UNTRIED } from "./address-health.ts";
import type { Attempt, Carrier, Picky } from "./attempt.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { ConnectionEnd } from "./connection-state.ts";
import type { FailureReason, UpstreamCounters } from "./counters.ts";
import type { DialTarget } from "./dial-target.ts";
import type { Habits } from "./habits.ts";
import { Pace } from "./pace.ts";
import { RoundTrip } from "./round-trip.ts";
import type { EncodeFor, Server } from "./server.ts";
import type { Turn } from "./turn.ts";

/** What the rest of a set of replicas is told. */
export interface AddressOwner {
  opened(address: Address, now: Instant): void;
  /** A response came: the operator is alive. */
  heard(now: Instant): void;
  relieved(now: Instant): void;
  /** A connection ended, or (with `failure`) could not be made. */
  ended(address: Address, now: Instant, failure: DialFailure | undefined): void;
}

export interface AddressDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly turn: Turn;
  readonly dialer: Dialer<DialTarget>;
  readonly encode: EncodeFor;
  readonly counters: UpstreamCounters;
  /** Most connections to one address. */
  readonly connections: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
}

/** Queries more in flight on one connection than on the other, before the other is taken: below that, a
 * burst is cheaper in one record. */
const CROWDED = 32;
/** Milliseconds to make do with the connections there are, after one more could not be made. */
const SPARE_DELAY_MS = 1_000;
const MISANSWERS = "its responses did not match our queries";
/** Asks nothing that anybody could learn from, and every resolver knows the answer. */
const PROBE: Question = { qname: ROOT, qtype: Type.NS, qclass: Class.IN };

export class Address implements ConnectionOwner {
  readonly server: Server;
  readonly target: DialTarget;
  readonly roundTrip = new RoundTrip();
  readonly #deps: AddressDeps;
  readonly #owner: AddressOwner;
  readonly #pace = new Pace();
  /** BOUNDED: by `mayDial` and `mayDialOnceMore`, and what still drains. */
  #connections: Connection[] = [];
  #health: AddressHealth = UNTRIED;
  #isClosed = false;
  /** Milliseconds, as the peer last said. */
  #keepalive: number | undefined;
  #noSpareBefore: Instant = Number.NEGATIVE_INFINITY;
  lastFailure: DialFailure | undefined;
  lastFailureAt: Instant = Number.NEGATIVE_INFINITY;
  lastDialAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(server: Server, target: DialTarget, owner: AddressOwner, deps: AddressDeps) {
    this.server = server;
    this.target = target;
    this.#owner = owner;
    this.#deps = deps;
  }

  get habits(): Habits {
    return this.#pace.habits;
  }

  get isEncrypted(): boolean {
    return this.target.identity !== undefined;
  }

  get health(): AddressHealth {
    return this.#health;
  }

  get isDown(): boolean {
    return this.#health.phase === "down";
  }

  /** Gave responses lately that matched no query. */
  isUnruly(now: Instant): boolean {
    return this.#pace.isUnruly(now);
  }

  get connections(): readonly Connection[] {
    return this.#connections;
  }

  get keepalive(): number | undefined {
    return this.#keepalive;
  }

  get isIpv6(): boolean {
    return this.target.address.includes(":");
  }

  /** The connection to send the next query on, if there is one that `picky` allows. */
  best(now: Instant, picky: Picky | undefined): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.#connections) {
      if (!this.takes(connection, now) || picky?.refuses(connection) === true) continue;
      if (best === undefined || connection.inFlight + CROWDED <= best.inFlight) best = connection;
    }
    return best;
  }

  /** Whether a query may be sent on `connection` now. */
  takes(connection: Connection, now: Instant): boolean {
    return connection.isUsable && this.#pace.allows(connection, this.isDown, now);
  }

  /** Connections being made. */
  get dialling(): number {
    return this.#count("connecting");
  }

  /** A connection is there that owes its answers. */
  get isSilent(): boolean {
    return this.#count("suspect") > 0;
  }

  /** Connections that take queries, perhaps not just now. */
  get open(): number {
    return this.#count("open");
  }

  /** Whether another connection may be made now: within the limit, and not in backoff. */
  mayDial(now: Instant): boolean {
    if (this.#isClosed) return false;
    const { connections } = this.#deps;
    const finished = this.#finished(now);
    const held = this.open + this.dialling - finished.length;
    if (held >= 2 * connections || held - this.#outgoing(now, finished) >= connections) return false;
    return this.#health.phase === "down" ? now >= this.#health.retryAt : now >= this.#noSpareBefore;
  }

  dial(now: Instant): void {
    const { clock, random, turn, dialer, idleTimeout } = this.#deps;
    if (this.#isClosed) return;
    this.lastDialAt = now;
    this.#pace.records.expire(now);
    const longestIdle = this.habits.idleTimeout(Number.POSITIVE_INFINITY, now);
    this.#connections.push(
      new Connection({
        clock,
        random,
        turn,
        owner: this,
        dial: (events) => dialer.dial(this.target, events),
        idleTimeout: Math.min(this.#keepalive ?? idleTimeout, longestIdle),
        longestIdle,
        records: this.#pace.records,
      }),
    );
    for (const finished of this.#finished(now)) finished.retire();
  }

  /**
   * A query waited its time-out and nothing came meanwhile: no new ones there, and its end if that goes on. A
   * question of our own tells a connection that is dead from a name that takes its time.
   */
  doubt(carrier: Carrier, sentAt: Instant): void {
    if (carrier.phase !== "open" && carrier.phase !== "draining") return;
    this.server.counters.failures.stalled++;
    // It answered some of what it was given, and then no more.
    if (carrier.lastAnswerAt > sentAt) this.#pace.wasTooMuch(this.#deps.clock.now());
    if (carrier.phase === "open") this.#probe(carrier, this.#deps.clock.now());
    carrier.stall();
  }

  /** Whether anybody is there: asked on the newest connection that might still be one. */
  sound(now: Instant): void {
    const connection = this.#connections.findLast(({ phase }) => phase === "open" || phase === "suspect");
    if (connection !== undefined) this.#probe(connection, now);
  }

  /** The operator gave no answer for too long: connections being made count as failed, those silent too. */
  giveUp(now: Instant): void {
    for (const connection of [...this.#connections]) if (connection.phase === "suspect") connection.fail();
    if (!this.isDown) this.#failed({ fault: "timed-out", detail: "no answer from any address" }, now);
  }

  /** The machine slept: what was learned of time is void, and the connections are dead or about to be. */
  wakeUp(now: Instant): void {
    this.#setHealth("reset", now);
    for (const connection of [...this.#connections]) connection.stop();
  }

  /** Another network: nothing learned of the old one holds. Responses under way may still come. */
  networkChanged(now: Instant): void {
    this.#setHealth("reset", now);
    this.roundTrip.forget();
    this.#pace.forget();
    for (const connection of [...this.#connections]) connection.retire();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.stop();
  }

  opened(connection: Connection, info: ChannelInfo): void {
    const { counters } = this.server;
    const now = this.#deps.clock.now();
    this.#deps.counters.connectionsOpened++;
    if (!info.encrypted) counters.clear++;
    else if (info.resumed) counters.handshakesResumed++;
    else counters.handshakesFull++;
    if (info.encrypted && !info.authenticated) counters.unauthenticated++;
    if (this.roundTrip.smoothed === undefined) this.roundTrip.guess((now - connection.startedAt) / 2);
    this.#owner.opened(this, now);
    if (!this.isDown || connection.sent > 0 || !connection.isUsable) return;
    this.#probe(connection, now);
    connection.expectWithin(this.roundTrip.timeout);
  }

  answered(connection: Connection, attempt: Attempt, now: Instant): void {
    if (connection.answers > this.habits.queryLimit(now)) this.habits.forgetQueryLimit();
    const took = now - attempt.sentAt;
    this.roundTrip.add(took);
    this.server.durations?.observe(took / 1_000);
    this.#keepalive = connection.keepalive ?? this.#keepalive;
    if (this.#health.phase !== "up") this.#revive(now);
    this.#owner.heard(now);
  }

  relieved(): void {
    this.#owner.relieved(this.#deps.clock.now());
  }

  ended(
    connection: Connection,
    end: ConnectionEnd,
    failure: DialFailure | undefined,
    unanswered: number,
  ): void {
    const now = this.#deps.clock.now();
    this.#connections = this.#connections.filter((other) => other !== connection);
    if (failure !== undefined) this.#failed(failure, now);
    else this.#judge(connection, end, unanswered, now);
    this.#owner.ended(this, now, failure);
  }

  #judge(connection: Connection, end: ConnectionEnd, unanswered: number, now: Instant): void {
    switch (end) {
      case "idle":
      case "drained":
      case "stopped":
        return;
      case "failed":
        this.#failed({ fault: "timed-out", detail: "connected, but silent" }, now);
        return;
      case "violations":
        this.#count1("violations");
        if (connection.isProven) this.#shun(connection, now);
        else this.#failed({ fault: "closed", detail: MISANSWERS }, now);
        return;
      case "ended":
      case "reset":
        // With more questions open than it had answered.
        if (unanswered > connection.answers) this.#pace.wasTooMuch(now);
        if (!connection.isProven) {
          // Accepted, then gone without one response: as good as a refusal, or we would dial in a loop.
          this.#failed({ fault: "closed", detail: "closed before any response" }, now);
        } else if (unanswered > 0) {
          this.#count1(end);
          this.habits.closedSilent(connection.answers, now - connection.lastAnswerAt, now);
          this.habits.closedBusy(connection.answers, now);
        } else {
          this.habits.closedIdle(now - connection.lastUsedAt, now);
        }
    }
  }

  prompt(connection: Connection, done: (isAnswered: boolean) => void): void {
    this.#probe(connection, this.#deps.clock.now(), done);
  }

  #probe(carrier: Carrier, now: Instant, done: (isAnswered: boolean) => void = ignore): void {
    const waiter = {
      question: PROBE,
      answered: () => {
        done(true);
      },
      lost: () => {
        done(false);
      },
    };
    carrier.send(waiter, this.#deps.encode(PROBE, this.server, this.isEncrypted), now);
    this.server.counters.queries++;
  }

  #failed(failure: DialFailure, now: Instant): void {
    if (failure.fault === "aborted" || this.#isClosed) return;
    if (this.#connections.some(({ phase, isProven }) => phase === "open" && isProven)) {
      // One more could not be made, but the address works.
      this.#count1(failure.fault);
      this.#noSpareBefore = now + SPARE_DELAY_MS;
      return;
    }
    const isNews = !this.isDown || this.lastFailure?.detail !== failure.detail;
    this.lastFailure = failure;
    this.lastFailureAt = now;
    this.#count1(failure.fault);
    this.#setHealth("failed", now);
    if (!isNews) return;
    const { address, port } = this.target;
    this.#deps.log.warn(
      { upstream: this.server.options.name, address, port, fault: failure.fault, detail: failure.detail },
      "upstream address failed",
    );
  }

  /** It answers, but not only: whoever else may be asked comes first for a while. */
  #shun(connection: Connection, now: Instant): void {
    const isNews = !this.isUnruly(now);
    this.#pace.brokeRules(connection, now);
    if (!isNews) return;
    const { address, port } = this.target;
    this.#deps.log.warn(
      { upstream: this.server.options.name, address, port, fault: "violations", detail: MISANSWERS },
      "upstream address misanswers",
    );
  }

  #revive(now: Instant): void {
    const wasDown = this.isDown;
    this.#setHealth("answered", now);
    this.lastFailure = undefined;
    if (!wasDown) return;
    const { address, port } = this.target;
    this.#deps.log.info({ upstream: this.server.options.name, address, port }, "upstream address is back");
  }

  #setHealth(event: HealthEvent, now: Instant): void {
    this.#health = healthAfter(this.#health, event, now, this.#deps.random);
  }

  #count1(reason: FailureReason): void {
    this.server.counters.failures[reason]++;
  }

  /** Connections that are good for nothing any more. */
  #finished(now: Instant): Connection[] {
    return this.#pace.finished(this.#connections, this.roundTrip.timeout, now);
  }

  /** Others that make room for their successors already. */
  #outgoing(now: Instant, finished: readonly Connection[]): number {
    return this.#connections.filter((each) => this.#pace.isOutgoing(each, now) && !finished.includes(each))
      .length;
  }

  #count(phase: Connection["phase"]): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.phase === phase) count++;
    return count;
  }
}

function ignore(): void {
  // The answer is all that is wanted.
}
