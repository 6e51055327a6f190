/**
 * All upstreams of one configuration: takes questions, gives responses, and keeps connections in between.
 *
 * This file only puts the parts together and watches over them; who is asked is decided in `router.ts`, what
 * happens to a question in `flight.ts`, connections live in `replicas.ts` and `address.ts`.
 *
 * Source: RFC 7858, RFC 7766, RFC 8310.
 */
import { promised } from "../ports/asking.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Dialer } from "../ports/dialer.ts";
import type { Durations } from "../ports/durations.ts";
import type { Budget, Exchange, Landing, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { Outlook } from "../ports/outlook.ts";
import type { Random } from "../ports/random.ts";
import { UpstreamCounters } from "./counters.ts";
import type { DialTarget } from "./dial-target.ts";
import { questionToText } from "../wire/presentation.ts";
import { Crowd } from "./crowd.ts";
import { Flight, type FlightDeps } from "./flight.ts";
import { Fleet } from "./fleet.ts";
import type { UpstreamOptions } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import type { Replicas } from "./replicas.ts";
import type { Route } from "./route.ts";
import { Router } from "./router.ts";
import type { ServerSnapshot } from "./snapshot.ts";
import type { EncodeFor } from "./server.ts";
import { TimeWheel } from "./time-wheel.ts";
import { Turn } from "./turn.ts";
import type { KnownPlaces } from "./whereabouts.ts";

export interface UpstreamsDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dialer: Dialer<DialTarget>;
  /** Asks a resolver in clear: where a server of a `host` or `discover` is. */
  readonly askPlain: AskPlain;
  readonly encode: EncodeFor;
  /** Operators, the one that is to see the question first. */
  readonly ranked: (question: Question, operators: readonly string[]) => readonly string[];
  /** Runs a task when this turn of the event loop ends. */
  readonly defer: (task: () => void) => void;
  /** Differs when the machine's addresses or routes have changed; `undefined` when nobody can tell. */
  readonly networkFingerprint: () => string | undefined;
  /** TLS sessions of the network we were on must not be used on another. */
  readonly forgetSessions: () => void;
  /** Where the durations of a server go; absent: nowhere. */
  readonly durations?: (server: string) => Durations;
  /** Of the configuration before: they hold until a look-up brings others. */
  readonly knownPlaces?: KnownPlaces;
}

/** Milliseconds between two looks at what nobody asks for: probes of what is down, whether the process slept. */
const BEAT_MS = 1_000;
/** Milliseconds between two beats that mean the process was stopped. */
const SLEPT_MS = 3_000;
/** Milliseconds without a query after which nothing is kept up any more. */
const IN_USE_MS = 30_000;

export class Upstreams implements Exchange {
  readonly counters = new UpstreamCounters();
  readonly #deps: UpstreamsDeps;
  readonly #options: UpstreamOptions;
  readonly #wheel: TimeWheel;
  readonly #fleet: Fleet;
  readonly #router: Router;
  readonly #flightDeps: FlightDeps;
  /** BOUNDED: by `maxInFlight`. */
  readonly #aloft = new Crowd<Flight>();
  #beatAt: Instant;
  #network: string | undefined;
  /** Counts the networks, so that what was seen on one does not hold on the next. */
  #networks = 0;
  #cancelBeat: (() => void) | undefined;
  #isStopped = false;

