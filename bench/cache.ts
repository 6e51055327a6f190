/**
 * `npm run bench:cache`: a million distinct names, then as many questions again by Zipf's law, in a cache that
 * holds a tenth of them. Does the bound hold? Is the hit ratio that of an ideal LRU of the same octets on the same
 * trace? Does the event loop ever stop? And, where all of them are kept: is what the cache accounts for what it
 * takes? Each case is a process of its own.
 *
 * A machine that is busy with other things shows in the event loop's delays: `chrt -f 10 npm run bench:cache`
 * keeps it out, where that is allowed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import type { MemoryFigures, Spread, TraceFigures } from "./cache/case.ts";
import { commandLine } from "./command-line.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = commandLine({
  name: "cache",
  what: "Bound, hit ratio, pauses and memory of the cache under a million names.",
  options: {
    names: { type: "string", default: "1000000", isNumber: true, what: "distinct names" },
    size: { type: "string", default: "67108864", isNumber: true, what: "octets of the cache that holds few" },
    "no-save": { type: "boolean", default: false, what: "prints only" },
  },
});
const names = Number(values.names);
const size = Number(values.size);
const folder = mkdtempSync(join(tmpdir(), "sotto-cache-"));
const program = bundle("bench/cache/case.ts", join(folder, "case.mjs"));
const trace = measure<TraceFigures>("trace", names, size);
const memory = measure<MemoryFigures>("memory", names);
rmSync(folder, { recursive: true });
const text = [describe(), table(), bars()].join("\n\n");
console.log(text);
if (values["no-save"] !== true) save();

function save(): void {
  mkdirSync(join(root, "bench/results"), { recursive: true });
  writeFileSync(join(root, "bench/results/cache.md"), `${text}\n`);
  writeFileSync(
    join(root, "bench/results/cache.json"),
    `${JSON.stringify({ machine: describe(), trace, memory }, null, 1)}\n`,
  );
}

function measure<Figures>(...args: readonly (string | number)[]): Figures {
  const options = ["--expose-gc", "--max-old-space-size=4096"];
  const output = execFileSync(process.execPath, [...options, program, ...args.map(String)], {
    encoding: "utf8",
  });
  return JSON.parse(output) as Figures;
}

function describe(): string {
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]?.toFixed(1);
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? ""}, load ${load}, Node ${process.version}`;
  return `The cache under ${count(names)} distinct names, then as many questions by Zipf's law. ${machine}, ${date}.`;
}

function table(): string {
  const rows: readonly (readonly [string, string])[] = [
    ["cache.size", mebi(trace.size)],
    ["most it accounted for", mebi(trace.most)],
    ["entries at the end", count(trace.entries)],
    ["hit ratio", percent(trace.hitRatio)],
    ["hit ratio of an ideal LRU", percent(trace.idealHitRatio)],
    ["event loop late by, ms", spread(trace.delays)],
    ["processor time of a turn, all threads, ms", spread(trace.turns)],
    ["of that, the event loop's own thread, ms", spread(trace.ownTurns)],
    ["RSS with it", mebi(trace.rss)],
    [`${count(memory.entries)} entries, none evicted: accounted`, mebi(memory.accounted)],
    ["heap in use and external, after collection", mebi(memory.live)],
    ["RSS with them", mebi(memory.rss)],
  ];
  return [["figure", ""], ["---", "---"], ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function bars(): string {
  const less = 1 - trace.hitRatio / trace.idealHitRatio;
  const off = memory.accounted / memory.live - 1;
  return [
    bar(trace.most <= trace.size, "The bound holds at every moment."),
    bar(
      less <= 0.02,
      `The hit ratio is ${percent(Math.abs(less))} ${less > 0 ? "below" : "above"} the ideal one (at most 2%).`,
    ),
    bar(trace.delays.max <= 20, `The longest pause is ${trace.delays.max.toFixed(1)} ms (at most 20 ms).`),
    bar(Math.abs(off) <= 0.25, `Accounted octets are ${percent(off)} off what is live (at most 25%).`),
  ].join("\n");
}

function bar(holds: boolean, sentence: string): string {
  return `- ${holds ? "holds" : "MISSED"}: ${sentence}`;
}

function spread({ p50, p99, p999, max }: Spread): string {
  const [a, b, c, d] = [p50, p99, p999, max].map((ms) => ms.toFixed(1));
  return `p50 ${a}, p99 ${b}, p99.9 ${c}, most ${d}`;
}

function mebi(octets: number): string {
  return `${(octets / 1_048_576).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
