/**
 * One configuration, running, without listeners: local rules, cache, validation, privacy and upstreams, put
 * together in the one order that is right. A reload makes the next resolver and hands it what outlives one.
 */
import { Failures } from "../cache/failures.ts";
import type { Store } from "../cache/store.ts";
import type { Config } from "../config/config.ts";
import type { ListenCounts } from "../listen/drops.ts";
import type { ResolverFigures } from "../observe/resolver-figures.ts";
import type { Owner } from "../directories.ts";
import { rewritten } from "../local/rewritten.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dialer } from "../ports/dialer.ts";
import type { Log } from "../ports/log.ts";
import type { Name, Question } from "../ports/message.ts";
import type { NetworkResolvers } from "../ports/network-resolvers.ts";
import type { DoctorFinding, DoctorOptions, Lookup, LookupOptions } from "../ports/operator.ts";
import type { PacketHandler } from "../ports/packet-handler.ts";
import type { Random } from "../ports/random.ts";
import { type CoverTraffic, covered } from "../privacy/cover-traffic.ts";
import { keptSalt, renewedSalt } from "../privacy/salt.ts";
import { createSharding, type Sharding } from "../privacy/sharding.ts";
import type { DialTarget } from "../upstream/dial-target.ts";
import type { KnownPlaces } from "../upstream/whereabouts.ts";
import { KeyPrefetch } from "../resolve/key-prefetch.ts";
import { PrefetchShare } from "../resolve/prefetch-share.ts";
import { isAtOrBelow, questionOfKey } from "../wire/names.ts";
import { type Beside, keepsFiles } from "./beside.ts";
import { CacheFile } from "./cache-file.ts";
import {
  type CacheMemory,
  createCacheMemory,
  growCacheMemory,
  mayKeepCache,
  verdictTerms,
} from "./cache-memory.ts";
import { type ClockPart, createClockPart } from "./clock-part.ts";
import { figuresOf } from "./figures.ts";
import { CountedBefore, type Counting, countingOf } from "./counted-before.ts";
import { createLocalPart, hasRule, type LocalPart, localOptions } from "./local-part.ts";
import { lookUp } from "./lookups.ts";
import { createPortalPart, portalFindings, type PortalPart } from "./portal-part.ts";
import { createCover, rewriteRules } from "./privacy-part.ts";
import { bugReporter, createServing, type Serving, ServingFigures } from "./serving.ts";
import { credential, StateDirectory } from "./state-directory.ts";
import { createUpstreamPart, type UpstreamPart } from "./upstreams.ts";
import { createValidationPart, type ValidationPart } from "./validation-part.ts";

export interface ResolverDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly logLinesDropped: () => number;
  readonly counts: ListenCounts;
  /** Whom this process will be, where that is another: state is to be that user's. */
  readonly owner: Owner | undefined;
  /** Told when the file of trust anchors puts other keys in force: other processes have read it before. */
  readonly onAnchorsWritten?: () => void;
  /** Of a process that is not the first. */
  readonly beside?: Beside;
  /** Of a command that is over in a moment. */
  readonly isOneOff?: boolean;
  /** Instead of sockets: where upstreams are played. */
  readonly dialer?: Dialer<DialTarget>;
  /** Instead of what this system keeps: where the network is played. */
  readonly networkResolvers?: NetworkResolvers;
}

/** What goes on from one configuration to the next. */
interface Inheritance {
  readonly memory: CacheMemory;
  readonly local: LocalPart;
  readonly figures: ServingFigures;
  readonly before: CountedBefore;
  readonly clockPart: ClockPart;
  /** A time that has passed, by what the validator in force has proven. */
  readonly evidence: { passed: () => number | undefined };
  /** Where the cache outlives the process, once that is known. */
  readonly kept: { file?: CacheFile };
  /** Where servers are that had to be looked up. */
  readonly knownPlaces: KnownPlaces;
  /** `undefined`: it is to be found where state is kept. */
  readonly salt: Uint8Array | undefined;
}

