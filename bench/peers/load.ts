/** Load by dnsperf, pinned to its core: how many queries were answered, how fast. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
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
}

export interface LoadResult {
  readonly completed: number;
  readonly lost: number;
  readonly queriesASecond: number;
  /** Responses by RCODE. */
  readonly rcodes: Readonly<Record<string, number>>;
}

const run = promisify(execFile);

export async function load(options: LoadOptions): Promise<LoadResult> {
  const args = [
    ...["-c", String(LOAD_CORE), "dnsperf", "-s", "127.0.0.1", "-p", String(options.port)],
    ...["-d", options.file, "-m", options.transport, "-c", String(options.clients), "-T", "1"],
    ...["-q", String(options.outstanding), "-t", "10"],
    ...(options.seconds === undefined ? ["-n", "1"] : ["-l", String(options.seconds)]),
    ...(options.rate === undefined ? [] : ["-Q", String(options.rate)]),
  ];
  const { stdout } = await run("taskset", args);
  return {
    completed: numberAfter(stdout, /Queries completed:\s+(\d+)/u),
    lost: numberAfter(stdout, /Queries lost:\s+(\d+)/u),
    queriesASecond: numberAfter(stdout, /Queries per second:\s+([\d.]+)/u),
    rcodes: rcodesIn(stdout),
  };
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

/** Of `Response codes: NOERROR 120 (99.9%), NXDOMAIN 1 (0.1%)`. */
function rcodesIn(text: string): Record<string, number> {
  const line = /Response codes:\s+(.*)/u.exec(text)?.[1] ?? "";
  return Object.fromEntries(
    [...line.matchAll(/(\w+) (\d+) \(/gu)].map(([, rcode, count]) => [rcode, Number(count)]),
  );
}
