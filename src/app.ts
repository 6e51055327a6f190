/**
 * The running program: the resolver of the present configuration with its listeners, metrics and state.
 * Starts, reloads and stops as a whole; every socket and timer opened here is closed here.
 */
import type { Beside } from "./compose/beside.ts";
import type { CacheFile } from "./compose/cache-file.ts";
import { changesThatNeedRestart } from "./compose/fixed-keys.ts";
import { Handover } from "./compose/handover.ts";
import {
  admissionOptions,
  dropPrivileges,
  type ListenPart,
  openListenPart,
  userToBecome,
} from "./compose/listening.ts";
import { type Observation, openObservation } from "./compose/observation.ts";
import { Resolver } from "./compose/resolver.ts";
import { collectGarbage, QuietCollection } from "./compose/quiet-collection.ts";
import { StartError } from "./ports/start-error.ts";
import { SystemClock, SystemRandom } from "./compose/system.ts";
import type { Config } from "./config/config.ts";
import type { Owner } from "./directories.ts";
import { type BindFault, describeBindFault } from "./listen/bind-fault.ts";
import { createDrops, createRefused, type ListenCounts } from "./listen/drops.ts";
import { loadLinuxSockets } from "./listen/linux-sockets.ts";
import { type ActivatedSocket, activatedSockets } from "./listen/socket-activation.ts";
import { addFigures } from "./observe/added-figures.ts";
import type { Health } from "./observe/http-endpoint.ts";
import type { ProgramLog } from "./observe/log.ts";
import { queryLogged } from "./observe/query-log.ts";
import { sum } from "./observe/query-rate.ts";
import type { ResolverFigures } from "./observe/resolver-figures.ts";
import type { Name, Question } from "./ports/message.ts";
import type { NetworkResolvers } from "./ports/network-resolvers.ts";
import type { DoctorFinding, DoctorOptions, Lookup, LookupOptions, Operator } from "./ports/operator.ts";

export interface AppEnvironment {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: ProgramLog;
  /** Of a process that serves beside the first one. */
  readonly beside?: Beside;
  /** Of a command that is over in a moment: what the service keeps in files is not its to bring up to date. */
  readonly isOneOff?: boolean;
  /** Figures of the processes beside this one, for one page of metrics. */
  readonly others?: () => readonly ResolverFigures[];
  /** Told when the file of trust anchors puts other keys in force (RFC 5011): those processes have read it before. */
  readonly onAnchorsWritten?: () => void;
  /** Instead of what this system keeps: where the network is played. */
  readonly networkResolvers?: NetworkResolvers;
}

/** Where the program serves. */
export interface Started {
  /** As bound: a port of 0 has become a real one. */
  readonly listeners: readonly {
    readonly transport: "udp" | "tcp";
    readonly host: string;
    readonly port: number;
  }[];
  /** Of the metrics, such as `127.0.0.1:9353`. */
  readonly metrics: string | undefined;
  /** Sockets for each further process of `listen.workers`; this process keeps them open. */
  readonly siblings: readonly (readonly ActivatedSocket[])[];
}

export interface App extends Operator {
  /** Of this process alone. */
  figures(): ResolverFigures;
  /** Decides which operator sees which domain. */
  readonly salt: Uint8Array;
  /** Who this process will be once its ports are bound; `undefined` where it stays who it is. */
  readonly owner: Owner | undefined;
  /** @throws {StartError} */
  start(): Promise<Started>;
  /** Answers who waits, for a moment, then closes everything. */
  stop(): Promise<void>;
  /**
   * Puts another configuration in force; the cache stays. The old one holds until the new one is ready.
   * @returns the keys whose new value holds only after a restart.
   */
  reload(config: Config): Promise<readonly string[]>;
}

/** Milliseconds that clients who wait are given when the program stops. */
const DRAIN_TIME = 2_000;
/** Milliseconds of them that are left when those who still wait are told so: enough for that to go out. */
const FAREWELL_TIME = 100;
/** Milliseconds that the resolver of the configuration before still has for its clients after a reload. */
const SUCCESSION_TIME = 5_000;

/** How many processes `listen.workers` comes to here: sockets that are not given by a service manager need koffi. */
export function processesOf({ listen }: Config, env: AppEnvironment["env"]): number {
  if (listen.workers === 1 || typeof loadLinuxSockets() !== "string") return listen.workers;
  return activatedSockets(env, process.pid).length > 0 ? listen.workers : 1;
}

/** Makes the program of a configuration: complete, but silent until `start` or a lookup. */
export async function createApp(config: Config, environment: AppEnvironment): Promise<App> {
  const clock = new SystemClock();
  const random = new SystemRandom();
  const counts = { drops: createDrops(), refused: createRefused() };
  const { log } = environment;
  const resolver = await Resolver.create(config, {
    clock,
    random,
    log,
    logLinesDropped: log.dropped,
    counts,
    owner: userToBecome(config),
    ...(environment.networkResolvers && { networkResolvers: environment.networkResolvers }),
    ...(environment.beside && { beside: environment.beside }),
    ...(environment.isOneOff === true && { isOneOff: true }),
    ...(environment.onAnchorsWritten && { onAnchorsWritten: environment.onAnchorsWritten }),
  });
  return new RunningApp(resolver, { environment, clock, counts });
}

interface RunningDeps {
  readonly environment: AppEnvironment;
  readonly clock: SystemClock;
  readonly counts: ListenCounts;
}

