/** The lab in a process of its own (`test/lab/serve.ts`), so that a bench measures its subject alone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { UpstreamCounters } from "../lab/dot-upstream.ts";

export interface LabProcess {
  /** `127.0.0.1:PORT` of the DoT upstream. */
  readonly address: string;
  readonly port: number;
  /** `127.0.0.1:PORT` in clear text, with `--do53`. */
  readonly do53: string | undefined;
  readonly authName: string;
  readonly folder: string;
  readonly caFile: string;
  readonly trustAnchors: readonly string[];
  readonly pid: number;
  counters(): Promise<UpstreamCounters & { open: number }>;
  stop(): Promise<void>;
}

/** `args` as `serve.ts` takes them. */
export async function startLabProcess(args: readonly string[] = []): Promise<LabProcess> {
  const serve = new URL("../lab/serve.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", serve, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the lab ended");
    return JSON.parse(line.value);
  };
  const said = (await nextLine()) as Omit<LabProcess, "counters" | "stop">;
  return {
    ...said,
    async counters() {
      child.kill("SIGUSR2");
      return (await nextLine()) as UpstreamCounters & { open: number };
    },
    async stop() {
      if (child.exitCode === null) {
        const exited = once(child, "exit");
        child.kill("SIGTERM");
        await exited;
      }
      if (!args.includes("--folder")) rmSync(said.folder, { recursive: true, force: true });
    },
  };
}
