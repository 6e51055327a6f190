/** `Upstreams` on a simulated network, and clients that keep account of what became of each query. */
import type { Budget, Query, Response } from "../../src/ports/exchange.ts";
import { ResolutionError, type ResolutionFault } from "../../src/ports/fault.ts";
import type { Name, Question } from "../../src/ports/message.ts";
import type { Trace } from "../../src/ports/trace.ts";
import { outgoingQuery } from "../../src/privacy/outgoing-query.ts";
import { budgetUntil } from "../../src/resolve/budget.ts";
import type { ServerOptions, UpstreamOptions } from "../../src/upstream/options.ts";
import type { AskPlain } from "../../src/upstream/plain-resolver.ts";
import { Upstreams } from "../../src/upstream/upstreams.ts";
import { questionKey } from "../../src/wire/names.ts";
import { ManualClock, settle } from "./manual-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SilentLog } from "./silent-log.ts";
import { SimulatedNetwork } from "./simulated-network.ts";

const TYPE_AAAA = 28;
/** Milliseconds; the default of `upstream.query_timeout`. */
const QUERY_TIMEOUT_MS = 4_000;

/** What became of one query. */
export interface Fate {
  readonly serial: number;
  /** Milliseconds of the clock. */
  readonly askedAt: number;
  /** How often its promise was settled: 1 in the end. */
  settled: number;
  took?: number;
  kind?: "right" | "servfail" | "wrong" | ResolutionFault;
  upstream?: string;
}

export interface AskOptions {
  /** Label of a server. */
  readonly avoid?: string;
  readonly trace?: Trace;
  /** What the flight may send. */
  readonly upstreamQueries?: number;
}

export interface SimulationOptions {
  /** Addresses by operator; each address is a server of its own, called as the address. */
  readonly operators: Readonly<Record<string, readonly string[]>>;
  readonly upstream?: Partial<UpstreamOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly seed?: number;
  /** Whom a resolver in clear names. */
  readonly askPlain?: AskPlain;
}

export class Simulation {
  readonly clock = new ManualClock();
  readonly network = new SimulatedNetwork(this.clock);
  readonly log = new SilentLog();
  readonly fates: Fate[] = [];
  readonly upstreams: Upstreams;
  /** What `networkFingerprint` gives. */
  fingerprint: string | undefined = "home";
  sessionsForgotten = 0;

  constructor({ operators, upstream, server, seed = 7, askPlain }: SimulationOptions) {
    const random = new SeededRandom(seed);
    const encode = outgoingQuery({ padding: "block", paddingBlock: 128, ecs: "zero" }, random);
    const servers = Object.entries(operators).flatMap(([operator, addresses]) =>
      addresses.map((address) => ({ ...serverAt(operator, address), ...server })),
    );
    const options: UpstreamOptions = {
      profile: "strict",
      selection: "sharded",
      shardFailover: "down",
      connections: 2,
      idleTimeout: 8_000,
      connectTimeout: 3_000,
      maxInFlight: 4_096,
      bootstrap: [],
      servers,
      ...upstream,
    };
    this.upstreams = new Upstreams(options, {
      clock: this.clock,
      random,
      log: this.log,
      dialer: this.network,
      askPlain: askPlain ?? (() => Promise.resolve("nobody is asked in clear")),
      encode: (question) => encode(question, 0),
      // Odd serials to the operators in order, even ones in the reverse: both are in use.
      ranked: ({ qname }, labels) => (serialOf(qname) % 2 === 1 ? labels : [...labels].reverse()),
      defer: (task) => void this.clock.after(0, task),
      networkFingerprint: () => this.fingerprint,
      forgetSessions: () => {
        this.sessionsForgotten++;
      },
    });
  }

  /** Asks the name of that number now; what becomes of it is in the fate. */
  ask(serial: number, { avoid, trace, upstreamQueries }: AskOptions = {}): Fate {
    const askedAt = this.clock.now();
    const fate: Fate = { serial, askedAt, settled: 0 };
    this.fates.push(fate);
    const settledAs = (kind: NonNullable<Fate["kind"]>): void => {
      fate.settled++;
      fate.took = this.clock.now() - askedAt;
      fate.kind = kind;
    };
    const budget: Budget = budgetUntil(askedAt + QUERY_TIMEOUT_MS, trace);
    if (upstreamQueries !== undefined) budget.work.upstreamQueries = upstreamQueries;
    this.upstreams.exchange({ ...queryFor(serial), ...(avoid !== undefined && { avoid }) }, budget).then(
      (response) => {
        fate.upstream = response.upstream;
        settledAs(judge(response, serial));
      },
      (error: unknown) => {
        if (!(error instanceof ResolutionError)) throw error;
        settledAs(error.fault);
      },
    );
    return fate;
  }

  /** Moves time on by `ms`, letting promises settle every `step`. */
  async pass(ms: number, step = 5): Promise<void> {
    await this.clock.advanceAsync(ms, step);
    await settle();
  }

  /** Asks `count` names, one each `interval` milliseconds; gives their fates, which may still be open. */
  async stream(count: number, interval: number): Promise<Fate[]> {
    const fates: Fate[] = [];
    for (let i = 0; i < count; i++) {
      fates.push(this.ask(this.fates.length));
      await this.pass(interval, Math.min(interval, 5));
    }
    return fates;
  }

  /** Asks one name and waits for what becomes of it. */
  async one(serial: number, options: AskOptions = {}): Promise<Fate> {
    const fate = this.ask(serial, options);
    while (fate.settled === 0) await this.pass(5);
    return fate;
  }

  /** Waits until every query asked has its fate. */
  async land(): Promise<void> {
    while (this.fates.some(({ settled }) => settled === 0)) await this.pass(50);
  }
}

/** Milliseconds within which 99 of 100 had their fate. */
export function p99(fates: readonly Fate[]): number {
  const took = fates.map((fate) => fate.took ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return took[Math.min(took.length - 1, Math.floor(took.length * 0.99))] ?? Number.NaN;
}

export function kinds(fates: readonly Fate[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of fates) counts[kind ?? "open"] = (counts[kind ?? "open"] ?? 0) + 1;
  return counts;
}

export function serverAt(operator: string, address: string): ServerOptions {
  return {
    name: address,
    operator,
    addresses: [{ address, port: 853 }],
    authName: "dot.example.net",
    pins: [],
    pinPolicy: "name_and_pin",
    dane: false,
    domains: [],
    transport: "tls",
    minimises: true,
  };
}

function questionFor(serial: number): Question {
  const label = `q${serial}`;
  const qname = `${String.fromCharCode(label.length)}${label}\x07example\x03com\0` as Name;
  return { qname, qtype: TYPE_AAAA, qclass: 1 };
}

function queryFor(serial: number): Query {
  const question = questionFor(serial);
  return { question, key: questionKey(question), purpose: "client" };
}

function serialOf(qname: Name): number {
  return Number(/^.q(\d+)/s.exec(qname)?.[1] ?? 0);
}

function judge({ rcode, answer }: Response, serial: number): "right" | "servfail" | "wrong" {
  if (rcode !== 0) return "servfail";
  const rdata = answer[0]?.rdata;
  return rdata?.length === 16 && Buffer.from(rdata).readUInt32BE(12) === serial ? "right" : "wrong";
}
