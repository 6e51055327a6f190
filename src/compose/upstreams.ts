/**
 * The upstreams of a configuration: what the transport needs from the outside, and what others want to know
 * of it.
 */
import { readFileSync } from "node:fs";
import type { SocketAddress } from "../config/addresses.ts";
import type { Config, ServerConfig } from "../config/config.ts";
import { Histogram, UPSTREAM_BOUNDS } from "../observe/histogram.ts";
import type { UpstreamFigures } from "../observe/resolver-figures.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import type { Random } from "../ports/random.ts";
import { StartError } from "../ports/start-error.ts";
import { outgoingQuery } from "../privacy/outgoing-query.ts";
import type { Sharding } from "../privacy/sharding.ts";
import { Flights } from "../resolve/coalesced.ts";
import type { AddressAndPort, ServerOptions, UpstreamOptions } from "../upstream/options.ts";
import type { Reachable } from "../upstream/plan.ts";
import { SessionTickets } from "../upstream/session-tickets.ts";
import { createTlsDialer } from "../upstream/tls-dialer.ts";
import { Upstreams } from "../upstream/upstreams.ts";
import { questionKey } from "../wire/names.ts";

export interface UpstreamPart {
  readonly raw: Exchange;
  figures(): readonly UpstreamFigures[];
  /** Connections opened so far. */
  connectionsOpened(): number;
  /** Whether the server that this question goes to minimises by itself. */
  minimises(question: Question): boolean;
  /** Whether a query could be sent now, as far as is known. */
  isReachable(): boolean;
  /** The machine slept, or its network changed. */
  networkChanged(): void;
  clearTextQueries(): number;
  shardFailovers(): number;
  probe(): Promise<readonly DoctorFinding[]>;
  close(): Promise<void>;
}

export interface UpstreamPartDeps {
  readonly config: Config;
  readonly sharding: () => Sharding;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly isClockWrong: () => boolean;
}

/** Opens no connection before the first query. @throws {StartError} where a file it names cannot be read. */
export function createUpstreamPart(deps: UpstreamPartDeps): UpstreamPart {
  const { config, clock, random, log, sharding } = deps;
  const { padding, paddingBlock, ecs } = config.privacy;
  const encode = outgoingQuery({ padding, paddingBlock, ecs }, random);
  const histograms = new Map<string, Histogram>(); // BOUNDED: by the configured servers.
  const tickets = new SessionTickets();
  const options = upstreamOptions(config);
  const dialer = createTlsDialer(
    { connectTimeout: options.connectTimeout, isOpportunistic: options.profile === "opportunistic" },
    { clock, tickets, isClockRight: () => !deps.isClockWrong() },
  );
  const upstreams = new Upstreams(options, {
    clock,
    random,
    log,
    dialer,
    // The ID is a connection's own: it is set when the query is sent.
    encode: (question, server) =>
      encode(question, 0, server.ecs === undefined ? undefined : { ecs: server.ecs }),
    ranked: (question, operators) => sharding().ranked(question, operators),
    durations: ({ name }) => {
      const histogram = new Histogram(UPSTREAM_BOUNDS);
      histograms.set(name, histogram);
      return histogram;
    },
    defer: setImmediate,
  });
  // Helpers of different flights ask the same: one exchange serves them all.
  const raw = new Flights(upstreams, clock, { maxFlights: options.maxInFlight });
  return {
    raw,
    figures: () => upstreams.servers.map((server) => figuresOf(server, histograms)),
    connectionsOpened: () => upstreams.opened,
    minimises: (question) => {
      const query = { question, key: questionKey(question), purpose: "client" } as const;
      return upstreams.firstFor(query)?.options.minimises ?? true;
    },
    isReachable: () => upstreams.isReachable,
    networkChanged: () => {
      tickets.clear();
      upstreams.reset();
    },
    clearTextQueries: () => sum(upstreams.servers.map(({ server }) => server.counters.clear)),
    shardFailovers: () => sum(upstreams.servers.map(({ server }) => server.counters.failures.operator_down)),
    probe: () => Promise.resolve([]),
    close: () => {
      upstreams.close();
      return Promise.resolve();
    },
  };
}

function upstreamOptions({ upstream }: Config): UpstreamOptions {
  const { profile, selection, shardFailover, connections, idleTimeout, connectTimeout, maxInFlight } =
    upstream;
  return {
    profile,
    selection,
    shardFailover,
    connections,
    idleTimeout,
    connectTimeout,
    maxInFlight,
    bootstrap: upstream.bootstrap.map(addressAndPort),
    servers: upstream.servers.map(serverOptions),
  };
}

function serverOptions(server: ServerConfig): ServerOptions {
  const { name, operator, pins, pinPolicy, dane, domains, transport, minimises, ecs } = server;
  return {
    name,
    operator,
    addresses: server.addresses.map(addressAndPort),
    authName: server.authName ?? "",
    pins,
    pinPolicy,
    dane,
    domains,
    transport,
    minimises,
    ...(ecs !== undefined && { ecs }),
    ...(server.caFile !== undefined && { ca: textOf(server.caFile) }),
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw new StartError(`ca_file ${path} cannot be read (${code}); correct the path or its rights`);
  }
}

function addressAndPort({ ip, port, scope }: SocketAddress): AddressAndPort {
  return { address: scope === undefined ? ip : `${ip}%${scope}`, port };
}

function figuresOf(
  { server, pools }: Reachable,
  histograms: ReadonlyMap<string, Histogram>,
): UpstreamFigures {
  const { options, counters } = server;
  const connections: Record<string, number> = { connecting: 0, open: 0, suspect: 0, draining: 0 };
  for (const { phase } of pools.flatMap((pool) => pool.connections)) {
    connections[phase] = (connections[phase] ?? 0) + 1;
  }
  return {
    label: options.name,
    operator: options.operator,
    queries: counters.queries,
    failures: counters.failures,
    connections,
    handshakes: { full: counters.handshakesFull, resumed: counters.handshakesResumed },
    durations: (histograms.get(options.name) ?? new Histogram(UPSTREAM_BOUNDS)).figures(),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
