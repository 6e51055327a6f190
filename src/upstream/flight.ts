/**
 * One question on its way: sent on the best connection, sent again elsewhere when that ends or falls silent,
 * until a response comes or time is up. Earlier sendings stay valid: whichever is answered first counts.
 *
 * Everything happens in calls from connections, replicas and the time wheel; there is no promise inside.
 * Where it may go is `itinerary.ts`.
 *
 * Source: RFC 7766 §6.2.4 (retry on another connection), RFC 7858 §3.4, RFC 9520 §3.1 (few retries).
 */
import type { Instant } from "../ports/clock.ts";
import type { Budget, Landing, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Message, Question } from "../ports/message.ts";
import { readExtendedErrors } from "../wire/edns.ts";
import { questionToText } from "../wire/presentation.ts";
import type { Attempt, Carrier, Destination, Waiter } from "./attempt.ts";
import type { Member } from "./crowd.ts";
import type { UpstreamCounters } from "./counters.ts";
import { BETTER_WITHIN_MS, Demands, demandsOfRetry } from "./demands.ts";
import { Itinerary } from "./itinerary.ts";
import { isUseful } from "./matching.ts";
import type { Applicant, Replicas } from "./replicas.ts";
import type { Route } from "./route.ts";
import type { EncodeFor } from "./server.ts";
import type { Sleeper, TimeWheel } from "./time-wheel.ts";

export interface FlightDeps {
  readonly wheel: TimeWheel;
  readonly encode: EncodeFor;
  readonly counters: UpstreamCounters;
  /** The flight has ended, one way or the other. */
  readonly landed: (flight: Flight) => void;
}

/** Sendings because of silence or SERVFAIL. */
const MAX_SENDINGS = 5;
/** More of them, each after the silence was over: what was sent into it is lost. */
const MAX_AFTER_SILENCE = 2;
/** Sendings because connections ended under the query: each costs a peer's misbehaviour, so more are allowed. */
const MAX_LOSSES = 24;
/** Losses on one address after which another is preferred. */
const LOSSES_TO_SHUN = 2;
/** Milliseconds a response may take on a connection that answers other queries, before another is asked too. */
const SLOW_MS = 1_500;
/** Milliseconds between two looks while waiting for a connection. */
const LOOK_AGAIN_MS = 100;
/** Milliseconds to go on trying when every address says no at once: a router that restarts is back soon. */
const UNREACHABLE_AFTER_MS = 1_000;

const NOTHING_LEFT: readonly Replicas[] = [];

const NO_DEMANDS = new Demands([]);

const NO_ATTEMPTS: readonly Attempt[] = [];

export class Flight implements Waiter, Applicant, Sleeper, Member {
  readonly question: Question;
  readonly #query: Query;
  readonly #budget: Budget;
  readonly #deps: FlightDeps;
  readonly #itinerary: Itinerary;
  readonly #startedAt: Instant;
  readonly #landing: Landing;
  /** Not answered yet. BOUNDED: by `MAX_SENDINGS` and `MAX_LOSSES`. */
  #attempts: readonly Attempt[] = NO_ATTEMPTS;
  #sendings = 0;
  #losses = 0;
  #lastLoss: Destination | undefined;
  #isWaiting = false;
  #demands: Demands | undefined;
  /** SERVFAIL or the like, kept in case nothing better comes. */
  #poor: Response | undefined;
  #poorResponses = 0;
  #poorUntil: Instant = Number.POSITIVE_INFINITY;
  #isLanded = false;
  place = -1;
  // The links of the time wheel.
  wakeAt: Instant = 0;
  slot = -1;
  previous: Sleeper | undefined = undefined;
  next: Sleeper | undefined = undefined;

  constructor(query: Query, budget: Budget, route: Route, now: Instant, landing: Landing, deps: FlightDeps) {
    this.question = query.question;
    this.#query = query;
    this.#budget = budget;
    this.#itinerary = new Itinerary(route);
    this.#startedAt = now;
    this.#landing = landing;
    this.#deps = deps;
  }

