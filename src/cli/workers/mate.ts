/** One process beside the first, as the first sees it: started, asked, stopped. */
import { type ChildProcess, fork } from "node:child_process";
import type { FromWorker, Place, RequestName, Requests, Sockets, ToWorker } from "./protocol.ts";
import { WORKER_VARIABLE } from "./protocol.ts";

/** Descriptors that a process has anyway: standard input, output and errors. */
const STANDARD = 3;
/** Milliseconds that an answer may take. */
const ANSWER_TIME = 5_000;
/** Milliseconds that an orderly end may take: clients who wait have two seconds. */
const STOP_TIME = 5_000;
/** Variables that the service manager meant for the first process alone. */
const NOT_INHERITED = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC"];

interface Waiting {
  readonly settle: (answer: object) => void;
  readonly fail: (error: Error) => void;
}

export class Mate {
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  /** BOUNDED: by `ANSWER_TIME` and the few who ask: a timer, the control socket, a reload. */
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isRunning = true;

  /** `sockets` are descriptors here; it gets copies. */
  constructor(sockets: Sockets, place: Omit<Place, "sockets">) {
    this.#child = fork(process.argv[1] ?? "", ["run"], {
      stdio: ["ignore", "inherit", "inherit", ...sockets.map(({ fd }) => fd), "ipc"],
      env: workerEnvironment(),
      serialization: "advanced",
    });
    this.#child.on("message", (message: FromWorker) => {
      this.#hear(message);
    });
    // It could not be started, or not be told something: `exit` or `disconnect` says the rest.
    this.#child.on("error", () => {});
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#isRunning = false;
        for (const { fail } of this.#waiting.values()) fail(new Error("the worker ended"));
        resolve({ code, signal });
      };
      this.#child.once("exit", end);
      if (this.#child.pid === undefined)
        this.#child.once("error", () => {
          end(null, null);
        });
    });
    const renumbered = sockets.map((socket, i) => ({ ...socket, fd: STANDARD + i }));
    this.#tell({ kind: "place", place: { ...place, sockets: renumbered } });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Rejects where it does not answer in time, or refuses, or has ended. */
  ask<Each extends RequestName>(
    request: Each,
    ask: Requests[Each]["ask"],
  ): Promise<Requests[Each]["answer"]> {
    if (!this.#isRunning) return Promise.reject(new Error("the worker ended"));
    const id = ++this.#lastId;
    return new Promise<Requests[Each]["answer"]>((resolve, reject) => {
      const impatience = setTimeout(() => {
        this.#waiting.get(id)?.fail(new Error(`no answer to ${request}`));
      }, ANSWER_TIME);
      const done = (): void => {
        clearTimeout(impatience);
        this.#waiting.delete(id);
      };
      this.#waiting.set(id, {
        settle: (answer) => {
          done();
          resolve(answer as Requests[Each]["answer"]);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      });
      this.#tell({ kind: "request", id, request, ask });
    });
  }

  /** A hard end, at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** An orderly end; a hard one for who does not come to it. */
  async stop(): Promise<void> {
    this.#tell({ kind: "stop" });
    const impatience = setTimeout(() => {
      this.kill();
    }, STOP_TIME);
    await this.ended;
    clearTimeout(impatience);
  }

  #tell(message: ToWorker): void {
    // The callback takes the error of a channel that has closed meanwhile.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #hear(message: FromWorker): void {
    if (message.kind === "answer") this.#waiting.get(message.id)?.settle(message.answer);
    else if (message.kind === "refused") this.#waiting.get(message.id)?.fail(new Error(message.error));
  }
}

function workerEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, [WORKER_VARIABLE]: "1" };
  for (const name of NOT_INHERITED) delete env[name];
  return env;
}