export class Resolver {
  readonly config: Config;
  readonly #deps: ResolverDeps;
  readonly #inheritance: Inheritance;
  readonly #state: StateDirectory;
  readonly #upstreams: UpstreamPart;
  readonly #failures: Failures;
  readonly #validation: ValidationPart;
  readonly #keyPrefetch: KeyPrefetch;
  readonly #serving: Serving;
  readonly #cover: CoverTraffic | undefined;
  readonly #portal: PortalPart | undefined;
  /** A successor has the same memory, and counts by it. */
  #isMemoryHandedOn = false;
  #salt: Uint8Array;
  #sharding: Sharding;
  /** What this one has counted itself. */
  readonly #counting: Counting;

  private constructor(config: Config, inheritance: Inheritance, deps: ResolverDeps) {
    const { clock, random, log, dialer } = deps;
    this.config = config;
    this.#deps = deps;
    this.#inheritance = inheritance;
    this.#state = new StateDirectory(config.stateDir, log, deps.owner);
    this.#salt = deps.beside?.salt() ?? inheritance.salt ?? keptSalt(this.#state.secret("salt"), random);
    this.#sharding = createSharding(this.#salt);
    this.#upstreams = createUpstreamPart({
      config,
      sharding: () => this.#sharding,
      clock,
      random,
      log,
      isClockWrong: () => inheritance.clockPart.isWrong(),
      validatedOver: (raw) => this.#validation.over(raw),
      knownPlaces: inheritance.knownPlaces,
      ...(deps.isOneOff === true && { isOneOff: true }),
      ...(dialer && { dialer }),
    });
    this.#failures = new Failures(clock, () => this.#upstreams.connectionsOpened());
    const { raw } = this.#upstreams;
    const { data } = inheritance.local;
    this.#cover = createCover(config, {
      raw,
      local: data,
      store: inheritance.memory.store,
      clock,
      random,
      onBug: bugReporter(log),
    });
    const sent = this.#cover === undefined ? raw : covered(raw, this.#cover);
    const prefetches = new PrefetchShare({
      percent: config.cache.prefetchShare,
      upstreamQueries: () => this.#upstreams.queriesSent(),
    });
    this.#keyPrefetch = new KeyPrefetch({
      clock,
      random,
      counters: inheritance.figures.counters,
      mayPrefetch: () => prefetches.take(),
      renew: (zone, budget) => this.#validation.renew(zone, budget),
      onBug: bugReporter(log),
    });
    this.#validation = createValidationPart(config, {
      raw: sent,
      clock,
      log,
      onAgeing: ({ name, expiresAt }) => {
        if (config.cache.prefetch) this.#keyPrefetch.plan(name, expiresAt);
      },
      keepsAnchors: keepsFiles(deps),
      ...(deps.onAnchorsWritten && { onAnchorsWritten: deps.onAnchorsWritten }),
      // RFC 5011 §2.1: a key that is revoked must not be used "for any other purpose", and what it proved lives on here.
      onAnchorLost: (zone) => {
        this.#distrust(zone);
      },
      minimises: (question) => this.#upstreams.minimises(question),
      rules: {
        isAnsweredHere: (question) => data.isAnswered(question),
        isBlocked: (name) => data.isBlocked(name),
      },
    });
    const provenAbsent = (): number =>
      this.#isMemoryHandedOn ? 0 : (inheritance.memory.synthesis?.counters.answers ?? 0);
    this.#counting = countingOf(this.#upstreams, this.#validation, this.#cover, provenAbsent);
    inheritance.memory.synthesis?.trustFrom((name) => this.#validation.trustFor(name));
    inheritance.memory.synthesis?.yieldTo((question) => data.alias(question) !== undefined);
    const rewriting = { clock, counters: inheritance.figures.rewriting };
    const rules = rewriteRules(config, data);
    inheritance.evidence.passed = () => this.#validation.passed();
    this.#portal = createPortalPart(config, { ...deps, local: data, upstreams: this.#upstreams, rewriting });
    this.#serving = createServing({
      config,
      // Order, outermost first: no verdict by a wrong clock, rewriting after the verdict, minimising before
      // the question leaves.
      resolved: inheritance.clockPart.guard(
        config,
        rewritten(this.#validation.exchange, rules, rewriting),
        rewritten(sent, rules, rewriting),
      ),
      local: data,
      store: inheritance.memory.store,
      failures: this.#failures,
      upstreams: this.#upstreams,
      mayPrefetch: () => prefetches.take(),
      synthesis: inheritance.memory.synthesis,
      portal: this.#portal,
      figures: inheritance.figures,
      clock,
      random,
      log,
    });
  }

  /** Reads what local rules need; opens no socket before the first query. */
  static async create(config: Config, deps: ResolverDeps): Promise<Resolver> {
    const state = new StateDirectory(config.stateDir, deps.log);
    if (deps.beside === undefined) state.warnIfOpen();
    const local = await createLocalPart(config, deps);
    const memory = createCacheMemory(config, deps.clock, deps.random);
    const evidence: Inheritance["evidence"] = { passed: () => undefined };
    const clockPart = await createClockPart({
      clock: deps.clock,
      log: deps.log,
      file: state.file("last-good-time"),
      // Without a proof nothing is written.
      passed: () => (keepsFiles(deps) ? evidence.passed() : undefined),
    });
    const lasting = { memory, local, kept: {}, figures: new ServingFigures(), before: new CountedBefore() };
    const knownPlaces: KnownPlaces = new Map();
    return new Resolver(config, { ...lasting, clockPart, evidence, knownPlaces, salt: undefined }, deps);
  }

  /** The resolver of another configuration, with this one's cache and counters. This one is to be closed. */
  async succeed(config: Config): Promise<Resolver> {
    const { local, memory } = this.#inheritance;
    const kept = mayKeepCache(this.config, config);
    const next = kept ? memory : createCacheMemory(config, this.#deps.clock, this.#deps.random);
    // Where it cannot be kept, or just now not be read, another would show names to other operators.
    const salt = config.stateDir === this.config.stateDir ? this.#salt : undefined;
    // Whoever tells where servers are may be silent just now, and all worked.
    const knownPlaces = this.#upstreams.places();
    const inheritance = { ...this.#inheritance, memory: next, salt, knownPlaces };
    const successor = new Resolver(config, inheritance, this.#deps);
    // Local rules hold for this one too, so they change once nothing else can be refused.
    await local.reload(localOptions(config));
    this.#isMemoryHandedOn = kept;
    if (kept) {
      growCacheMemory(memory, config);
      successor.#forgetLostBy(this);
    }
    // One process keeps the file of trust anchors, and in it one resolver.
    this.#validation.close();
    // What this configuration let out, the next one may not.
    this.#portal?.close();
    this.#inheritance.before.follow(this.#counting);
    return successor;
  }

  get store(): Store {
    return this.#inheritance.memory.store;
  }

  get handler(): PacketHandler {
    return this.#serving.server;
  }

  lookup(question: Question, options: LookupOptions): Promise<Lookup> {
    const { storing, answers } = this.#serving;
    const { memory, local } = this.#inheritance;
    const { queryTimeout } = this.config.upstream;
    const { staleAfter, serveStale } = this.config.cache;
    return lookUp(question, options, {
      local: local.data,
      ...memory,
      storing,
      answers,
      clock: this.#deps.clock,
      queryTimeout,
      staleAfter,
      serveStale,
    });
  }

  figures(): ResolverFigures {
    const { memory, figures, local, before } = this.#inheritance;
    const { upstreams, verdicts, withheld, more } = before.upTo(this.#counting);
    return figuresOf({
      serving: figures,
      ...memory,
      cacheSize: this.config.cache.size,
      upstreams,
      verdicts,
      withheld: [...local.data.withheld, ...Object.entries(withheld)],
      listening: this.#deps.counts,
      more: { ...more, logLinesDropped: this.#deps.logLinesDropped() },
    });
  }

  /** Forgets a name, the names at or below it, or everything. Gives how many entries went. */
  flush(name?: Name, tree = false): number {
    this.#failures.clear();
    this.#validation.forget();
    const { memory, kept } = this.#inheritance;
    memory.synthesis?.clear();
    kept.file?.forget();
    return memory.store.flush(flushed(name, tree));
  }

  /** What was proven by anchors that the file had then and has no more: another process may have written it. */
  #forgetLostBy(before: Resolver): void {
    const { anchors } = this.#validation;
    const lost = anchors === undefined ? [] : (before.#validation.anchors?.lostTo(anchors) ?? []);
    for (const zone of lost) this.#distrust(zone);
  }

  /**
   * Forgets what an anchor of `zone` has proven. A response that it has judged may be on its way into the cache, and
   * comes as of rules of before: nobody is served it. That so is all else in the cache, too, costs a miss a name.
   */
  #distrust(zone: Name): void {
    this.#inheritance.local.data.outdate();
    this.flush(zone, true);
  }

  /** Decides which operator sees which domain. */
  get salt(): Uint8Array {
    return this.#salt;
  }

  /**
   * Spreads names anew, by a salt that is kept; beside the first process by that one's. Connections and their
   * tickets go too: over one of them an operator would see both its shares.
   */
  rotateSalt(): void {
    this.#deps.log.info({}, "names are spread over the operators anew: connections are made anew");
    this.#upstreams.networkChanged();
    const { beside, random } = this.#deps;
    this.#salt = beside?.salt() ?? renewedSalt(this.#state.secret("salt"), random);
    this.#sharding = createSharding(this.#salt);
  }

  isReachable(): boolean {
    return this.#upstreams.isReachable();
  }

  networkChanged(): void {
    this.#upstreams.networkChanged();
  }

  async probe(options: DoctorOptions): Promise<readonly DoctorFinding[]> {
    return [
      this.#inheritance.clockPart.finding(),
      ...(await this.#upstreams.probe(options)),
      ...portalFindings(this.config, this.#deps.networkResolvers),
    ];
  }

  /** Clients that wait for an answer. */
  get waiting(): number {
    return this.#serving.misses.waiting;
  }

  /** The cache's file, where the configuration has one; `inForce` gives the resolver in use, also after a reload. */
  cacheFile(credentials: string | undefined, inForce: () => Resolver): CacheFile | undefined {
    const { file: path, size: cacheSize, serveStale } = this.config.cache;
    if (path === undefined) return undefined;
    const { data } = this.#inheritance.local;
    this.#inheritance.kept.file = new CacheFile(
      { path, cacheSize, serveStale },
      {
        ...this.#deps,
        store: () => inForce().store,
        terms: () => inForce().#verdictTerms(),
        generation: () => data.generation,
        isWelcome: (question, answer) => !hasRule(question, answer, data),
        key: credential(credentials, "cache-key", this.#state.secret("cache-key")),
      },
    );
    return this.#inheritance.kept.file;
  }

  /** The file of trust anchors is one thing that the configuration does not tell. */
  #verdictTerms(): string {
    return JSON.stringify([verdictTerms(this.config), this.#validation.anchors?.keyNames]);
  }

  /** Answers clients that wait, or still come: `close` is near. */
  giveUp(): void {
    this.#serving.misses.giveUp();
  }

  /** Ends connections and timers. What a successor inherited stays open. */
  async close(hasSuccessor: boolean): Promise<void> {
    this.#cover?.close();
    this.#portal?.close();
    this.#keyPrefetch.close();
    this.#validation.close();
    this.#serving.misses.close();
    await this.#upstreams.close();
    this.#inheritance.before.end(this.#counting);
    if (hasSuccessor) return;
    this.#inheritance.local.close();
    await this.#inheritance.clockPart.close();
  }
}

/** Which keys a flush is about; `undefined`: all. */
function flushed(name: Name | undefined, tree: boolean): ((key: string) => boolean) | undefined {
  if (name === undefined) return undefined;
  // The name comes first in a key: most need not be taken apart.
  if (!tree) return (key) => key.startsWith(name) && questionOfKey(key).qname === name;
  return (key) => key.includes(name) && isAtOrBelow(questionOfKey(key).qname, name);
}