  /** Takes off. Everything else follows from it. */
  start(now: Instant): void {
    const { avoid } = this.#query;
    if (avoid !== undefined) this.#demands = demandsOfRetry(this.#itinerary, avoid, now);
    this.#place(now);
  }

  avoids(address: Destination): boolean {
    return this.#demands?.avoids(address) === true;
  }

  refuses(carrier: Carrier): boolean {
    if (this.#demands?.refuses(carrier) === true) return true;
    const { recoveredAt } = this.#itinerary.here;
    return this.#attempts.some((attempt) => attempt.carrier === carrier && attempt.sentAt >= recoveredAt);
  }

  sendOn(carrier: Carrier, now: Instant): void {
    this.#isWaiting = false;
    const { work } = this.#budget;
    if (work.upstreamQueries <= 0) {
      this.#giveUp(new ResolutionError("work-exhausted", "a flight used up its upstream queries"));
      return;
    }
    work.upstreamQueries--;
    const { server, roundTrip, isEncrypted } = carrier.owner;
    server.counters.queries++;
    if (!isEncrypted) this.#deps.counters.clearTextQueries++;
    if (this.#sendings + this.#losses > 0) server.counters.resent++;
    this.#sendings++;
    const octets = this.#deps.encode(this.question, server, isEncrypted);
    const attempt = carrier.send(this, octets, now);
    this.#attempts = this.#attempts.length === 0 ? [attempt] : [...this.#attempts, attempt];
    if (this.#budget.trace !== undefined) this.#traceSending(carrier.owner, octets.length, now);
    this.#wakeAfter(roundTrip.timeout, now);
  }

  answered(attempt: Attempt, message: Message, now: Instant): void {
    const { owner } = attempt.carrier;
    this.#forget(attempt);
    const response = responseOf(message, owner.server.options.name);
    if (this.#budget.trace !== undefined) {
      const wait = Math.round(now - attempt.sentAt);
      this.#trace(now, `${response.upstream} answered ${questionToText(this.question)} after ${wait} ms`);
    }
    if (isUseful(message.rcode)) {
      this.#land(response);
      return;
    }
    owner.server.counters.failures.servfail++;
    this.#lookForBetter(response, owner, now);
  }

  lost(attempt: Attempt, now: Instant): void {
    this.#forget(attempt);
    this.#losses++;
    this.#lastLoss = attempt.carrier.owner;
    this.#sendings--;
    if (this.#isLanded || this.#attempts.length > 0 || this.#isWaiting) return;
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

  /** Goes on to `station` if need be. Sends now if anything can be sent there now, else waits for a connection. */
  #place(now: Instant, station = this.#itinerary.next(now)): void {
    const left = station === undefined ? NOTHING_LEFT : this.#goTo(station, now);
    const carrier = this.#choose(now);
    if (carrier !== undefined) this.sendOn(carrier, now);
    else this.#wait(now);
    // Last: it ends connections, and this query must have gone on by then.
    for (const replicas of left) this.#giveUpOn(replicas, now);
  }

  #choose(now: Instant): Carrier | undefined {
    const { here } = this.#itinerary;
    if (this.#losses >= LOSSES_TO_SHUN) {
      // Elsewhere, if there is an elsewhere.
      const lost = this.#lastLoss;
      const other = here.pick(now, {
        refuses: (carrier) => carrier.owner === lost || this.refuses(carrier),
      });
      if (other !== undefined) return other;
    }
    const isPicky = this.#attempts.length > 0 || this.#demands !== undefined;
    return here.pick(now, isPicky ? this : undefined);
  }

  #wait(now: Instant): void {
    this.#isWaiting = true;
    this.#itinerary.here.wait(this, now);
    // The wait may have ended within the call.
    if (this.#isWaiting && !this.#isLanded) this.#wakeAfter(LOOK_AGAIN_MS, now);
  }

  #reconsiderWaiting(now: Instant): void {
    const next = this.#itinerary.next(now);
    if (next !== undefined) {
      this.#place(now, next);
      return;
    }
    if (this.#demands !== undefined && this.#settlesForLess(this.#demands, now)) return;
    const { allowed } = this.#itinerary;
    for (const replicas of allowed) replicas.tend(now, true);
    const isHopeless = this.#attempts.length === 0 && allowed.every((replicas) => replicas.hasFailed);
    if (isHopeless && allowed.every((replicas) => replicas.isAllStrangers(this.#startedAt))) {
      this.#giveUp(new ResolutionError("upstream-unauthenticated", "no upstream could prove its identity"));
    } else if (isHopeless && now - this.#startedAt >= UNREACHABLE_AFTER_MS) {
      this.#giveUp(unreachable("no upstream can be reached"));
    } else {
      this.#wakeAfter(LOOK_AGAIN_MS, now);
    }
  }

  /** Whom this waits for is known to be down, or too slow: what there is has to do. @returns whether that is so. */
  #settlesForLess(demands: Demands, now: Instant): boolean {
    const isInVain = this.#attempts.length === 0 && !this.#itinerary.isReplicaLeft(demands.useless);
    if (!isInVain && (this.#poor !== undefined || !demands.isOver(now))) return false;
    if (this.#poor !== undefined) {
      this.#seekBetter(this.#poor, now);
    } else {
      this.#demands = undefined;
      this.#itinerary.here.leave(this);
      this.#place(now);
    }
    return true;
  }

  #reconsiderSending(now: Instant): void {
    const last = this.#attempts.at(-1);
    if (last === undefined) {
      this.#place(now);
      return;
    }
    const { carrier, sentAt } = last;
    const quietSince = Math.max(sentAt, carrier.lastAnswerAt);
    const timeout = carrier.owner.roundTrip.timeout;
    // A connection that answered others after it was doubted is well: it is the name that takes its time.
    const isSlowName = this.#attempts.some((each) => each.carrier.lastAnswerAt > each.doubtedAt);
    const isSilent = !isSlowName && now - quietSince >= timeout;
    if (isSilent) {
      last.doubtedAt = Math.min(last.doubtedAt, now);
      carrier.owner.doubt(carrier, sentAt);
      this.#itinerary.here.trouble(quietSince, now);
    }
    // Giving up on a connection may have landed this flight, or sent it again.
    if (this.#isLanded || this.#isWaiting || this.#attempts.at(-1) !== last) return;
    const next = isSilent ? this.#itinerary.next(now) : undefined;
    if (next !== undefined) this.#place(now, next);
    else if (this.#sendings >= MAX_SENDINGS) this.#awaitRecovery(last, now);
    // The last sending stays valid, in case the response is only late.
    else if (isSilent) this.#place(now);
    else if (carrier.isUnruly || now - sentAt >= SLOW_MS) this.#askAnotherToo(last, now);
    else
      this.#wakeAfter(
        Math.min(sentAt + SLOW_MS - now, isSlowName ? SLOW_MS : quietSince + timeout - now),
        now,
      );
  }

  /** Sent often enough: only more silence would follow, until somebody is heard again. */
  #awaitRecovery(last: Attempt, now: Instant): void {
    const { here } = this.#itinerary;
    if (here.recoveredAt > last.sentAt && this.#sendings < MAX_SENDINGS + MAX_AFTER_SILENCE) {
      this.#place(now);
      return;
    }
    here.sound(now);
    this.#wakeAfter(LOOK_AGAIN_MS, now);
  }

  /**
   * The connection lives, but this response is slow. Another resolver may have it, or another connection if the
   * response got lost. A dial is worth it only where responses do get lost.
   */
  #askAnotherToo(last: Attempt, now: Instant): void {
    const carrier = this.#choose(now);
    if (carrier !== undefined) this.sendOn(carrier, now);
    else if (last.carrier.isUnruly) this.#wait(now);
    else this.#wakeAfter(last.carrier.owner.roundTrip.timeout, now);
  }

  /** SERVFAIL or REFUSED from one server is not the client's problem: one other that may see the name is asked. */
  #lookForBetter(response: Response, from: Destination, now: Instant): void {
    this.#poor = response;
    this.#poorResponses++;
    this.#demands = (this.#demands ?? NO_DEMANDS).without(from);
    if (this.#attempts.length > 0 || this.#isWaiting) return;
    this.#poorUntil = now + BETTER_WITHIN_MS;
    this.#seekBetter(response, now);
  }

  /** Asks whoever else may see the name; lands with `poor` where there is nobody. */
  #seekBetter(poor: Response, now: Instant): void {
    const where = this.#itinerary.afterPoorResponse(this.#poorResponses, this.#demands?.useless ?? []);
    if (where === undefined) this.#land(poor);
    else if (this.#itinerary.isHere(where)) this.#place(now);
    else this.#place(now, where);
  }

  /** @returns what is left behind. */
  #goTo(station: number, now: Instant): readonly Replicas[] {
    const itinerary = this.#itinerary;
    if (this.#isWaiting) itinerary.here.leave(this);
    this.#isWaiting = false;
    this.#demands = this.#demands?.elsewhere();
    const left = itinerary.goTo(station);
    if (itinerary.isSharded) this.#deps.counters.shardFailovers++;
    if (this.#budget.trace !== undefined) this.#trace(now, `going on to ${itinerary.here.label}`);
    return left;
  }

  /** Unless it did answer, if poorly. */
  #giveUpOn(left: Replicas, now: Instant): void {
    if (this.#poor !== undefined) return;
    if (this.#itinerary.isSharded) left.giveUp(now);
    left.tend(now, false);
  }

  #forget(attempt: Attempt): void {
    if (this.#attempts.length === 1 && this.#attempts[0] === attempt) this.#attempts = NO_ATTEMPTS;
    else this.#attempts = this.#attempts.filter((other) => other !== attempt);
  }

  #wakeAfter(delay: number, now: Instant): void {
    this.#deps.wheel.schedule(this, Math.min(now + delay, this.#budget.deadline, this.#poorUntil));
  }

  #giveUp(error: ResolutionError): void {
    if (this.#poor !== undefined) {
      this.#land(this.#poor);
    } else if (this.#end()) {
      // Not within this call: who asks again at once would do so while connections and queues are being gone through.
      queueMicrotask(() => {
        this.#landing.failed(error);
      });
    }
  }

  #land(response: Response): void {
    if (this.#end()) this.#landing.landed(response);
  }

  #end(): boolean {
    if (this.#isLanded) return false;
    this.#isLanded = true;
    this.#deps.wheel.cancel(this);
    if (this.#isWaiting) this.#itinerary.here.leave(this);
    for (const attempt of this.#attempts) attempt.carrier.abandon(attempt);
    this.#attempts = NO_ATTEMPTS;
    this.#deps.landed(this);
    return true;
  }

  /** What the server was told, for `explain`: the question, and how long the message was that held it. */
  #traceSending({ server, isEncrypted }: Destination, octets: number, now: Instant): void {
    const { name } = server.options;
    const told = questionToText(this.question);
    const text = `sent to ${name}: ${told}, ${octets} octets${isEncrypted ? "" : " in clear"}`;
    this.#trace(now, text, { upstream: name, told, octets, encrypted: isEncrypted });
  }

  #trace(now: Instant, text: string, detail: Readonly<Record<string, unknown>> = {}): void {
    const { purpose } = this.#query;
    this.#budget.trace?.add({ at: now, stage: "upstream", text, detail: { purpose, ...detail } });
  }
}

function responseOf(message: Message, upstream: string): Response {
  const { rcode, answer, authority, edns } = message;
  return { rcode, answer, authority, verdict: "indeterminate", errors: readExtendedErrors(edns), upstream };
}

function unreachable(detail: string): ResolutionError {
  return new ResolutionError("upstream-unreachable", detail);
}
