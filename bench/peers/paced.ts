/** Latencies at a steady rate, as `pace.c` sees them: with dnsperf, which has two threads on the core, more of them is the client's own. */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { LOAD_CORE } from "./programs.ts";

export interface Paced {
  readonly completed: number;
  readonly lost: number;
  /** Microseconds, all three. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface PacedOptions {
  readonly root: string;
  /** For the compiled client. */
  readonly folder: string;
  readonly port: number;
  /** Lines `NAME TYPE`. */
  readonly file: string;
  /** Queries a second. */
  readonly rate: number;
  readonly seconds: number;
}

const run = promisify(execFile);

export async function paced({ root, folder, port, file, rate, seconds }: PacedOptions): Promise<Paced> {
  const program = join(folder, "pace");
  execFileSync("cc", ["-O2", "-o", program, join(root, "bench/peers/pace.c")]);
  const args = ["127.0.0.1", String(port), file, String(rate), String(seconds)];
  const { stdout } = await run("taskset", ["-c", String(LOAD_CORE), program, ...args]);
  const [sent = 0, completed = 0, p50 = Number.NaN, p99 = Number.NaN, p999 = Number.NaN] = stdout
    .trim()
    .split(" ")
    .map(Number);
  return { completed, lost: sent - completed, p50, p99, p999 };
}
