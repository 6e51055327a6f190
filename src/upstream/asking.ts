/**
 * One query on its way: sent to the best address that may see it, sent again elsewhere when its connection
 * ends or falls silent, until a response comes or time is up. The first response counts, whichever sending
 * it answers.
 *
 * Source: RFC 7766 §6.2.4 (retry on another connection), RFC 7858 §3.4, RFC 9520 §3.1 (few retries).
 */
import type { Instant } from "../ports/clock.ts";
import type { DialFailure } from "../ports/dialer.ts";
import type { Budget, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Message, Question } from "../ports/message.ts";
import { Rcode } from "../wire/codes.ts";
import { readExtendedErrors } from "../wire/edns.ts";
import type { AddressPool, Applicant } from "./address-pool.ts";
import type { Attempt, Waiter } from "./attempt.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./plan.ts";
import type { Sleeper, TimeWheel } from "./time-wheel.ts";

/** Milliseconds a dial has before the next address is tried beside it: RFC 8305 §5, Connection Attempt Delay. */
const ATTEMPT_DELAY = 250;
/** Milliseconds without any response from an operator before its names may be shown to another. */
const OPERATOR_DOWN_AFTER = 1_000;
/** Milliseconds of silence after which a connection is given up. */
const DEAD_AFTER = 2_500;
/**
 * Sendings of one query at most: a server that closes after every few responses loses the rest of a burst
 * again and again, until its habit is known.
 */
const MAX_SENDINGS = 12;

export interface AskingDeps {
  readonly wheel: TimeWheel;
  readonly now: () => Instant;
  /** The whole message for a server; its ID is set when it is sent. */
  readonly encode: (question: Question, pool: AddressPool) => Uint8Array;
  readonly onDone: () => void;
}

interface Sending {
  readonly attempt: Attempt;
  readonly pool: AddressPool;
}

export class Asking implements Waiter, Applicant, Sleeper {
  readonly question: Question;
  readonly #query: Query;
  readonly #budget: Budget;
  readonly #plan: Plan;
  readonly #deps: AskingDeps;
  readonly #startedAt: Instant;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: unknown) => void;
  /** Sendings that may still be answered. BOUNDED: by `MAX_SENDINGS`. */
  #outstanding: Sending[] = [];
  #sendings = 0;
  /** Addresses asked or applied to. BOUNDED: by the plan. */
  readonly #tried: AddressPool[] = [];
  /** Where this waits for a connection. BOUNDED: by the plan. */
  #applications: AddressPool[] = [];
  /** A response that is no answer (SERVFAIL, REFUSED), kept in case nothing better comes. */
  #poor: Response | undefined;
  #failure: DialFailure | undefined;
  #stage = 0;
  #isDone = false;
  // The links of the time wheel.
  wakeAt: Instant = 0;
  slot = -1;
  previous: Sleeper | undefined = undefined;
  next: Sleeper | undefined = undefined;

  constructor(
    query: Query,
    budget: Budget,
    plan: Plan,
    settle: { readonly resolve: (response: Response) => void; readonly reject: (error: unknown) => void },
    deps: AskingDeps,
  ) {
    this.question = query.question;
    this.#query = query;
    this.#budget = budget;
    this.#plan = plan;
    this.#deps = deps;
    this.#resolve = settle.resolve;
    this.#reject = settle.reject;
    this.#startedAt = deps.now();
  }

