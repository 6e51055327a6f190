/**
 * Zone -> promise of its status. Every flight that needs a zone's keys, and every client that asks for DS
 * or DNSKEY itself, goes through here, so each question is put upstream once. A status awaits those of
 * ancestors only: no flight can wait for itself.
 *
 * Statuses are asked for with the budget of the flight that came first. One that ended because that flight
 * ran out of time or work is nobody's fact: it is not kept, and those who joined it ask again on their own
 * account.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, isAtOrBelow, parentOf } from "../wire/names.ts";
import { Descent } from "./descent.ts";
import { Generations } from "./generations.ts";
import type { HelperAnswer } from "./helper-answer.ts";
import { type Steps, awaited } from "./steps.ts";
import { type SecureZone, type ZoneStatus, inherited } from "./zone-status.ts";
import { isSpent } from "./zone-step.ts";
import type { ZoneWalk } from "./zone-walk.ts";

/** Octets of one generation of statuses; twice as much is kept at most. A usual one takes about 2 KiB. */
const GENERATION_OCTETS = 6 * 1_024 * 1_024;
/** Octets of a status beside its records, and of a record beside its RDATA, about. */
const STATUS_OCTETS = 500;
const RECORD_OCTETS = 200;
/** Milliseconds for which a zone cut that contradicts a signature is not looked at again. */
const FRESH = 5_000;

/** Share of its time after which keys in use should be fetched again. */
const AGEING_SHARE = 0.9;

export interface ZoneCounters {
  /** Statuses found out, by how they ended. */
  secure: number;
  insecure: number;
  noCut: number;
  bogus: number;
  indeterminate: number;
}

export class ZoneMap {
  readonly #walk: ZoneWalk;
  readonly #clock: Clock;
  readonly #onAgeing: (zone: SecureZone) => void;
  /** BOUNDED: by 12 MiB of statuses. */
  readonly #settled = new Generations<Name, ZoneStatus>(GENERATION_OCTETS, octetsOf);
  /** BOUNDED: by the flights under way, each with a bounded number of queries. */
  readonly #flights = new Map<Name, Promise<ZoneStatus>>();
  readonly counters: ZoneCounters = { secure: 0, insecure: 0, noCut: 0, bogus: 0, indeterminate: 0 };
  /** Grows with `clear`: what was under way before it is not kept. */
  #generation = 0;

  /** @param onAgeing told of a secure zone whose keys are used in the last tenth of their time. */
  constructor(walk: ZoneWalk, clock: Clock, onAgeing: (zone: SecureZone) => void = () => undefined) {
    this.#walk = walk;
    this.#clock = clock;
    this.#onAgeing = onAgeing;
  }

  /** What is known now, without asking. */
  known(name: Name): ZoneStatus | undefined {
    const status = this.#settled.get(name);
    if (status === undefined) return undefined;
    const now = this.#clock.now();
    if (now >= status.expiresAt) return undefined;
    if (status.kind === "secure" && isAgeing(status, now)) this.#onAgeing(status);
    return status;
  }

