/**
 * All upstreams of a configuration behind one `Exchange`: plans who may see a query, sends it, and keeps the
 * connections. It knows nothing of caches or verdicts.
 *
 * Source: RFC 7858, RFC 7766, RFC 8310, RFC 9210.
 */
import type { Clock } from "../ports/clock.ts";
import type { Dialer } from "../ports/dialer.ts";
import type { Durations } from "../ports/durations.ts";
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { AddressPool, PROBE_QUESTION, type Target } from "./address-pool.ts";
import { Asking, type AskingDeps } from "./asking.ts";
import type { ServerOptions, UpstreamOptions } from "./options.ts";
import { Planner, type Reachable } from "./plan.ts";
import { createServer, type Server } from "./server.ts";
import { TimeWheel } from "./time-wheel.ts";
import { Turn } from "./turn.ts";

export interface UpstreamDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dialer: Dialer<Target>;
  /** The whole message for a server, its ID at octets 0 and 1. */
  readonly encode: (question: Question, server: ServerOptions) => Uint8Array;
  /** Operators, the one that is to see the question first. */
  readonly ranked: (question: Question, operators: readonly string[]) => readonly string[];
  /** Where the times of one server go. */
  readonly durations: (server: ServerOptions) => Durations | undefined;
  /** Runs a task when the current turn of the event loop ends. */
  readonly defer: (task: () => void) => void;
}

const OVERLOADED = new ResolutionError("overloaded", "too many queries wait for an upstream");
const STOPPED = new ResolutionError("stopped", "the upstreams are closed");

export class Upstreams implements Exchange {
  readonly #options: UpstreamOptions;
  readonly #deps: UpstreamDeps;
  readonly #wheel: TimeWheel;
  readonly #planner: Planner;
  readonly #reachable: readonly Reachable[];
  readonly #asking: AskingDeps;
  #inFlight = 0;
  #isClosed = false;
  /** Connections opened so far. */
  opened = 0;

  constructor(options: UpstreamOptions, deps: UpstreamDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#wheel = new TimeWheel(deps.clock);
    const turn = new Turn(deps.defer);
    this.#reachable = options.servers.map((serverOptions) => {
      const server = createServer(serverOptions, deps.durations(serverOptions));
      return { server, pools: serverOptions.addresses.map((address) => this.#pool(server, address, turn)) };
    });
    this.#planner = new Planner(options, this.#reachable, deps);
    this.#asking = {
      wheel: this.#wheel,
      now: () => deps.clock.now(),
      encode: (question, pool) => deps.encode(question, pool.server.options),
      onDone: () => {
        this.#inFlight--;
      },
    };
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    if (this.#isClosed) return Promise.reject(STOPPED);
    if (this.#inFlight >= this.#options.maxInFlight) return Promise.reject(OVERLOADED);
    const plan = this.#planner.planFor(query);
    const first = plan.stages[0]?.[0];
    if (budget.trace !== undefined && first !== undefined) {
      const { operator } = first.server.options;
      const text = plan.isSharded
        ? `the operator of this registrable domain is ${operator}`
        : `first choice ${operator}`;
      budget.trace.add({ at: this.#deps.clock.now(), stage: "shard", text, detail: { operator } });
    }
    this.#inFlight++;
    return new Promise<Response>((resolve, reject) => {
      new Asking(query, budget, plan, { resolve, reject }, this.#asking).start();
    });
  }

  /** Queries that wait for a response. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether any address is up, or has not been found down. */
  get isReachable(): boolean {
    return this.#reachable.some(({ pools }) => pools.some(({ health }) => health !== "down"));
  }

  get servers(): readonly Reachable[] {
    return this.#reachable;
  }

  /** The server that would be asked first. */
  firstFor(query: Query): Server | undefined {
    return this.#planner.planFor(query).stages[0]?.[0]?.server;
  }

  /** The machine slept, or its network is another: old connections and old grudges mean nothing. */
  reset(): void {
    for (const { pools } of this.#reachable) for (const pool of pools) pool.reset();
  }

  close(): void {
    this.#isClosed = true;
    for (const { pools } of this.#reachable) for (const pool of pools) pool.close();
    this.#wheel.stop();
  }

  #pool(server: Server, address: Target["address"], turn: Turn): AddressPool {
    const { clock, random, log, dialer, encode } = this.#deps;
    const { connections: maxConnections, idleTimeout } = this.#options;
    return new AddressPool(
      { server, address },
      { maxConnections, idleTimeout },
      {
        clock,
        random,
        log,
        turn,
        dialer,
        encodeProbe: ({ options }) => encode(PROBE_QUESTION, options),
        onOpened: () => {
          this.opened++;
        },
      },
    );
  }
}
