/**
 * The processes beside the first one (`listen.workers`): starts them, puts another in the place of one that ends,
 * asks all of them what the first is asked, and stops them.
 *
 * Their sockets are the first one's too, so one that ends loses no query that waits in its own.
 */
import type { Config } from "../../config/config.ts";
import { addFigures, countedBy } from "../../observe/added-figures.ts";
import type { ResolverFigures } from "../../observe/resolver-figures.ts";
import type { Log } from "../../ports/log.ts";
import type { Name } from "../../ports/message.ts";
import { Mate } from "./mate.ts";
import type { Sockets } from "./protocol.ts";
import { besideFirst, shareOf } from "./share.ts";

/** Milliseconds before an ended one is replaced: the first time, and at most. Doubled while it keeps ending. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 30_000;
/** Milliseconds after which one that runs counts as well. */
const SETTLED = 60_000;
/** Milliseconds between looks at their figures, for the metrics. */
const FIGURES_INTERVAL = 1_000;
/** Such looks in a row that it leaves without an answer before it is taken for dead: as long as systemd's watchdog waits. */
const MAX_UNANSWERED = 30;
/** The same while it starts: it answers once it has read its block lists, and another would have to read them too. */
const MAX_UNANSWERED_AT_START = 300;

export interface CrewDeps {
  readonly log: Log;
  /** The salt in force in this process. */
  readonly salt: () => Uint8Array;
}

interface Post {
  readonly sockets: Sockets;
  mate: Mate;
  figures: ResolverFigures | undefined;
  unanswered: number;
  delay: number;
  timer: NodeJS.Timeout | undefined;
}

export class Crew {
  readonly #deps: CrewDeps;
  #config: Config;
  /** BOUNDED: by `listen.workers`. */
  readonly #posts: Post[] = [];
  /** What those that ended had counted: counters do not fall. */
  #past: ResolverFigures | undefined;
  readonly #figuresTimer: NodeJS.Timeout | undefined;
  #isStopping = false;

  /** `config` is of the whole program. */
  constructor(config: Config, siblings: readonly Sockets[], deps: CrewDeps) {
    this.#config = config;
    this.#deps = deps;
    for (const sockets of siblings) {
      const post: Post = {
        sockets,
        mate: this.#newMate(sockets),
        figures: undefined,
        unanswered: 0,
        delay: FIRST_DELAY,
        timer: undefined,
      };
      this.#posts.push(post);
      this.#watch(post);
    }
    if (siblings.length === 0) return;
    this.#figuresTimer = setInterval(() => {
      for (const post of this.#posts) void this.#lookAt(post);
    }, FIGURES_INTERVAL);
    deps.log.info({ workers: this.#posts.map(({ mate }) => String(mate.pid)) }, "workers started");
  }

  /** As of a second ago at most; at once after `refresh`. */
  figures(): readonly ResolverFigures[] {
    const now = this.#posts.flatMap(({ figures }) => (figures === undefined ? [] : [figures]));
    return this.#past === undefined ? now : [...now, this.#past];
  }

  /** Never rejects: who does not answer keeps the figures of before. */
  async refresh(): Promise<void> {
    await Promise.all(this.#posts.map((post) => this.#refresh(post)));
  }

  /** How many entries went, of those that answered. */
  async flush(name: Name | undefined, tree: boolean): Promise<number> {
    const ask = { ...(name !== undefined && { name }), tree };
    const answers = await Promise.allSettled(this.#posts.map(({ mate }) => mate.ask("flush", ask)));
    return answers.reduce((sum, it) => sum + (it.status === "fulfilled" ? it.value.flushed : 0), 0);
  }

  /** After this process has reloaded: another `state_dir` has another salt. */
  async reload(config: Config): Promise<void> {
    this.#config = config;
    await this.#reloadAll("reload");
  }

  /** After this process has written the file of trust anchors: they read it with their configuration. */
  async readAnchors(): Promise<void> {
    await this.#reloadAll("trust anchors");
  }

  /** After the salt of this process was renewed. */
  async renewSalt(): Promise<void> {
    await this.#tellAll((mate) => mate.ask("salt", { salt: this.#deps.salt() }), "new salt");
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#figuresTimer);
    for (const { timer } of this.#posts) clearTimeout(timer);
    await Promise.all(this.#posts.map(({ mate }) => mate.stop()));
  }

  async #reloadAll(what: string): Promise<void> {
    const ask = { config: this.#share(), salt: this.#deps.salt() };
    await this.#tellAll((mate) => mate.ask("reload", ask), what);
  }

  /** @returns whether it answered, or has a successor that will. */
  async #refresh(post: Post): Promise<boolean> {
    const { mate } = post;
    try {
      const figures = await mate.ask("figures", {});
      if (mate === post.mate) post.figures = figures;
      return true;
    } catch {
      return mate !== post.mate || !mate.isRunning;
    }
  }

  /** One that hangs keeps its sockets, and so the queries of its clients: it has to go. */
  async #lookAt(post: Post): Promise<void> {
    const { mate } = post;
    post.unanswered = (await this.#refresh(post)) ? 0 : post.unanswered + 1;
    const isStarting = post.figures === undefined;
    if (post.unanswered < (isStarting ? MAX_UNANSWERED_AT_START : MAX_UNANSWERED)) return;
    post.unanswered = 0;
    this.#deps.log.error({ worker: mate.pid }, "a worker hangs and is ended");
    mate.kill();
  }

  async #tellAll(tell: (mate: Mate) => Promise<object>, what: string): Promise<void> {
    // Who takes the place of one that has ended is told when it starts.
    const mates = this.#posts.map(({ mate }) => mate).filter(({ isRunning }) => isRunning);
    const told = await Promise.allSettled(mates.map((mate) => tell(mate)));
    for (const [i, { status }] of told.entries()) {
      const mate = mates[i];
      if (status === "rejected" && mate?.isRunning === true)
        this.#deps.log.error({ worker: mate.pid }, `a worker did not take the ${what}`);
    }
  }

  #share(): Config {
    return besideFirst(shareOf(this.#config, this.#config.listen.workers));
  }

  #newMate(sockets: Sockets): Mate {
    return new Mate(sockets, { config: this.#share(), salt: this.#deps.salt() });
  }

  #watch(post: Post): void {
    const since = performance.now();
    void post.mate.ended.then(({ code, signal }) => {
      if (this.#isStopping) return;
      this.#remember(post);
      if (performance.now() - since > SETTLED) post.delay = FIRST_DELAY;
      this.#deps.log.error(
        { worker: post.mate.pid, end: signal ?? code ?? "not started" },
        "a worker ended and is replaced",
      );
      this.#replaceLater(post);
    });
  }

  #replaceLater(post: Post): void {
    post.timer = setTimeout(() => {
      try {
        post.mate = this.#newMate(post.sockets);
        this.#watch(post);
      } catch (error) {
        // ENOMEM: Node throws what is not for lack of descriptors or processes.
        const { code } = error as NodeJS.ErrnoException;
        this.#deps.log.error({ code }, "a worker cannot be started now and is later");
        this.#replaceLater(post);
      }
    }, post.delay);
    post.delay = Math.min(post.delay * 2, LONGEST_DELAY);
  }

  #remember(post: Post): void {
    if (post.figures === undefined) return;
    const counted = countedBy(post.figures);
    this.#past = this.#past === undefined ? counted : addFigures([this.#past, counted]);
    post.figures = undefined;
  }
}
