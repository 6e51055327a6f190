/** The process beyond the subjects, as the bench talks to it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Command, Ready, Received, Setup, Sighting } from "./server.ts";

export interface Beyond extends Ready {
  watch(lane: number): Promise<void>;
  /** What passed the relays of the lane since `watch`. */
  trace(lane: number): Promise<readonly Sighting[]>;
  /** What each operator was asked since the last call. */
  received(): Promise<Received>;
  stop(): Promise<void>;
}

export async function startBeyond(setup: Setup): Promise<Beyond> {
  const child = fork(join(import.meta.dirname, "server.ts"), [JSON.stringify(setup)], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  const replies = new Replies(child);
  const ready = (await replies.next()) as Ready;
  const ask = (command: Command): Promise<unknown> => {
    child.send(command);
    return replies.next();
  };
  return {
    ...ready,
    watch: async (lane) => {
      await ask({ do: "watch", lane });
    },
    trace: async (lane) => (await ask({ do: "trace", lane })) as Sighting[],
    received: async () => (await ask({ do: "received" })) as Received,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Replies come in the order of commands. */
class Replies {
  readonly #waiting: ((reply: unknown) => void)[] = [];
  readonly #early: unknown[] = [];

  constructor(child: ChildProcess) {
    child.on("message", (reply) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#early.push(reply);
      else waiting(reply);
    });
  }

  next(): Promise<unknown> {
    if (this.#early.length > 0) return Promise.resolve(this.#early.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
