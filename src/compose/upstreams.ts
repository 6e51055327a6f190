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
import type { Dialer } from "../ports/dialer.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { DoctorFinding, DoctorOptions } from "../ports/operator.ts";
import type { Outlook } from "../ports/outlook.ts";
import type { Random } from "../ports/random.ts";
import { StartError } from "../ports/start-error.ts";
import { type Hop, outgoingQuery } from "../privacy/outgoing-query.ts";
import type { Sharding } from "../privacy/sharding.ts";
import { Flights } from "../resolve/coalesced.ts";
import { scrubbed } from "../resolve/scrubbed.ts";
import type { DialTarget } from "../upstream/dial-target.ts";
import type { AddressAndPort, Proxy, ServerOptions, UpstreamOptions } from "../upstream/options.ts";
import { type AskPlain, createPlainResolver } from "../upstream/plain-resolver.ts";
import { type ServerSnapshot, summed } from "../upstream/snapshot.ts";
import { TlsDialer } from "../upstream/tls-dialer.ts";
import { Upstreams, type UpstreamsDeps } from "../upstream/upstreams.ts";
import type { KnownPlaces } from "../upstream/whereabouts.ts";
import { MAX_MESSAGE_OCTETS } from "../wire/read-message.ts";
import { Views } from "../wire/views.ts";
import { createDanePart } from "./dane-part.ts";
import { checkUpstreams } from "./upstream-checkup.ts";
import { watchNetwork } from "./watched-network.ts";

/** RFC 7858 §3.1. */
const DOT_PORT = 853;
/** RFC 7858 §3.1: clear text never goes to port 853. */
const PLAIN_PORT = 53;

export interface UpstreamPart {
  readonly raw: Exchange;
  figures(): readonly UpstreamFigures[];
  /** Connections opened so far. */
  connectionsOpened(): number;
  /** Whether the server that this question goes to minimises by itself: each, where that is not known yet. */
  minimises(question: Question): boolean;
  /** Queries sent so far. */
  queriesSent(): number;
  /** Whether a query could be answered now, as far as is known. */
  isReachable(): boolean;
  /** The same, for a server that may see this question. */
  canReach(question: Question): boolean;
  /** How those that take any name are doing, on the network of now. */
  outlook(): Outlook;
  /** Asks a resolver that is none of the configuration's, in clear. Counted. */
  readonly askInClear: AskPlain;
  /** The machine slept, or its network changed. */
  networkChanged(): void;
  clearTextQueries(): number;
  /** Where the servers are that were looked up. */
  places(): KnownPlaces;
  /** Records dropped because they answered no question of ours. */
  irrelevantRecords(): number;
  shardFailovers(): number;
  /** For `sotto doctor`. */
  probe(options: DoctorOptions): Promise<readonly DoctorFinding[]>;
  close(): Promise<void>;
}

export interface UpstreamPartDeps {
  readonly config: Config;
  readonly sharding: () => Sharding;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly isClockWrong: () => boolean;
  /** Validation by the anchors in force, over another way to the servers: for TLSA records. */
  readonly validatedOver: (raw: Exchange) => Exchange;
  /** Of the configuration before: they hold until a look-up brings others. */
  readonly knownPlaces?: KnownPlaces;
  /** Of a command that is over in a moment: changes of the network are not waited for. */
  readonly isOneOff?: boolean;
  /** Instead of TLS. */
  readonly dialer?: Dialer<DialTarget>;
}

