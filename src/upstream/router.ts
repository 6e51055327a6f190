/**
 * Who may see a query, and in which order. Servers with `domains` take the names below those and nothing else,
 * and no other server ever sees such a name, but for the DS of zones whose public parent denies it. All other names
 * go by the configured selection:
 *
 * - `sharded`: one station an operator, ranked by the registrable domain; the next one only when the first is down.
 * - `failover`: one station a server, in the order of the configuration.
 * - `round_robin`: the same, but each query starts one further on.
 * - `fastest`: the same, the quickest first; now and then another leads, to notice when that has changed.
 *
 * Source: RFC 8310 §5 (what profiles promise); DESIGN: all queries for one registrable domain go to one operator.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Name, Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { Type } from "../wire/codes.ts";
import { isAtOrBelow } from "../wire/names.ts";
import type { UpstreamOptions } from "./options.ts";
import type { Replicas } from "./replicas.ts";
import type { LeaveWhen, Route } from "./route.ts";

/** Servers that take only what is at or below a domain. */
export interface SplitDomain {
  readonly domain: Name;
  readonly stations: readonly Replicas[];
}

export interface RouterDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Operators, the one that is to see the question first. */
  readonly ranked: (question: Question, operators: readonly string[]) => readonly string[];
}

export interface Stations {
  /** For names that no domain claims. Their labels are operators under `sharded`, servers otherwise. */
  readonly general: readonly Replicas[];
  /** Operators' addresses in clear, by label; only in the opportunistic profile. */
  readonly clear: ReadonlyMap<string, Replicas>;
  readonly split: readonly SplitDomain[];
}

/** One query in so many is led to another server than the fastest. */
const EXPLORE_EVERY = 32;
/** Milliseconds between two rankings by speed. */
const RANK_INTERVAL_MS = 1_000;

/** Zones of every household, delegated without DS: for who validates behind us, their parent has to say so. */
const DELEGATED_INSECURELY: ReadonlySet<Name> = new Set([
  "\x04home\x04arpa\0",
  "\x07service\x04arpa\0",
] as Name[]);

/**
 * Whether only the public parent can answer, whoever serves the zone itself: "The special handling for DS records for
 * the 'home.arpa.' delegation is still required" (RFC 8375 §4; RFC 9665 has the same of service.arpa).
 */
function isOfPublicParent({ qname, qtype }: Question): boolean {
  return qtype === Type.DS && DELEGATED_INSECURELY.has(qname);
}

export class Router {
  readonly #deps: RouterDeps;
  readonly #stations: Stations;
  readonly #selection: UpstreamOptions["selection"];
  readonly #leave: LeaveWhen;
  readonly #leavesOnServfail: boolean;
  /** Longest first. */
  readonly #split: readonly { readonly domain: Name; readonly route: Route }[];
  readonly #operators: readonly string[];
  /** BOUNDED: by the configuration. */
  readonly #byLabel: ReadonlyMap<string, Replicas>;
  readonly #inOrder: Route;
  /** The order beginning at each station. BOUNDED: by the configuration. */
  readonly #rotations: readonly Route[];
  #turn = 0;
  #fastest: Route;
  #rankedAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(
    options: Pick<UpstreamOptions, "selection" | "shardFailover">,
    stations: Stations,
    deps: RouterDeps,
  ) {
    this.#deps = deps;
    this.#stations = stations;
    this.#selection = options.selection;
    const isSharded = options.selection === "sharded";
    this.#leave = !isSharded ? "doubt" : options.shardFailover === "never" ? "never" : "down";
    this.#leavesOnServfail = !isSharded || options.shardFailover === "servfail";
    this.#byLabel = new Map(stations.general.map((replicas) => [replicas.label, replicas]));
    this.#operators = stations.general.map(({ label }) => label);
    this.#split = [...stations.split]
      .sort((a, b) => b.domain.length - a.domain.length)
      .map(({ domain, stations: own }) => ({
        domain,
        route: { stations: own, leave: "doubt", leavesOnServfail: true },
      }));
    this.#inOrder = this.#route(stations.general);
    this.#rotations = stations.general.map((_, first) =>
      this.#route([...stations.general.slice(first), ...stations.general.slice(0, first)]),
    );
    this.#fastest = this.#inOrder;
  }

  /** `undefined`: there is nobody who may see it. */
  routeFor(question: Question): Route | undefined {
    if (!this.#isFirstOpen(question.qname)) return this.outlook(question);
    if (this.#selection === "fastest") return this.#byRoundTrip();
    this.#turn = (this.#turn + 1) % this.#rotations.length;
    return this.#rotations[this.#turn];
  }

  /** For who asks nothing yet: takes no turn. Where each query begins elsewhere, in the order of the configuration. */
  outlook(question: Question): Route | undefined {
    const { general } = this.#stations;
    const isPublic = general.length > 0 && isOfPublicParent(question);
    for (const { domain, route } of this.#split) {
      if (isPublic && domain === question.qname) continue;
      if (isAtOrBelow(question.qname, domain)) return route;
    }
    if (general.length === 0) return undefined;
    if (this.#selection !== "sharded" || general.length === 1) return this.#inOrder;
    const ranked = this.#deps.ranked(question, this.#operators);
    return this.#route(ranked.map((label) => this.#byLabel.get(label)).filter((one) => one !== undefined));
  }

  /** Whether all are `such` of whom one will be asked first. */
  everyFirst(question: Question, such: (replicas: Replicas) => boolean): boolean {
    if (this.#isFirstOpen(question.qname)) return this.#stations.general.every(such);
    const first = this.outlook(question)?.stations[0];
    return first === undefined || such(first);
  }

  /** Whether the name is one that a server of its own `domains` takes. */
  isSplit(qname: Name): boolean {
    return this.#split.some(({ domain }) => isAtOrBelow(qname, domain));
  }

  /** Who is asked first is decided with each query. */
  #isFirstOpen(qname: Name): boolean {
    const isOpen = this.#selection === "round_robin" || this.#selection === "fastest";
    return isOpen && this.#stations.general.length > 1 && !this.isSplit(qname);
  }

  #route(stations: readonly Replicas[]): Route {
    const { clear } = this.#stations;
    const first = stations[0]?.label ?? "";
    const inClear = clear.get(first);
    return {
      stations: inClear === undefined ? stations : [...stations, inClear],
      leave: this.#leave,
      leavesOnServfail: this.#leavesOnServfail,
    };
  }

  #byRoundTrip(): Route {
    const now = this.#deps.clock.now();
    if (now - this.#rankedAt >= RANK_INTERVAL_MS) {
      this.#rankedAt = now;
      this.#fastest = this.#route([...this.#stations.general].sort((a, b) => a.roundTrip - b.roundTrip));
    }
    if (this.#deps.random.below(EXPLORE_EVERY) !== 0) return this.#fastest;
    return this.#rotations[this.#deps.random.below(this.#rotations.length)] ?? this.#fastest;
  }
}