class RunningApp implements App {
  readonly #deps: RunningDeps;
  readonly #handover: Handover;
  /** Of the start: what a reload cannot change stays as it says. */
  readonly #first: Config;
  #resolver: Resolver;
  /** Those of configurations before, with what spares them their timer. BOUNDED: by the reloads of `SUCCESSION_TIME`. */
  readonly #succeeded = new Map<Resolver, () => void>();
  #listening: ListenPart | undefined;
  #observation: Observation | undefined;
  #cacheFile: CacheFile | undefined;
  #collection: QuietCollection | undefined;
  #reloaded: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(resolver: Resolver, deps: RunningDeps) {
    this.#first = resolver.config;
    this.#resolver = resolver;
    this.#deps = deps;
    this.#handover = new Handover(resolver.handler);
  }

  async start(): Promise<Started> {
    const { clock, counts, environment } = this.#deps;
    const { log, env, version, beside } = environment;
    const { config } = this.#resolver;
    const handler =
      log.queries === undefined ? this.#handover : queryLogged(this.#handover, log.queries, clock);
    const listening = await openListenPart(config, {
      handler,
      ...counts,
      clock,
      log,
      env,
      given: beside?.sockets,
    });
    if (!("listeners" in listening)) throw new StartError(faultLines(listening));
    this.#listening = listening;
    this.#observation = await this.#observe(config);
    const fault = dropPrivileges(config);
    if (fault !== undefined) throw new StartError(fault);
    this.#cacheFile = this.#resolver.cacheFile(env.CREDENTIALS_DIRECTORY, () => this.#resolver);
    // In the background: queries need not wait for it. It answers for its own faults.
    void this.#cacheFile?.start();
    clock.watchSuspends((slept) => {
      log.info({ seconds: Math.round(slept / 1_000) }, "awake again: connections are made anew");
      this.#resolver.networkChanged();
    });
    this.#collection = new QuietCollection({
      clock,
      queries: () => sum(this.figures().queries),
      heapSize: () => process.memoryUsage().heapTotal,
      collect: collectGarbage,
    });
    if (beside === undefined) log.info({ version }, "ready");
    const { sockets } = listening.listeners;
    return {
      listeners: sockets.map(({ transport, address }) => ({ transport, ...address })),
      metrics: this.#observation.endpoint?.address,
      siblings: listening.siblings,
    };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#deps.clock.stopWatching();
    this.#collection?.stop();
    await this.#drain();
    this.#listening?.closeSiblings();
    await this.#observation?.close();
    await this.#cacheFile?.stop();
    for (const [before, cancel] of this.#succeeded) {
      cancel();
      await before.close(true);
    }
    await this.#resolver.close(false);
    this.#deps.environment.log.flush();
  }

  /** Whoever is not answered in time is told why, while there is a socket to tell it by. */
  async #drain(): Promise<void> {
    const drained = this.#listening?.listeners.close(DRAIN_TIME);
    const cancel = this.#deps.clock.after(DRAIN_TIME - FAREWELL_TIME, () => {
      for (const resolver of [this.#resolver, ...this.#succeeded.keys()]) resolver.giveUp();
    });
    await drained;
    cancel();
  }

  /** One after the other: each hands on what the one before has. */
  reload(config: Config): Promise<readonly string[]> {
    const next = this.#reloaded.then(() => this.#reloadNow(config));
    this.#reloaded = next.catch(() => undefined);
    return next;
  }

  async #reloadNow(config: Config): Promise<readonly string[]> {
    const { clock, environment } = this.#deps;
    const before = this.#resolver;
    const next = await before.succeed(config);
    if (this.#isStopping) {
      await next.close(true);
      return [];
    }
    this.#resolver = next;
    this.#handover.to(next.handler);
    this.#listening?.admission.reconfigure(admissionOptions(config));
    environment.log.setLevel(config.log.level);
    const cancel = clock.after(SUCCESSION_TIME, () => {
      this.#succeeded.delete(before);
      before.close(true).catch((error: unknown) => {
        environment.log.error({ error: String(error) }, "the configuration before could not be closed");
      });
    });
    this.#succeeded.set(before, cancel);
    environment.log.info({}, "reloaded");
    return changesThatNeedRestart(this.#first, config);
  }

  lookup(question: Question, options: LookupOptions): Promise<Lookup> {
    return this.#resolver.lookup(question, options);
  }

  /** Of all processes. */
  stats(): ResolverFigures {
    return addFigures([this.figures(), ...(this.#deps.environment.others?.() ?? [])]);
  }

  figures(): ResolverFigures {
    return this.#resolver.figures();
  }

  get salt(): Uint8Array {
    return this.#resolver.salt;
  }

  get owner(): Owner | undefined {
    return userToBecome(this.#first);
  }

  flush(name?: Name, tree?: boolean): number {
    return this.#resolver.flush(name, tree);
  }

  /** After a reload that is under way: the next resolver has the salt of before already. */
  async rotateSalt(): Promise<void> {
    await this.#reloaded;
    this.#resolver.rotateSalt();
  }

  doctor(options: DoctorOptions = {}): Promise<readonly DoctorFinding[]> {
    return this.#resolver.probe(options);
  }

  async #observe(config: Config): Promise<Observation> {
    const { clock, environment } = this.#deps;
    const { log, version } = environment;
    const figures = () => this.stats();
    const health = () => this.#health();
    try {
      return await openObservation(config, { figures, health, clock, log, version });
    } catch (error) {
      const code = String((error as NodeJS.ErrnoException).code);
      await this.#listening?.listeners.close(0);
      throw new StartError(
        `metrics.address cannot be bound (${code}); free the port or choose another, "" for none`,
      );
    }
  }

  #health(): Health {
    if (this.#isStopping) return { ready: false, reason: "stopping" };
    if (!this.#resolver.isReachable()) return { ready: false, reason: "no upstream can be reached" };
    return { ready: true, reason: "" };
  }
}

function faultLines(faults: readonly BindFault[]): string {
  return faults.map(describeBindFault).join("\n");
}
