/**
 * The program that `sotto run` serves with, as one: this process and, with `listen.workers`, those beside it.
 */
import type { App, AppEnvironment, Started } from "../app.ts";
import type { Config } from "../config/config.ts";
import type { Name, Question } from "../ports/message.ts";
import type { Lookup, LookupOptions } from "../ports/operator.ts";
import type { ResolverCode } from "./load-resolver.ts";
import type { Crew } from "./workers/crew.ts";
import { shareOf } from "./workers/share.ts";

export type Program = Pick<ResolverCode, "createApp" | "processesOf">;

/** Empty until the processes are started, and where there are none. */
interface CrewPlace {
  crew: Crew | undefined;
}

export class Instance {
  readonly #app: App;
  readonly #environment: AppEnvironment;
  readonly #processes: number;
  #config: Config;
  readonly #place: CrewPlace;

  private constructor(
    config: Config,
    processes: number,
    app: App,
    environment: AppEnvironment,
    place: CrewPlace,
  ) {
    this.#config = config;
    this.#app = app;
    this.#environment = environment;
    this.#processes = processes;
    this.#place = place;
  }

  static async create(
    config: Config,
    { createApp, processesOf }: Program,
    environment: AppEnvironment,
  ): Promise<Instance> {
    // Where no other can be started, the one has all.
    const processes = processesOf(config, environment.env);
    const crew: CrewPlace = { crew: undefined };
    const others: AppEnvironment["others"] = () => crew.crew?.figures() ?? [];
    const onAnchorsWritten = (): void => void crew.crew?.readAnchors();
    const app = await createApp(shareOf(config, processes), {
      ...environment,
      others,
      onAnchorsWritten,
    });
    return new Instance(config, processes, app, environment, crew);
  }

  async start(): Promise<Started> {
    const started = await this.#app.start();
    if (started.siblings.length === 0) return started;
    // Loaded by those who have workers.
    const { Crew } = await import("./workers/crew.ts");
    const salt = (): Uint8Array => this.#app.salt;
    this.#place.crew = new Crew(this.#config, started.siblings, { log: this.#environment.log, salt });
    return started;
  }

  /** All processes drain at the same time. */
  async stop(): Promise<void> {
    await Promise.all([this.#place.crew?.stop(), this.#app.stop()]);
  }

  /** @returns the keys whose new value holds only after a restart. */
  async reload(config: Config): Promise<readonly string[]> {
    this.#config = { ...config, listen: { ...config.listen, workers: this.#processes } };
    const fixed = await this.#app.reload(shareOf(config, this.#processes));
    await this.#place.crew?.reload(this.#config);
    return fixed;
  }

  /** By this process: what it finds in its cache, others might not. */
  lookup(question: Question, options: LookupOptions): Promise<Lookup> {
    return this.#app.lookup(question, options);
  }

  /** Who this process will be once its ports are bound. */
  get owner(): App["owner"] {
    return this.#app.owner;
  }

  /** Whether this process has answered anything. */
  get hasAnswered(): boolean {
    return Object.values(this.#app.figures().responses).some((count) => count > 0);
  }

  async stats(): Promise<object> {
    await this.#place.crew?.refresh();
    return this.#app.stats();
  }

  async flush(name?: Name, tree = false): Promise<number> {
    const flushed = this.#app.flush(name, tree);
    return flushed + ((await this.#place.crew?.flush(name, tree)) ?? 0);
  }

  async rotateSalt(): Promise<void> {
    await this.#app.rotateSalt();
    await this.#place.crew?.renewSalt();
  }
}