  start(): void {
    if (this.#plan.fresh) for (const pool of this.#plan.stages[0] ?? []) pool.renew();
    this.#goOn(this.#startedAt);
  }

  connected(connection: Connection, pool: AddressPool): void {
    this.#applications = this.#applications.filter((other) => other !== pool);
    if (!this.#isDone && this.#sendings < MAX_SENDINGS) this.#send(connection, pool, this.#deps.now());
  }

  refused(pool: AddressPool, failure: DialFailure): void {
    this.#applications = this.#applications.filter((other) => other !== pool);
    this.#failure = failure;
    if (!this.#isDone && this.#outstanding.length === 0) this.#goOn(this.#deps.now());
  }

  answered(attempt: Attempt, message: Message): void {
    const pool = this.#take(attempt);
    if (this.#isDone || pool === undefined) return;
    const response = responseOf(message, pool.server.options.name);
    if (isAnswer(message.rcode)) {
      this.#finish(response);
      return;
    }
    pool.server.counters.failures.servfail++;
    this.#trace(`${response.upstream} answered with RCODE ${message.rcode}: another server is asked`);
    this.#poor = response;
    this.#ruleOut(pool);
    if (this.#outstanding.length === 0) this.#goOn(this.#deps.now());
  }

  lost(attempt: Attempt, now: Instant): void {
    const pool = this.#take(attempt);
    if (this.#isDone || pool === undefined || this.#outstanding.length > 0) return;
    // First over another connection to the same address: a server that closes is rarely one that is down.
    const other = pool.usable(attempt.connection);
    if (other !== undefined && this.#sendings < MAX_SENDINGS) this.#send(other, pool, now);
    else this.#goOn(now, pool);
  }

  wake(now: Instant): void {
    if (this.#isDone) return;
    if (now >= this.#budget.deadline) {
      this.#giveUp(new ResolutionError("deadline-exceeded", "no upstream answered in time"));
      return;
    }
    let isSilent = this.#outstanding.length === 0;
    for (const { attempt, pool } of [...this.#outstanding]) {
      const { connection, sentAt } = attempt;
      const heardAt = Math.max(connection.lastAnswerAt, connection.openedAt ?? 0);
      if (heardAt > sentAt) continue;
      isSilent = true;
      pool.doubt(connection, now);
      if (now - Math.max(heardAt, sentAt) > DEAD_AFTER) connection.fail();
    }
    if (this.#isDone) return;
    if (isSilent) this.#goOn(now);
    else this.#schedule(now, OPERATOR_DOWN_AFTER);
  }

  /** Takes a sending off the list. Gives its address. */
  #take(attempt: Attempt): AddressPool | undefined {
    const sending = this.#outstanding.find((each) => each.attempt === attempt);
    this.#outstanding = this.#outstanding.filter((each) => each !== sending);
    return sending?.pool;
  }

  /** The same server would say the same at its other addresses. */
  #ruleOut({ server }: AddressPool): void {
    for (const pool of this.#plan.stages.flat()) {
      if (pool.server === server && !this.#tried.includes(pool)) this.#tried.push(pool);
    }
  }

  /** Sends the query to the next place there is, or waits, or ends. `again` may be tried once more. */
  #goOn(now: Instant, again?: AddressPool): void {
    if (this.#sendings >= MAX_SENDINGS) {
      this.#wait(now);
      return;
    }
    const pool = this.#nextPool(now) ?? again;
    if (pool === undefined) {
      this.#wait(now);
      return;
    }
    if (!this.#tried.includes(pool)) this.#tried.push(pool);
    const connection = pool.usable();
    if (connection !== undefined) this.#send(connection, pool, now);
    else if (pool.apply(this)) {
      this.#applications.push(pool);
      this.#schedule(now, ATTEMPT_DELAY);
    } else {
      this.#failure = pool.lastFailure ?? this.#failure;
      this.#goOn(now);
    }
  }

  /** The best address not tried yet: of this stage, or of the next where this one gives no answer at all. */
  #nextPool(now: Instant): AddressPool | undefined {
    const { stages } = this.#plan;
    for (;;) {
      if (this.#isKnownDown()) {
        this.#moveOn();
        continue;
      }
      const pool = best(stages[this.#stage] ?? [], this.#tried);
      if (pool !== undefined) return pool;
      if (this.#stage + 1 >= stages.length || !this.#mayMoveOn(now)) return undefined;
      this.#moveOn();
    }
  }

  /** Every address of this stage is down already, and one of the next is not: no need to find out again. */
  #isKnownDown(): boolean {
    const { stages, moveOnDown } = this.#plan;
    const [present = [], next = []] = stages.slice(this.#stage);
    if (!moveOnDown || this.#sendings > 0 || next.every(isDown) || !present.every(isDown)) return false;
    for (const pool of present) pool.want();
    return true;
  }

  #moveOn(): void {
    const [from] = this.#plan.stages[this.#stage] ?? [];
    if (this.#plan.isSharded && from !== undefined) from.server.counters.failures.operator_down++;
    this.#stage++;
  }

  /** Whether the present operator is down, or (where the user allows it) could not answer. */
  #mayMoveOn(now: Instant): boolean {
    if (this.#poor !== undefined) return this.#plan.moveOnFailure;
    if (!this.#plan.moveOnDown) return false;
    const isWaiting = this.#outstanding.length > 0 || this.#applications.length > 0;
    return !isWaiting || now - this.#startedAt >= OPERATOR_DOWN_AFTER;
  }

  /** Nothing more can be sent now. */
  #wait(now: Instant): void {
    const isWaiting = this.#outstanding.length > 0 || this.#applications.length > 0;
    if (!isWaiting && this.#poor !== undefined) this.#finish(this.#poor);
    else if (!isWaiting) this.#giveUp(this.#unreachable());
    else this.#schedule(now, ATTEMPT_DELAY);
  }

  #unreachable(): ResolutionError {
    const isStranger = this.#failure?.fault === "unauthenticated" || this.#failure?.fault === "tls";
    const fault = isStranger ? "upstream-unauthenticated" : "upstream-unreachable";
    return new ResolutionError(fault, this.#failure?.detail ?? "no upstream may be asked");
  }

  #send(connection: Connection, pool: AddressPool, now: Instant): void {
    if (this.#sendings > 0) pool.server.counters.resent++;
    this.#sendings++;
    pool.server.counters.queries++;
    this.#outstanding.push({
      attempt: connection.send(this, this.#deps.encode(this.question, pool), now),
      pool,
    });
    this.#trace(`asked ${pool.server.options.name}${this.#sendings > 1 ? " once more" : ""}`);
    this.#schedule(now, pool.roundTrip.timeout);
  }

  #schedule(now: Instant, delay: number): void {
    this.#deps.wheel.schedule(this, Math.min(now + delay, this.#budget.deadline));
  }

  #finish(response: Response): void {
    this.#end();
    this.#resolve(response);
  }

  #giveUp(error: ResolutionError): void {
    this.#end();
    if (this.#poor === undefined) this.#reject(error);
    else this.#resolve(this.#poor);
  }

  #end(): void {
    this.#isDone = true;
    this.#deps.wheel.cancel(this);
    for (const pool of this.#applications) pool.withdraw(this);
    for (const { attempt } of this.#outstanding) attempt.connection.abandon(attempt);
    this.#outstanding = [];
    this.#deps.onDone();
  }

  #trace(text: string): void {
    const { trace } = this.#budget;
    trace?.add({ at: this.#deps.now(), stage: "upstream", text, detail: { purpose: this.#query.purpose } });
  }
}

function best(pools: readonly AddressPool[], tried: readonly AddressPool[]): AddressPool | undefined {
  let found: AddressPool | undefined;
  for (const pool of pools) {
    if (tried.includes(pool)) continue;
    if (found === undefined || RANK[pool.health] < RANK[found.health]) found = pool;
  }
  return found;
}

function isDown({ health }: AddressPool): boolean {
  return health === "down";
}

const RANK = { up: 0, untried: 1, down: 2 } as const;

/** Whether an RCODE answers the question; SERVFAIL and REFUSED from one server are not the client's problem. */
function isAnswer(rcode: number): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN || rcode === Rcode.YXDOMAIN;
}

function responseOf(message: Message, upstream: string): Response {
  const { rcode, answer, authority, edns } = message;
  return { rcode, answer, authority, verdict: "indeterminate", errors: readExtendedErrors(edns), upstream };
}
