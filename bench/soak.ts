/**
 * `npm run bench:soak -- --minutes 10`: a steady load for a long time. Names by Zipf's law, more than the cache
 * holds, one in ten of them signed: so there are hits, misses, validations and evictions all the time. Says how
 * resident memory grows after the warm-up, how late the event loop is, and how many queries were lost.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "./command-line.ts";
import { SeededRandom } from "../test/support/seeded-random.ts";
import { Zipf } from "./cache/zipf.ts";
import { type LoadResult, load, writeQueries } from "./peers/load.ts";
import { find, Running, SUBJECT_CORE, sleep } from "./peers/programs.ts";
import { median } from "./median.ts";
import { sotto } from "./peers/subjects/sotto.ts";
import { startUpstream } from "./peers/upstream.ts";

interface Sample {
  readonly rss: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = commandLine({
  name: "soak",
  what: "A steady load for a long time: memory, how late the event loop is, what is lost.",
  options: {
    minutes: { type: "string", default: "10", isNumber: true, what: "how long" },
    rate: { type: "string", default: "20000", isNumber: true, what: "queries a second" },
    node: { type: "string", default: process.execPath, what: "the Node that runs it" },
    "no-save": { type: "boolean", default: false, what: "prints only" },
  },
});

const NAMES = 200_000;
const QUERIES = 2_000_000;
const CLIENTS = 8;
const OUTSTANDING = 1_000;
/** Share of the time after which memory has to stay where it is: the cache is full, all code is compiled. */
const WARM_UP_SHARE = 1 / 3;

const missing = ["dnsperf", "taskset"].filter((tool) => find(tool) === undefined);
if (missing.length > 0) {
  console.error(`missing: ${missing.join(", ")}; on Debian: apt-get install dnsperf util-linux`);
  process.exit(2);
}
const seconds = Math.round(Number(values.minutes) * 60);
const folder = mkdtempSync(join(tmpdir(), "sotto-soak-"));
try {
  report(await soak());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function soak(): Promise<{ samples: readonly Sample[]; result: LoadResult; cpuSeconds: number }> {
  const zones = [`bulk.example.:${NAMES}:`, `p256.example.:${NAMES / 10}:13`];
  const upstream = await startUpstream({ root, folder, zones });
  const port = 20_000 + (process.pid % 10_000);
  const subject = sotto(root, { name: "sotto", node: values.node, cacheSize: "32MiB" });
  const command = subject.prepare({ port, folder, upstream, validate: true });
  const samplesFile = join(folder, "samples");
  writeFileSync(samplesFile, "");
  const program = new Running(
    {
      ...command,
      args: ["--import", join(root, "bench/soak/watch.mjs"), ...command.args],
      env: { ...command.env, SOAK_SAMPLES: samplesFile },
    },
    SUBJECT_CORE,
  );
  try {
    await sleep(2_000);
    const result = await load({
      port,
      file: writeQueries(folder, "zipf", queries()),
      transport: "udp",
      clients: CLIENTS,
      outstanding: OUTSTANDING,
      seconds,
      rate: Number(values.rate),
    });
    const lines = readFileSync(samplesFile, "utf8").trim().split("\n");
    const samples = lines.map((line) => JSON.parse(line) as Sample);
    return { samples, result, cpuSeconds: program.cpuSeconds };
  } finally {
    await program.stop();
    await upstream.stop();
  }
}

function queries(): string[] {
  const zipf = new Zipf(NAMES, new SeededRandom(11));
  return Array.from({ length: QUERIES }, () => {
    const rank = zipf.next();
    return rank % 10 === 3 ? `n${Math.floor(rank / 10)}.p256.example A` : `n${rank}.bulk.example A`;
  });
}

function report({ samples, result, cpuSeconds }: Awaited<ReturnType<typeof soak>>): void {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const p99s = settled.map(({ p99 }) => p99).sort((a, b) => a - b);
  const figures = {
    "queries answered": result.completed,
    "queries a second": Math.round(result.queriesASecond),
    lost: result.lost,
    SERVFAIL: result.rcodes["SERVFAIL"] ?? 0,
    "CPU us a query": round((cpuSeconds * 1e6) / result.completed),
    "RSS at the end of the warm-up, MiB": round(settled[0]?.rss ?? Number.NaN),
    "RSS at the end, MiB": round(settled.at(-1)?.rss ?? Number.NaN),
    "RSS growth after the warm-up, MiB a minute": round(slope(settled.map(({ rss }) => rss)) * 60),
    "event-loop delay, p99 of a second, median, ms": round(median(p99s)),
    "event-loop delay, p99 of a second, worst but 1 %, ms": round(
      p99s[Math.floor(p99s.length * 0.99)] ?? Number.NaN,
    ),
    "event-loop delay, most, ms": round(Math.max(...settled.map(({ most }) => most))),
  };
  const head = `Soak: ${values.minutes} minutes at ${values.rate} queries a second, ${NAMES} names by Zipf's law, cache of 32 MiB, validation on. ${cpus()[0]?.model.trim() ?? ""}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}.`;
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${value} |`);
  const text = [head, "", "| figure | value |", "| --- | --- |", ...rows, ""].join("\n");
  console.log(text);
  if (values["no-save"]) return;
  writeFileSync(join(root, "bench/results/soak.md"), text);
  writeFileSync(join(root, "bench/results/soak.json"), `${JSON.stringify({ head, figures }, null, 1)}\n`);
}

/** Of the line through the values by least squares, a step. */
function slope(series: readonly number[]): number {
  const middle = (series.length - 1) / 2;
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  let above = 0;
  let below = 0;
  for (const [i, value] of series.entries()) {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  }
  return above / below;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
