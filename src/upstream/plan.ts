/**
 * Who may see a query, and in which order: servers of their own `domains` first and alone, then by the
 * configured selection. Under `sharded` each registrable domain has one operator, and a second one sees its
 * names only where the first gives no answer at all.
 *
 * Source: RFC 8310 §5 (profiles say nothing of order); draft-arkko-abcd-distributed-resolver-selection.
 */
import type { Query } from "../ports/exchange.ts";
import type { Name, Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { isAtOrBelow } from "../wire/names.ts";
import type { AddressPool } from "./address-pool.ts";
import type { Server } from "./server.ts";
import type { UpstreamOptions } from "./options.ts";

export interface Plan {
  /** Addresses by stage: a later stage is only asked where the one before fails. */
  readonly stages: readonly (readonly AddressPool[])[];
  /** Stages are operators that are to see as little as possible of each other's names. */
  readonly isSharded: boolean;
  /** Whether the next stage may be asked when the one before gives no answer at all. */
  readonly moveOnDown: boolean;
  /** Whether the next stage may be asked when the one before answers SERVFAIL. */
  readonly moveOnFailure: boolean;
  /** Nobody else may be asked in place of the server to avoid: a fresh connection is the least. */
  readonly fresh: boolean;
}

/** A server with its addresses as they are now: those of a host name or a discovery may change. */
export interface Reachable {
  readonly server: Server;
  pools: readonly AddressPool[];
}

export interface PlannerDeps {
  readonly random: Random;
  /** Operators, the one that is to see the question first. */
  readonly ranked: (question: Question, operators: readonly string[]) => readonly string[];
}

/** One query in so many tries another than the fastest, to notice when that has changed. */
const EXPLORE_EVERY = 32;

export class Planner {
  readonly #options: UpstreamOptions;
  readonly #deps: PlannerDeps;
  /** Servers for every name, by operator in the order of the configuration. BOUNDED: by the configuration. */
  readonly #operators = new Map<string, Reachable[]>();
  readonly #names: readonly string[];
  readonly #split: readonly Reachable[];
  #turn = 0;

  constructor(options: UpstreamOptions, servers: readonly Reachable[], deps: PlannerDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#split = servers.filter(({ server }) => server.options.domains.length > 0);
    for (const reachable of servers) {
      const { operator, domains } = reachable.server.options;
      if (domains.length > 0) continue;
      const replicas = this.#operators.get(operator);
      if (replicas === undefined) this.#operators.set(operator, [reachable]);
      else replicas.push(reachable);
    }
    this.#names = [...this.#operators.keys()];
  }

  planFor(query: Query): Plan {
    const plan = this.#splitPlan(query.question.qname) ?? this.#generalPlan(query.question);
    return query.avoid === undefined ? plan : avoiding(plan, query.avoid);
  }

  /** Servers whose domain is the longest that holds the name; nobody else may see it. */
  #splitPlan(qname: Name): Plan | undefined {
    let longest = -1;
    let stage: AddressPool[] = [];
    for (const { server, pools } of this.#split) {
      for (const domain of server.options.domains) {
        if (!isAtOrBelow(qname, domain) || domain.length < longest) continue;
        if (domain.length > longest) stage = [];
        longest = domain.length;
        stage.push(...pools);
      }
    }
    if (longest < 0) return undefined;
    return { stages: [stage], isSharded: false, moveOnDown: false, moveOnFailure: false, fresh: false };
  }

  #generalPlan(question: Question): Plan {
    switch (this.#options.selection) {
      case "sharded": {
        const { shardFailover } = this.#options;
        const names = this.#names.length > 1 ? this.#deps.ranked(question, this.#names) : this.#names;
        return {
          stages: names.map((name) => this.#poolsOf(name)),
          isSharded: true,
          moveOnDown: shardFailover !== "never",
          moveOnFailure: shardFailover === "servfail",
          fresh: false,
        };
      }
      case "failover":
        return open(this.#names.map((name) => this.#poolsOf(name)));
      case "round_robin": {
        const pools = this.#all();
        const first = this.#turn++ % Math.max(pools.length, 1);
        return open([...pools.slice(first), ...pools.slice(0, first)].map((pool) => [pool]));
      }
      case "fastest":
        return open(this.#byRoundTrip().map((pool) => [pool]));
    }
  }

  #poolsOf(operator: string): readonly AddressPool[] {
    const replicas = this.#operators.get(operator) ?? [];
    return replicas.length === 1 ? replicas[0]!.pools : replicas.flatMap(({ pools }) => pools);
  }

  #all(): readonly AddressPool[] {
    return this.#names.flatMap((name) => this.#poolsOf(name));
  }

  /** By smoothed round trip, the unmeasured first; now and then another one leads. Addresses that are down last. */
  #byRoundTrip(): readonly AddressPool[] {
    const pools = [...this.#all()].sort((a, b) => rank(a) - rank(b));
    if (pools.length > 1 && this.#deps.random.below(EXPLORE_EVERY) === 0) {
      const [explored] = pools.splice(1 + this.#deps.random.below(pools.length - 1), 1);
      if (explored !== undefined && explored.health !== "down") pools.unshift(explored);
      else if (explored !== undefined) pools.push(explored);
    }
    return pools;
  }
}

/** Any server may see any name: those known to be down come last. */
function open(wanted: readonly (readonly AddressPool[])[]): Plan {
  const isDown = (stage: readonly AddressPool[]): boolean => stage.every(({ health }) => health === "down");
  const stages = wanted.some(isDown)
    ? [...wanted.filter((s) => !isDown(s)), ...wanted.filter(isDown)]
    : wanted;
  return { stages, isSharded: false, moveOnDown: true, moveOnFailure: true, fresh: false };
}

function rank(pool: AddressPool): number {
  return pool.health === "down" ? Number.MAX_VALUE : (pool.roundTrip.smoothed ?? 0);
}

/** Without the server to avoid, among those that might see the name anyway; else over a fresh connection. */
function avoiding(plan: Plan, label: string): Plan {
  const among = plan.isSharded ? plan.stages.slice(0, 1) : plan.stages;
  const stages = among
    .map((stage) => stage.filter((pool) => pool.server.options.name !== label))
    .filter((stage) => stage.length > 0);
  return stages.length > 0 ? { ...plan, stages } : { ...plan, fresh: true };
}
