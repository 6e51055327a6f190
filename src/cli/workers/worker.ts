/**
 * `sotto run` in a process that serves beside the first one: takes its place from it, serves its sockets, answers
 * what it asks, and ends with it.
 */
import type { App } from "../../app.ts";
import type { ProgramLog } from "../../observe/log.ts";
import { guardAgainstDefects } from "../crash-guard.ts";
import { ExitCode } from "../failure.ts";
import { loadResolver } from "../load-resolver.ts";
import type { Session } from "../session.ts";
import { version } from "../version.ts";
import type { FromWorker, Place, ToWorker, WorkerHandlers } from "./protocol.ts";

export async function serveBeside(session: Session): Promise<ExitCode> {
  process.title = "sotto worker";
  // A terminal sends these to all processes; the first one says when it is time.
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => {});
  const channel = new Channel();
  const place = await channel.place;
  const { createApp, createLog } = await loadResolver();
  const { level, format, queries } = place.config.log;
  const log = await createLog({ level, format, queries, destination: 1, writes: "buffered" });
  guardAgainstDefects(log, () => {
    log.flush();
    process.exit(ExitCode.FAILURE);
  });
  let salt = place.salt;
  const app = await createApp(place.config, {
    version,
    env: session.machine.env,
    log,
    beside: { sockets: place.sockets, salt: () => salt },
  });
  channel.answerWith({
    figures: () => app.figures(),
    flush: ({ name, tree }) => ({ flushed: app.flush(name, tree) }),
    reload: async ({ config, salt: inForce }) => {
      salt = inForce;
      await app.reload(config);
      return {};
    },
    salt: async (renewed) => {
      salt = renewed.salt;
      await app.rotateSalt();
      return {};
    },
  });
  return serve(app, channel, log);
}

async function serve(app: App, channel: Channel, log: ProgramLog): Promise<ExitCode> {
  try {
    await app.start();
    await channel.stop;
    return ExitCode.SUCCESS;
  } finally {
    await app.stop();
    log.flush();
    channel.close();
  }
}

/** The other end of a `Mate`. */
class Channel {
  readonly place: Promise<Place>;
  /** The first process wants the end, or is no more. */
  readonly stop: Promise<void>;
  /** What is asked while this process starts waits for them. */
  readonly #handlers: Promise<WorkerHandlers>;
  answerWith: (handlers: WorkerHandlers) => void = () => {};

  constructor() {
    let placed: (place: Place) => void = () => {};
    let stopped: () => void = () => {};
    this.place = new Promise((resolve) => (placed = resolve));
    this.stop = new Promise((resolve) => (stopped = resolve));
    this.#handlers = new Promise((resolve) => (this.answerWith = resolve));
    process.on("message", (message: ToWorker) => {
      if (message.kind === "place") placed(message.place);
      else if (message.kind === "stop") stopped();
      else void this.#answer(message);
    });
    process.once("disconnect", () => {
      stopped();
    });
  }

  say(message: FromWorker): void {
    // The callback takes the error of a channel that has closed meanwhile.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }

  close(): void {
    if (process.connected) process.disconnect();
  }

  /** Never rejects: what goes wrong is an answer. */
  async #answer({ id, request, ask }: ToWorker & { kind: "request" }): Promise<void> {
    try {
      const handler = (await this.#handlers)[request] as (ask: object) => object | Promise<object>;
      this.say({ kind: "answer", id, answer: await handler(ask) });
    } catch (error) {
      this.say({ kind: "refused", id, error: error instanceof Error ? error.message : String(error) });
    }
  }
}