/** Opens no connection before the first query. @throws {StartError} where a file it names cannot be read. */
export function createUpstreamPart(deps: UpstreamPartDeps): UpstreamPart {
  const { config, clock, random, log, sharding } = deps;
  const { padding, paddingBlock, ecs } = config.privacy;
  const encode = outgoingQuery({ padding, paddingBlock, ecs }, random);
  // For those who copy the message on at once.
  const room = new Views(Buffer.allocUnsafeSlow(MAX_MESSAGE_OCTETS));
  const encodeOnce = outgoingQuery({ padding, paddingBlock, ecs }, random, (octets) => room.upTo(octets));
  const histograms = new Map<string, Histogram>(); // BOUNDED: by the configured servers.
  const hops = new Hops();
  const scrubbing = { irrelevantRecords: 0 };
  const options = upstreamOptions(config);
  const tls = new TlsDialer({
    clock,
    isClockWrong: deps.isClockWrong,
    proxy: options.proxy,
    tlsa: (authName, port) => dane.lookup(authName, port),
  });
  const dialer = deps.dialer ?? tls;
  const network = watchNetwork(config.listen.batchIo !== "off" && deps.isOneOff !== true);
  const askPlain = createPlainResolver({ clock, random });
  const createPool = (own: UpstreamOptions): Upstreams => new Upstreams(own, transport);
  const transport: UpstreamsDeps = {
    clock,
    random,
    log,
    dialer,
    askPlain,
    // The ID is a connection's own: it is set when the query is sent.
    encode: (question, { options: { ecs: own } }, isEncrypted) =>
      encodeOnce(question, 0, hops.of(own, isEncrypted)),
    ranked: (question, operators) => sharding().ranked(question, operators),
    durations: (server) => {
      const histogram = histograms.get(server) ?? new Histogram(UPSTREAM_BOUNDS);
      histograms.set(server, histogram);
      return histogram;
    },
    defer: setImmediate,
    networkFingerprint: network.fingerprint,
    ...(deps.knownPlaces && { knownPlaces: deps.knownPlaces }),
    forgetSessions: () => {
      tls.forgetSessions();
    },
  };
  const upstreams = createPool(options);
  // Helpers of different flights ask the same: one exchange serves them all.
  const rawOver = (pool: Upstreams): Exchange =>
    new Flights(scrubbed(pool, scrubbing), { clock, random }, { maxFlights: options.maxInFlight });
  const { validatedOver } = deps;
  const { queryTimeout } = config.upstream;
  const dane = createDanePart(options, { clock, queryTimeout, createPool, rawOver, validatedOver });
  const pools = dane.pool === undefined ? [upstreams] : [upstreams, dane.pool];
  const snapshot = (): ServerSnapshot[] => summed(pools.map((pool) => pool.snapshot()));
  return {
    raw: rawOver(upstreams),
    irrelevantRecords: () => scrubbing.irrelevantRecords,
    figures: () => snapshot().map((server) => figuresOf(server, histograms)),
    connectionsOpened: () => upstreams.counters.connectionsOpened,
    minimises: (question) => upstreams.minimises(question),
    queriesSent: () => snapshot().reduce((sum, server) => sum + server.queries, 0),
    isReachable: () => upstreams.isReachable(),
    canReach: (question) => upstreams.canReach(question),
    outlook: () => upstreams.outlook(),
    askInClear: (...asked) => {
      upstreams.counters.clearTextQueries++;
      return askPlain(...asked);
    },
    networkChanged: () => {
      for (const pool of pools) pool.wakeUp();
    },
    clearTextQueries: () => upstreams.counters.clearTextQueries,
    shardFailovers: () => upstreams.counters.shardFailovers,
    places: () => upstreams.places(),
    probe: ({ minimisation = false }) =>
      checkUpstreams(options, {
        askPlain,
        clock,
        probeDeps: (server) => ({
          clock,
          random,
          dialer,
          minimisation,
          ...(server.domains[0] !== undefined && { domain: server.domains[0] }),
          encode: (question, id) => encode(question, id, hops.of(server.ecs, server.transport === "tls")),
        }),
        circumstances: { now: clock.wall(), validates: config.dnssec.mode === "validate" },
      }),
    close: () => {
      for (const pool of pools) pool.close();
      network.close();
      return Promise.resolve();
    },
  };
}

/** What a query for a server differs in; the same object for the same server, not one a query. */
class Hops {
  /** BOUNDED: by three kinds of ECS, sealed and clear. */
  readonly #hops = new Map<string, Hop>();

  of(ecs: Hop["ecs"], isEncrypted: boolean): Hop | undefined {
    if (ecs === undefined && isEncrypted) return undefined;
    const key = `${ecs} ${isEncrypted}`;
    const known = this.#hops.get(key);
    if (known !== undefined) return known;
    const hop: Hop = { ...(ecs && { ecs }), ...(!isEncrypted && { clear: true }) };
    this.#hops.set(key, hop);
    return hop;
  }
}

function upstreamOptions({ upstream }: Config): UpstreamOptions {
  const { profile, selection, shardFailover, connections, idleTimeout, connectTimeout, maxInFlight, proxy } =
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
    servers: upstream.servers.map((server) => serverOptions(server, proxy !== undefined)),
    ...(proxy && { proxy: proxyOptions(proxy) }),
  };
}

function serverOptions(server: ServerConfig, isProxied: boolean): ServerOptions {
  const { name, operator, pins, pinPolicy, dane, domains, transport, minimises, ecs, host } = server;
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
    ...(host !== undefined && whereHostIs(host, transport, isProxied)),
    ...(server.discover !== undefined && { discover: addressAndPort(server.discover) }),
    ...(ecs !== undefined && { ecs }),
    ...(server.caFile !== undefined && { ca: textOf(server.caFile) }),
  };
}

/** A proxy looks the name up itself; without one `bootstrap` does. */
function whereHostIs(
  name: string,
  transport: ServerOptions["transport"],
  isProxied: boolean,
): Partial<ServerOptions> {
  const port = transport === "plain" ? PLAIN_PORT : DOT_PORT;
  return isProxied ? { addresses: [{ address: name, port }] } : { host: { name, port } };
}

function proxyOptions({ host, port, username, password }: NonNullable<Config["upstream"]["proxy"]>): Proxy {
  return { host, port, ...(username !== undefined && { user: username, password: password ?? "" }) };
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

function figuresOf(server: ServerSnapshot, histograms: ReadonlyMap<string, Histogram>): UpstreamFigures {
  const { name, operator, queries, failures, connections, handshakes, unauthenticated, clear } = server;
  return {
    label: name,
    operator,
    queries,
    failures,
    connections,
    handshakes,
    unproven: { encrypted: unauthenticated, clear },
    durations: (histograms.get(name) ?? new Histogram(UPSTREAM_BOUNDS)).figures(),
  };
}
