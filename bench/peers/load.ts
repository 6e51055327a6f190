/** Load by dnsperf, pinned to its core: how many queries were answered, how fast. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOAD_CORE } from "./programs.ts";

export interface LoadOptions {
  readonly port: number;
  /** Lines `NAME TYPE`. */
  readonly file: string;
  readonly transport: "udp" | "tcp";
  /** Sockets. */
  readonly clients: number;
  /** Queries without a response at any time. */
  readonly outstanding: number;
  /** Seconds; absent: once through the file. */
  readonly seconds?: number;
  /** Queries a second; absent: as many as are answered. */
  readonly rate?: number;
  /** Whether to keep each query's latency. */
  readonly latencies?: boolean;
}

export interface LoadResult {
  readonly completed: number;
  readonly lost: number;
  readonly queriesASecond: number;
  /** Milliseconds, ascending; empty unless asked for. */
  readonly latencies: readonly number[];
  /** Responses by RCODE. */
  readonly rcodes: Readonly<Record<string, number>>;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const args = [
    ...["-c", String(LOAD_CORE), "dnsperf", "-s", "127.0.0.1", "-p", String(options.port)],
    ...["-d", options.file, "-m", options.transport, "-c", String(options.clients), "-T", "1"],
    ...["-q", String(options.outstanding), "-t", "10"],
    ...(options.seconds === undefined ? ["-n", "1"] : ["-l", String(options.seconds)]),
    ...(options.rate === undefined ? [] : ["-Q", String(options.rate)]),
    ...(options.latencies === true ? ["-v"] : []),
  ];
  const stdout = await outputOf(args, `${options.file}.out`);
  return {
    completed: numberAfter(stdout, /Queries completed:\s+(\d+)/u),
    lost: numberAfter(stdout, /Queries lost:\s+(\d+)/u),
    queriesASecond: numberAfter(stdout, /Queries per second:\s+([\d.]+)/u),
    latencies: options.latencies === true ? latenciesIn(stdout) : [],
    rcodes: rcodesIn(stdout),
  };
}

/** Collected in a file: reading a line a query as it comes would take time of a core that is being measured. */
async function outputOf(args: readonly string[], path: string): Promise<string> {
  const file = openSync(path, "w");
  try {
    const child = spawn("taskset", args, { stdio: ["ignore", file, "inherit"] });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0)
      throw new Error(
        `dnsperf ended with ${code ?? "a signal"}: ${readFileSync(path, "utf8").slice(-2_000)}`,
      );
  } finally {
    closeSync(file);
  }
  return readFileSync(path, "utf8");
}

/** Writes a file of queries for dnsperf and gives its path. */
export function writeQueries(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, `${name}.queries`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function numberAfter(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** Of lines such as `> NOERROR www.example.com A 0.000123`. */
function latenciesIn(text: string): number[] {
  const found: number[] = [];
  for (const match of text.matchAll(/^> \S+ \S+ \S+ ([\d.]+)$/gmu)) found.push(Number(match[1]) * 1_000);
  return found.sort((a, b) => a - b);
}

/** Of `Response codes: NOERROR 120 (99.9%), NXDOMAIN 1 (0.1%)`. */
function rcodesIn(text: string): Record<string, number> {
  const line = /Response codes:\s+(.*)/u.exec(text)?.[1] ?? "";
  return Object.fromEntries(
    [...line.matchAll(/(\w+) (\d+) \(/gu)].map(([, rcode, count]) => [rcode, Number(count)]),
  );
}
