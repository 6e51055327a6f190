/** One round: starts a subject, checks its answers, warms it up, measures, stops it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./ask.ts";
import { type LoadOptions, type LoadResult, load, writeQueries } from "./load.ts";
import { paced } from "./paced.ts";
import { Running, SUBJECT_CORE, sleep } from "./programs.ts";
import type { Figures, Subject, Upstream } from "./types.ts";
import type { Probe, Workload } from "./workloads.ts";

export interface Round {
  /** Of the project. */
  readonly root: string;
  readonly workload: Workload;
  readonly subject: Subject;
  readonly upstream: Upstream;
  readonly seconds: number;
}

const CLIENTS = 8;
const LATENCY_RATE = 5_000;
/** Seconds of full load before the clock runs, where queries repeat, and of the rate that is then kept. */
const WARM_UP_SECONDS = 2;
const START_PATIENCE_MS = 20_000;

let nextPort = 20_000 + (process.pid % 10_000);

export async function measure(round: Round): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  const port = nextPort++;
  const { subject, upstream, workload } = round;
  const command = subject.prepare({ port, folder, upstream, validate: workload.validate });
  const startedAt = performance.now();
  const program = new Running(command, SUBJECT_CORE);
  try {
    const readyMs = await untilRight(program, port, round, startedAt);
    if (workload.kind === "cold")
      return { "first answer": readyMs, "cpu ms": program.cpuSeconds * 1_000, rss: program.residentMiB };
    const context = { ...round, program, port, folder };
    if (workload.kind === "memory") return await measureMemory(context);
    await warmUp(context);
    return workload.kind === "latency" ? await measureLatency(context) : await measureLoad(context);
  } finally {
    await program.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Context extends Round {
  readonly program: Running;
  readonly port: number;
  readonly folder: string;
}

/** Asks until every probe is answered as it must be; gives the milliseconds since the start. */
async function untilRight(program: Running, port: number, round: Round, startedAt: number): Promise<number> {
  const { workload, subject } = round;
  if (!subject.isResolver) {
    await sleep(300);
    return performance.now() - startedAt;
  }
  let wrong = "no answer";
  for (const probe of workload.probes) {
    for (;;) {
      const patience = workload.kind === "cold" ? 2 : 200;
      const fault = await faultOf(probe, port, patience);
      if (fault === undefined) break;
      if (fault !== "no answer") wrong = fault;
      if (program.hasExited || performance.now() - startedAt > START_PATIENCE_MS) {
        throw new Error(`${subject.name}: ${probe.name}: ${wrong}\n${program.output.slice(-2_000)}`);
      }
    }
  }
  return performance.now() - startedAt;
}

async function faultOf(probe: Probe, port: number, patienceMs: number): Promise<string | undefined> {
  const answer = await ask(port, probe.name, "A", patienceMs);
  if (answer === undefined) return "no answer";
  if (answer.rcode !== probe.rcode) return answer.rcode;
  if (probe.data !== undefined && !answer.data.includes(probe.data)) return `data ${answer.data.join()}`;
  return answer.isAuthentic === probe.isSecure ? undefined : `AD is ${answer.isAuthentic}`;
}

async function warmUp(context: Context): Promise<void> {
  const { workload, folder } = context;
  if (workload.warmUp.length > 0) {
    await run(context, { file: writeQueries(folder, "warm-up", workload.warmUp) });
  }
  if (!workload.repeat) return;
  const file = writeQueries(folder, "queries", workload.queries);
  await run(context, { file, seconds: WARM_UP_SECONDS });
  if (workload.kind === "latency") await run(context, { file, seconds: WARM_UP_SECONDS, rate: LATENCY_RATE });
}

async function measureLoad(context: Context): Promise<Figures> {
  const { workload, folder, program, seconds, upstream } = context;
  const file = writeQueries(folder, "queries", workload.queries);
  const asked = await upstream.queries();
  const before = program.cpuSeconds;
  const result = await run(context, workload.repeat ? { file, seconds } : { file });
  const spent = program.cpuSeconds - before;
  return {
    us: (spent * 1e6) / result.completed,
    qps: result.queriesASecond,
    lost: result.lost,
    wrong: result.completed - (result.rcodes[workload.rcode] ?? 0),
    "failed %": failedShare(result, workload) * 100,
    "upstream queries": (await upstream.queries()) - asked,
    rss: program.residentMiB,
  };
}

/** Queries without the response they should have had. */
function failedShare({ completed, lost, rcodes }: LoadResult, { rcode }: Workload): number {
  return 1 - (rcodes[rcode] ?? 0) / Math.max(completed + lost, 1);
}

async function measureLatency(context: Context): Promise<Figures> {
  const { root, folder, port, seconds, program } = context;
  const file = writeQueries(folder, "queries", context.workload.queries);
  const before = program.cpuSeconds;
  const { completed, lost, p50, p99, p999 } = await paced({
    ...{ root, folder, port, file, seconds },
    rate: LATENCY_RATE,
  });
  return { p50, p99, p999, us: ((program.cpuSeconds - before) * 1e6) / completed, lost };
}

async function measureMemory(context: Context): Promise<Figures> {
  await sleep(2_000);
  const idle = context.program.residentMiB;
  await run(context, { file: writeQueries(context.folder, "queries", context.workload.queries) });
  await sleep(1_000);
  return { idle, rss: context.program.residentMiB };
}

function run(context: Context, options: Pick<LoadOptions, "file" | "seconds" | "rate">) {
  return load({
    port: context.port,
    transport: context.workload.transport,
    clients: CLIENTS,
    outstanding: context.workload.outstanding,
    ...options,
  });
}