  constructor(options: UpstreamOptions, deps: UpstreamsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#wheel = new TimeWheel(deps.clock);
    this.#fleet = new Fleet(options, { ...deps, turn: new Turn(deps.defer), counters: this.counters });
    this.#router = new Router(options, this.#fleet.stations, deps);
    this.#beatAt = deps.clock.now();
    this.#network = deps.networkFingerprint();
    this.#flightDeps = {
      wheel: this.#wheel,
      encode: deps.encode,
      counters: this.counters,
      landed: (flight) => {
        this.#aloft.leave(flight);
      },
    };
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    return promised(this.ask, query, budget);
  }

  readonly ask = (query: Query, budget: Budget, landing: Landing): void => {
    const now = this.#deps.clock.now();
    const route = this.#router.routeFor(query.question);
    const refusal = this.#refusal(route, budget, now);
    if (refusal !== undefined || route === undefined) {
      landing.failed(refusal ?? nobody());
      return;
    }
    this.#watch(now);
    if (budget.trace !== undefined) this.#trace(query.question, route, budget, now);
    const flight = new Flight(query, budget, route, now, landing, this.#flightDeps);
    this.#aloft.join(flight);
    flight.start(now);
  };

  get inFlight(): number {
    return this.#aloft.size;
  }

  /** Whether each server that may be asked first minimises by itself. */
  minimises(question: Question): boolean {
    return this.#router.everyFirst(question, allMinimise);
  }

  /** Whether a query could be answered now, as far as is known. */
  isReachable(): boolean {
    return this.#fleet.isReachable(this.#deps.clock.now());
  }

  /** The same, for a server that may see this question. */
  canReach(question: Question): boolean {
    const now = this.#deps.clock.now();
    return this.#router.outlook(question)?.stations.some((replicas) => !replicas.isDown(now)) ?? false;
  }

  /** On the network of now, which is looked at for it. */
  outlook(): Outlook {
    this.#lookAtNetwork();
    const { heardAt } = this.#fleet;
    return { isCutOff: this.#fleet.isCutOff(this.#deps.clock.now()), heardAt, network: this.#networks };
  }

  /**
   * Connections are dead, about to be, or not to be used any more, and backoffs mean nothing. Who calls this logs why:
   * the machine slept, or names are spread anew.
   */
  wakeUp(): void {
    this.#network = this.#deps.networkFingerprint() ?? this.#network;
    this.#networks++;
    this.#deps.forgetSessions();
    this.#fleet.wakeUp(this.#deps.clock.now());
  }

  /** Where the servers are that were looked up. */
  places(): KnownPlaces {
    return this.#fleet.places();
  }

  snapshot(): readonly ServerSnapshot[] {
    return this.#fleet.snapshot();
  }

  /** Ends all connections; what is in flight fails. */
  close(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const error = new ResolutionError("stopped", "the resolver is stopping");
    for (const flight of this.#aloft.members()) flight.abort(error);
    this.#cancelBeat?.();
    this.#wheel.stop();
    this.#fleet.close();
  }

  #refusal(route: Route | undefined, budget: Budget, now: Instant): ResolutionError | undefined {
    if (this.#isStopped) return new ResolutionError("stopped", "the resolver is stopping");
    if (route === undefined) return nobody();
    if (now >= budget.deadline) return new ResolutionError("deadline-exceeded", "no time left to ask");
    if (this.#aloft.size < this.#options.maxInFlight) return undefined;
    this.counters.overloaded++;
    return new ResolutionError("overloaded", "too many queries wait for a response");
  }

  /** Beats while there is something to look after. A beat that comes far too late means that we were stopped. */
  #watch(now: Instant): void {
    if (this.#cancelBeat === undefined) {
      this.#fleet.lookUp(now);
      this.#lookAtNetwork();
      this.#beatAt = now;
      this.#beatLater();
    } else if (now - this.#beatAt > SLEPT_MS) {
      this.#beatAt = now;
      this.#noticeSleep();
    }
  }

  #noticeSleep(): void {
    this.#deps.log.info({}, "woken up: connections are made anew");
    this.wakeUp();
  }

  #lookAtNetwork(): void {
    const before = this.#network;
    const network = this.#deps.networkFingerprint() ?? before;
    this.#network = network;
    if (network === before || before === undefined) return;
    this.#networks++;
    this.#deps.log.info({}, "the network has changed: connections are made anew");
    this.#deps.forgetSessions();
    this.#fleet.networkChanged(this.#deps.clock.now());
  }

  #beatLater(): void {
    this.#cancelBeat = this.#deps.clock.after(BEAT_MS, () => {
      this.#cancelBeat = undefined;
      const now = this.#deps.clock.now();
      if (now - this.#beatAt > SLEPT_MS) this.#noticeSleep();
      else this.#lookAtNetwork();
      this.#beatAt = now;
      // First, and whatever is in flight: a busy resolver has addresses to prove and to look up, too.
      const isInUse = this.#fleet.tend(now, IN_USE_MS) || this.#aloft.size > 0;
      if (isInUse && !this.#isStopped) this.#beatLater();
    });
  }

  #trace(question: Question, { stations }: Route, budget: Budget, now: Instant): void {
    const [first, ...others] = stations.map(({ label }) => label);
    const then = others.length > 0 ? `, ${others.join(", ")} only if that is down` : "";
    const asked = questionToText(question);
    budget.trace?.add({
      at: now,
      stage: "shard",
      text: `${asked} goes to ${first}${then}`,
      detail: {
        selection: this.#options.selection,
        question: asked,
        stations: stations.map(({ label }) => label),
      },
    });
  }
}

function allMinimise({ addresses }: Replicas): boolean {
  return addresses.every(({ server }) => server.options.minimises);
}

function nobody(): ResolutionError {
  return new ResolutionError("upstream-unreachable", "no server takes this name");
}
