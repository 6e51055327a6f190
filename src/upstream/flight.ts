/**
 * One question on its way: sent on the best connection, sent again elsewhere when that ends or falls silent,
 * until a response comes or time is up. Earlier sendings stay valid: whichever is answered first counts.
 *
 * Everything happens in calls from connections, replicas and the time wheel; there is no promise inside, only
 * the one that the asker waits on.
 *
 * Source: RFC 7766 §6.2.4 (retry on another connection), RFC 7858 §3.4, RFC 9520 §3.1 (few retries).
 */
import type { Instant } from "../ports/clock.ts";
import type { Budget, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Message, Question } from "../ports/message.ts";
import { Rcode } from "../wire/codes.ts";
import { readExtendedErrors } from "../wire/edns.ts";
import type { Attempt, Waiter } from "./attempt.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import type { Applicant, Replicas } from "./replicas.ts";
import type { Route } from "./route.ts";
import type { Server } from "./server.ts";
import type { UpstreamCounters } from "./counters.ts";
import type { Sleeper, TimeWheel } from "./time-wheel.ts";

/** The whole query for a server, made afresh; its ID is set when it is sent. */
export type EncodeFor = (question: Question, server: Server, isEncrypted: boolean) => Uint8Array;

export interface FlightDeps {
  readonly wheel: TimeWheel;
  readonly encode: EncodeFor;
  readonly counters: UpstreamCounters;
  /** The flight has ended, one way or the other. */
  readonly landed: (flight: Flight) => void;
}

/** Sendings because of silence or SERVFAIL. */
const MAX_SENDINGS = 5;
/** Sendings because connections ended under the query: each costs a peer's misbehaviour, so more are allowed. */
const MAX_LOSSES = 24;
/** Losses on one address after which another is preferred. */
const LOSSES_TO_SHUN = 2;
/** Milliseconds a response may take on a connection that answers other queries, before a replica is asked too. */
const SLOW_MS = 1_500;
/** Milliseconds between two looks while waiting for a connection. */
const LOOK_AGAIN_MS = 100;
/** Milliseconds to go on trying when every address says no at once: a router that restarts is back soon. */
const UNREACHABLE_AFTER_MS = 1_000;
/** Milliseconds for another server to do better than SERVFAIL. */
const BETTER_WITHIN_MS = 1_500;

export class Flight implements Waiter, Applicant, Sleeper {
  readonly question: Question;
  readonly #query: Query;
  readonly #budget: Budget;
  readonly #route: Route;
  readonly #deps: FlightDeps;
  readonly #startedAt: Instant;
  #resolve: (response: Response) => void = ignore;
  #reject: (error: ResolutionError) => void = ignore;
  #station = 0;
  /** Not answered yet. BOUNDED: by `MAX_SENDINGS` and `MAX_LOSSES`. */
  #attempts: Attempt[] = [];
  #sendings = 0;
  #losses = 0;
  #lastLoss: Connection | undefined;
  #isWaiting = false;
  /** Addresses whose response was no use. BOUNDED: by the addresses configured. */
  #useless: ConnectionOwner[] | undefined;
  #poorResponses = 0;
  #needsFreshConnection = false;
  /** SERVFAIL or the like, kept in case nothing better comes. */
  #poor: Response | undefined;
  #poorUntil: Instant = Number.POSITIVE_INFINITY;
  #isLanded = false;
  // The links of the time wheel.
  wakeAt: Instant = 0;
  slot = -1;
  previous: Sleeper | undefined = undefined;
  next: Sleeper | undefined = undefined;

  constructor(query: Query, budget: Budget, route: Route, now: Instant, deps: FlightDeps) {
    this.question = query.question;
    this.#query = query;
    this.#budget = budget;
    this.#route = route;
    this.#startedAt = now;
    this.#deps = deps;
  }

