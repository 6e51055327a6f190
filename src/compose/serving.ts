/**
 * From the `answers` exchange to a handler of packets: cache, flights, clients that wait. One a
 * configuration; the store is handed on from the one before, so that a reload keeps the cache.
 */
import type { Failures } from "../cache/failures.ts";
import type { Store } from "../cache/store.ts";
import type { Config } from "../config/config.ts";
import { withoutPrivateAddresses } from "../local/rebinding.ts";
import { Histogram, RESPONSE_BOUNDS } from "../observe/histogram.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange, Response } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import { Flights } from "../resolve/coalesced.ts";
import { Misses } from "../resolve/misses.ts";
import { rememberingFailures } from "../resolve/remembering-failures.ts";
import { type LocalAnswers, QueryServer } from "../resolve/serve.ts";
import { ServeCounters } from "../resolve/serve-counters.ts";
import type { Synthesis } from "../resolve/synthesis.ts";
import { stored } from "../resolve/stored.ts";
import type { PortalPart } from "./portal-part.ts";
import type { UpstreamPart } from "./upstreams.ts";

/** Numbers that go on through a reload. */
export class ServingFigures {
  readonly durations = {
    cache: new Histogram(RESPONSE_BOUNDS),
    upstream: new Histogram(RESPONSE_BOUNDS),
    local: new Histogram(RESPONSE_BOUNDS),
  };
  readonly counters = new ServeCounters(this.durations);
  readonly rewriting = { blockedTargets: 0, privateAddresses: 0 };
}

export interface ServingDeps {
  readonly config: Config;
  /** Past the cache: validation, privacy, upstreams. */
  readonly resolved: Exchange;
  readonly local: LocalAnswers;
  readonly store: Store;
  readonly failures: Failures;
  readonly upstreams: Pick<UpstreamPart, "canReach">;
  /** Whether one more query may leave for no client. */
  readonly mayPrefetch: () => boolean;
  readonly synthesis: Synthesis | undefined;
  /** Where probe names may go to the network's own resolver. */
  readonly portal?: PortalPart | undefined;
  readonly figures: ServingFigures;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Serving {
  readonly server: QueryServer;
  readonly misses: Misses;
  /** Resolves and stores, without looking at the cache first and without joining a flight. */
  readonly storing: Exchange;
  /** The whole miss path. */
  readonly answers: Exchange;
}

export function createServing(deps: ServingDeps): Serving {
  const { config, store, failures, synthesis, upstreams, portal, clock, random, local, log } = deps;
  const { cache, upstream } = config;
  const { counters } = deps.figures;
  const generation = (): number => local.generation;

  // Order, outermost first. Each name says what it adds to the one inside.
  const storing = stored(
    deps.resolved, // innermost here: only what came out of validation is kept
    {
      minTtl: cache.minTtl / 1_000,
      maxTtl: cache.maxTtl / 1_000,
      maxNegativeTtl: cache.maxNegativeTtl / 1_000,
      serveStale: cache.serveStale,
    },
    {
      store,
      failures,
      clock,
      generation,
      isAnsweredHere: (question) => local.isAnswered(question),
      ...(synthesis && { learn: (response) => learn(response, synthesis) }),
    },
  );
  const sparing = rememberingFailures(storing, failures); // outside storing: a fault is not data
  const coalesced = new Flights(sparing, { clock, random }, { maxFlights: upstream.maxInFlight }); // a herd stores once
  // Outside of all that keeps or shares anything: what the network says of a probe is for who asked, and for now.
  const answers = portal?.released(coalesced) ?? coalesced;

  const misses = new Misses(
    {
      queryTimeout: upstream.queryTimeout,
      staleAfter: cache.staleAfter,
      maxWaiting: upstream.maxInFlight * CLIENTS_A_FLIGHT,
    },
    {
      answers,
      store,
      generation,
      isReachable: (question) => upstreams.canReach(question),
      ...(portal && { isReleased: (question) => portal.isReleased(question) }),
      mayPrefetch: deps.mayPrefetch,
      clock,
      random,
      counters,
      onBug: bugReporter(log),
    },
  );
  const server = new QueryServer(
    { serveStale: cache.serveStale, prefetch: cache.prefetch },
    { store, synthesis, local, misses, clock, counters },
  );
  return { server, misses, storing: portal?.released(storing) ?? storing, answers };
}

/** A wildcard with private addresses is fine for the name that asked for it, perhaps not for the next. */
function learn(response: Response, synthesis: Synthesis): void {
  if (withoutPrivateAddresses(response.answer) === response.answer) synthesis.learn(response);
}

export function bugReporter(log: Log): (error: unknown) => void {
  return (error) => {
    log.error({ error: stackOf(error) }, "a lookup failed for a reason of our own");
  };
}

/** Clients that may wait for the flights there are: as BIND's clients-per-query, on average. */
const CLIENTS_A_FLIGHT = 4;

/** Where a bug is, without its message: that might hold a name. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return [error.name, ...frames.slice(0, 4).map((line) => line.trim())].join(" ");
}