  /** Finds out anew what is known of a zone. What was known stays in force until its own time is over. */
  async renew(name: Name, budget: Budget): Promise<void> {
    if (!this.#flights.has(name)) await this.#start(name, budget);
  }

  /** What `name` is as the top of a zone. Never rejects but for bugs. */
  async status(name: Name, budget: Budget): Promise<ZoneStatus> {
    for (;;) {
      const known = this.#knownOrImplied(name);
      if (known !== undefined) return known;
      const flight = this.#flights.get(name);
      if (flight === undefined) return this.#start(name, budget);
      const status = await flight;
      if (status.kind !== "indeterminate" || !status.isOfFlight || !this.#hasLeft(budget)) return status;
    }
  }

  /**
   * Whether `name` lies in a secure zone: the status of the deepest zone cut at or above it. Walks down
   * label by label, starting below the closest name known, and ends at the first insecure cut. `hint`, an
   * ancestor that is likely the zone's top, is tried first; a wrong one costs a query and decides nothing.
   */
  *securityOf(name: Name, budget: Budget, hint: Name): Steps<ZoneStatus> {
    const descent = this.#descent(name, hint);
    for (;;) {
      const { at } = descent;
      const status = this.#knownOrImplied(at) ?? (yield* awaited(this.status(at, budget)));
      if (!descent.leadsOn(status)) return status;
    }
  }

  /** What `securityOf` gives, where nothing has to be asked for it. */
  knownSecurityOf(name: Name, hint: Name): ZoneStatus | undefined {
    const descent = this.#descent(name, hint);
    let status = this.#knownOrImplied(descent.at);
    while (status !== undefined && descent.leadsOn(status)) status = this.#knownOrImplied(descent.at);
    return status;
  }

  /** What lies above the start of the chain says nothing about the name. */
  #descent(name: Name, hint: Name): Descent {
    const top = this.#walk.anchors.governing(name).zone;
    return new Descent(name, isAtOrBelow(hint, top) ? hint : top);
  }

  /**
   * Whether a zone cut below `zone`, at or above `name`, is known, or found by what is being looked for just
   * now. Nothing is asked to find one; but one that is known for a while is looked at afresh, since a zone may
   * have been taken back into its parent.
   */
  async hasCutBelow(zone: Name, name: Name, budget: Budget): Promise<boolean> {
    for (let at = name; at !== zone; at = parentOf(at)) {
      const status = this.known(at) ?? (await this.#flights.get(at));
      if (status === undefined || !isCut(at, status)) continue;
      if (this.#clock.now() - status.settledAt < FRESH) return true;
      return isCut(at, await (this.#flights.get(at) ?? this.#start(at, budget)));
    }
    return false;
  }

  /** Whether `hasCutBelow` has anything to look at. Nearly never: then nobody need wait for its answer. */
  mayHaveCutBelow(zone: Name, name: Name): boolean {
    for (let at = name; at !== zone; at = parentOf(at)) {
      const status = this.known(at);
      if (status === undefined ? this.#flights.has(at) : isCut(at, status)) return true;
    }
    return false;
  }

  /** The zone where the chain of trust for data of `type` at `name` starts: no signer above it counts. */
  topFor(name: Name, type: number): Name {
    return this.#walk.anchors.governing(type === Type.DS ? parentOf(name) : name).zone;
  }

  /** Starts finding out what is not known yet about `name` and what is above it, all at once. */
  prefetch(name: Name, budget: Budget): void {
    if (this.#knownOrImplied(name) !== undefined || this.#flights.has(name)) return;
    if (name !== ROOT && name !== this.#walk.anchors.governing(name).zone)
      this.prefetch(parentOf(name), budget);
    this.status(name, budget).catch(() => undefined); // A bug shows where the status is needed.
  }

  /** Forgets everything: the anchors or the clock have changed. */
  clear(): void {
    this.#generation += 1;
    this.#settled.clear();
    this.#flights.clear();
  }

  get size(): number {
    return this.#settled.size;
  }

  #knownOrImplied(name: Name): ZoneStatus | undefined {
    return this.known(name) ?? this.#belowInsecure(name);
  }

  /** Nothing is asked below a proven insecure cut, unless an anchor starts a chain anew there. */
  #belowInsecure(name: Name): ZoneStatus | undefined {
    const top = this.#walk.anchors.governing(name).zone;
    for (let at = name; at !== top && at !== ROOT; ) {
      at = parentOf(at);
      const above = this.known(at);
      if (above === undefined) continue;
      return above.kind === "insecure" ? inherited(name, above) : undefined;
    }
    return undefined;
  }

  #hasLeft(budget: Budget): boolean {
    const { deadline, work } = budget;
    return this.#clock.now() < deadline && work.upstreamQueries > 0 && !isSpent(work);
  }

  #start(name: Name, budget: Budget): Promise<ZoneStatus> {
    const generation = this.#generation;
    const flight = this.#walk
      .walk(name, budget, (above, ownBudget) => this.status(above, ownBudget))
      .then((status) => {
        if (generation === this.#generation) this.#settle(name, status);
        return status;
      })
      .finally(() => {
        if (this.#flights.get(name) === flight) this.#flights.delete(name);
      });
    this.#flights.set(name, flight);
    return flight;
  }

  #settle(name: Name, status: ZoneStatus): void {
    this.counters[status.kind === "no-cut" ? "noCut" : status.kind] += 1;
    if (status.kind === "indeterminate" && status.isOfFlight) return;
    // A renewal that went wrong takes nothing away.
    const isWorse = status.kind === "indeterminate" || status.kind === "bogus";
    if (isWorse && this.known(name)?.kind === "secure") return;
    this.#settled.set(name, status);
  }
}

/** Whether `status` proves a zone cut at `name`: an opt-out span or a bound reached proves none. */
function isCut(name: Name, status: ZoneStatus): boolean {
  switch (status.kind) {
    case "secure":
      return true;
    case "insecure":
      if (status.cut !== name || status.cause.by === "iterations") return false;
      return status.cause.by !== "delegation" || !status.cause.denial.optOut;
    case "bogus":
      return status.at === name && status.part === "dnskey";
    default:
      return false;
  }
}

function isAgeing({ settledAt, expiresAt }: SecureZone, now: Instant): boolean {
  return now - settledAt >= (expiresAt - settledAt) * AGEING_SHARE;
}

function octetsOf(status: ZoneStatus): number {
  const dnskey = status.kind === "secure" || status.kind === "bogus" ? status.dnskey : undefined;
  return STATUS_OCTETS + octetsOfAnswer(status.ds) + octetsOfAnswer(dnskey);
}

function octetsOfAnswer(answer: HelperAnswer | undefined): number {
  if (answer === undefined) return 0;
  let octets = 0;
  for (const record of answer.answerRecords) octets += RECORD_OCTETS + record.rdata.length;
  for (const record of answer.authorityRecords) octets += RECORD_OCTETS + record.rdata.length;
  return octets;
}