  /** Takes off. Everything else follows from it. */
  start(
    now: Instant,
    resolve: (response: Response) => void,
    reject: (error: ResolutionError) => void,
  ): void {
    this.#resolve = resolve;
    this.#reject = reject;
    if (this.#query.avoid !== undefined) this.#avoid(this.#query.avoid);
    const first = this.#firstStation(now);
    if (first !== this.#station) this.#moveTo(first, now);
    this.#place(now);
  }

  refuses(connection: Connection): boolean {
    if (this.#useless?.includes(connection.owner) === true) return true;
    if (this.#needsFreshConnection && connection.startedAt < this.#startedAt) return true;
    return this.#attempts.some((attempt) => attempt.connection === connection);
  }

  sendOn(connection: Connection, now: Instant): void {
    this.#isWaiting = false;
    const { work } = this.#budget;
    if (work.upstreamQueries <= 0) {
      this.#giveUp(new ResolutionError("work-exhausted", "a flight used up its upstream queries"));
      return;
    }
    work.upstreamQueries--;
    const { server, roundTrip, isEncrypted } = connection.owner;
    server.counters.queries++;
    if (this.#sendings + this.#losses > 0) server.counters.resent++;
    this.#sendings++;
    this.#attempts.push(connection.send(this, this.#deps.encode(this.question, server, isEncrypted), now));
    if (this.#budget.trace !== undefined) this.#trace(now, `sent to ${server.options.name}`, server);
    this.#wakeAfter(roundTrip.timeout, now);
  }

  answered(attempt: Attempt, message: Message, now: Instant): void {
    const { server } = attempt.connection.owner;
    this.#forget(attempt);
    const response = responseOf(message, server.options.name);
    if (this.#budget.trace !== undefined) this.#trace(now, `${server.options.name} answered`, server);
    if (isUseful(message.rcode)) {
      this.#land(response);
      return;
    }
    server.counters.failures.servfail++;
    this.#lookForBetter(response, attempt.connection.owner, now);
  }

  lost(attempt: Attempt, now: Instant): void {
    this.#forget(attempt);
    if (this.#isLanded || this.#attempts.length > 0 || this.#isWaiting) return;
    this.#losses++;
    this.#lastLoss = attempt.connection;
    this.#sendings--;
    if (this.#losses > MAX_LOSSES) this.#giveUp(unreachable("every connection ended before the response"));
    else this.#place(now);
  }

  wake(now: Instant): void {
    if (this.#isLanded) return;
    if (now >= this.#budget.deadline || now >= this.#poorUntil) {
      const fault = this.#sendings > 0 ? "deadline-exceeded" : "upstream-unreachable";
      this.#giveUp(new ResolutionError(fault, "no response in time"));
    } else if (this.#isWaiting) {
      this.#reconsiderWaiting(now);
    } else {
      this.#reconsiderSending(now);
    }
  }

  /** The resolver stops, or the servers are replaced. */
  abort(error: ResolutionError): void {
    this.#giveUp(error);
  }

  get #replicas(): Replicas {
    // The station is only ever set to one that exists.
    return this.#route.stations[this.#station]!;
  }

  /** Sends now if anything can be sent now, else waits for a connection. */
  #place(now: Instant): void {
    const connection = this.#choose(now);
    if (connection !== undefined) this.sendOn(connection, now);
    else this.#wait(now);
  }

  #choose(now: Instant): Connection | undefined {
    const isPicky = this.#attempts.length > 0 || this.#useless !== undefined || this.#needsFreshConnection;
    if (this.#losses >= LOSSES_TO_SHUN) {
      // Elsewhere, if there is an elsewhere.
      const lost = this.#lastLoss?.owner;
      const other = this.#replicas.pick(now, {
        refuses: (connection) => connection.owner === lost || this.refuses(connection),
      });
      if (other !== undefined) return other;
    }
    return this.#replicas.pick(now, isPicky ? this : undefined);
  }

  #wait(now: Instant): void {
    this.#isWaiting = true;
    this.#replicas.wait(this, now);
    // The wait may have ended within the call.
    if (this.#isWaiting && !this.#isLanded) this.#wakeAfter(LOOK_AGAIN_MS, now);
  }

  #reconsiderWaiting(now: Instant): void {
    const next = this.#nextStation(now);
    if (next !== undefined) {
      this.#moveTo(next, now);
      this.#place(now);
      return;
    }
    const stations = this.#allowedStations();
    for (const station of stations) station.tend(now, true);
    if (this.#attempts.length === 0 && stations.every((station) => station.hasFailed)) {
      const isStranger = stations.every((station) => station.isAllStrangers);
      if (isStranger) {
        this.#giveUp(new ResolutionError("upstream-unauthenticated", "no upstream could prove its identity"));
        return;
      }
      if (now - this.#startedAt >= UNREACHABLE_AFTER_MS) {
        this.#giveUp(unreachable("no upstream can be reached"));
        return;
      }
    }
    this.#wakeAfter(LOOK_AGAIN_MS, now);
  }

  #reconsiderSending(now: Instant): void {
    const last = this.#attempts.at(-1);
    if (last === undefined) {
      this.#place(now);
      return;
    }
    const isSilent = last.connection.lastAnswerAt <= last.sentAt;
    if (isSilent) {
      last.connection.owner.doubt(last.connection);
      this.#replicas.trouble(last.sentAt, now);
    }
    // Giving up on a connection may have landed this flight, or sent it again.
    if (this.#isLanded || this.#isWaiting || this.#attempts.at(-1) !== last) return;
    if (this.#sendings >= MAX_SENDINGS) this.#wakeAfter(this.#budget.deadline - now, now);
    else if (isSilent) this.#sendElsewhere(now);
    else if (now - last.sentAt >= SLOW_MS) this.#askReplicaToo(now);
    else this.#wakeAfter(last.sentAt + SLOW_MS - now, now);
  }

  /** The last sending met silence. It stays valid, in case the answer is only late. */
  #sendElsewhere(now: Instant): void {
    const connection = this.#choose(now);
    if (connection !== undefined) {
      this.sendOn(connection, now);
      return;
    }
    const next = this.#nextStation(now);
    if (next !== undefined) {
      this.#moveTo(next, now);
      this.#place(now);
    } else {
      this.#wait(now);
    }
  }

  /** The connection lives, but this response is slow: another resolver may have it. Only if that costs no dial. */
  #askReplicaToo(now: Instant): void {
    const connection = this.#choose(now);
    if (connection !== undefined && connection.owner !== this.#attempts.at(-1)?.connection.owner) {
      this.sendOn(connection, now);
    } else {
      this.#wakeAfter(this.#budget.deadline - now, now);
    }
  }

  /** "SERVFAIL from one server is not the client's problem": one other that may see the name is asked. */
  #lookForBetter(response: Response, from: ConnectionOwner, now: Instant): void {
    this.#poor = response;
    this.#poorResponses++;
    this.#useless = [...(this.#useless ?? []), from];
    if (this.#attempts.length > 0 || this.#isWaiting) return;
    const where = this.#whereBetter();
    if (where === undefined) {
      this.#land(response);
      return;
    }
    this.#poorUntil = now + BETTER_WITHIN_MS;
    if (where !== this.#station) this.#moveTo(where, now);
    this.#place(now);
  }

  /** The station to ask after a response that was no use: a replica first, where operators are kept apart. */
  #whereBetter(): number | undefined {
    const { stations, leave, leavesOnServfail } = this.#route;
    const next = leavesOnServfail && this.#station + 1 < stations.length ? this.#station + 1 : undefined;
    const isFree = leave === "doubt";
    const here = this.#replicas.addresses.some((address) => this.#useless?.includes(address) !== true)
      ? this.#station
      : undefined;
    if (this.#poorResponses === 1) return isFree ? (next ?? here) : (here ?? next);
    return this.#poorResponses === 2 && !isFree ? next : undefined;
  }

  /** A retry whose first response was no use: other servers that may see the name first, else a fresh connection. */
  #avoid(label: string): void {
    const { stations, leave } = this.#route;
    const reach = leave === "doubt" ? stations.length : 1;
    for (let station = 0; station < reach; station++) {
      const addresses = stations[station]?.addresses ?? [];
      const useless = addresses.filter(({ server }) => server.options.name === label);
      if (useless.length === addresses.length) continue;
      this.#station = station;
      if (useless.length > 0) this.#useless = useless;
      return;
    }
    this.#needsFreshConnection = true;
  }

  #firstStation(now: Instant): number {
    const { stations } = this.#route;
    if (stations.length === 1 || !this.#mayLeave(this.#replicas, now)) return this.#station;
    return this.#nextStation(now) ?? this.#station;
  }

  /** Where to go on, if the present station may be left and another is better off. */
  #nextStation(now: Instant): number | undefined {
    const { stations } = this.#route;
    if (!this.#mayLeave(this.#replicas, now)) return undefined;
    for (let station = this.#station + 1; station < stations.length; station++) {
      const replicas = stations[station];
      if (replicas === undefined || this.#mayLeave(replicas, now)) continue;
      // Clear text is for when nothing encrypted answers at all.
      if (replicas.isClear && !stations.slice(0, station).every((before) => before.isDown(now))) continue;
      return station;
    }
    return undefined;
  }

  #mayLeave(replicas: Replicas, now: Instant): boolean {
    switch (this.#route.leave) {
      case "doubt":
        return replicas.isDoubtful(now);
      case "down":
        return replicas.isDown(now);
      case "never":
        return false;
    }
  }

  #allowedStations(): readonly Replicas[] {
    return this.#route.leave === "never" ? [this.#replicas] : this.#route.stations;
  }

  #moveTo(station: number, now: Instant): void {
    const { stations, leave } = this.#route;
    if (this.#isWaiting) this.#replicas.leave(this);
    this.#isWaiting = false;
    for (const left of stations.slice(this.#station, station)) {
      if (this.#poor === undefined) {
        if (leave === "down") left.giveUp(now);
        left.tend(now, false);
      }
    }
    if (leave === "down") this.#deps.counters.shardFailovers++;
    this.#station = station;
    if (this.#budget.trace !== undefined) this.#trace(now, `going on to ${this.#replicas.label}`);
  }

  #forget(attempt: Attempt): void {
    const at = this.#attempts.indexOf(attempt);
    if (at >= 0) this.#attempts.splice(at, 1);
  }

  #wakeAfter(delay: number, now: Instant): void {
    this.#deps.wheel.schedule(this, Math.min(now + delay, this.#budget.deadline, this.#poorUntil));
  }

  #giveUp(error: ResolutionError): void {
    if (this.#poor !== undefined) this.#land(this.#poor);
    else if (this.#end()) this.#reject(error);
  }

  #land(response: Response): void {
    if (this.#end()) this.#resolve(response);
  }

  #end(): boolean {
    if (this.#isLanded) return false;
    this.#isLanded = true;
    this.#deps.wheel.cancel(this);
    if (this.#isWaiting) this.#replicas.leave(this);
    for (const attempt of this.#attempts) attempt.connection.abandon(attempt);
    this.#attempts = [];
    this.#deps.landed(this);
    return true;
  }

  #trace(now: Instant, text: string, server?: Server): void {
    const detail = { purpose: this.#query.purpose, ...(server && { upstream: server.options.name }) };
    this.#budget.trace?.add({ at: now, stage: "upstream", text, detail });
  }
}

/** NOERROR and NXDOMAIN answer the question. The rest may be one server's trouble. */
function isUseful(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN;
}

function responseOf(message: Message, upstream: string): Response {
  const { rcode, answer, authority, edns } = message;
  return { rcode, answer, authority, verdict: "indeterminate", errors: readExtendedErrors(edns), upstream };
}

function unreachable(detail: string): ResolutionError {
  return new ResolutionError("upstream-unreachable", detail);
}

function ignore(): void {
  // Replaced by `start`.
}
