/**
 * `npm run bench:hot-path`: the cache hit alone (key, find, render), at 1 k, 100 k and 1 M entries, beside a
 * bare `lru-cache` get and a bare Map get. One process a size, so that no case warms another's code.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "./command-line.ts";
import type { StepFigures } from "./hot-path/case.ts";

const SIZES = [1_000, 100_000, 1_000_000];
/** A nursery that holds a whole round: what is allocated in it can be read off the heap's growth. */
const NODE_OPTIONS = [
  "--expose-gc",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
  "--import",
  "tsx",
];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { positionals } = commandLine({
  name: "hot-path",
  what: "What a cache hit costs, beside a bare lru-cache get and a bare Map get.",
  rest: { name: "ENTRIES", what: `sizes of the cache; without them ${SIZES.join(", ")}`, isNumber: true },
});
const sizes = positionals.length > 0 ? positionals.map(Number) : SIZES;
const results = sizes.map((entries) => ({ entries, steps: measure(entries) }));
const text = `${describe()}\n\n${table()}\n\n${summary()}\n`;
console.log(text);
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, "bench/results/hot-path.md"), text);
writeFileSync(
  join(root, "bench/results/hot-path.json"),
  `${JSON.stringify({ machine: describe(), results }, null, 1)}\n`,
);

function measure(entries: number): Record<string, StepFigures> {
  const program = join(root, "bench/hot-path/case.ts");
  const output = execFileSync(process.execPath, [...NODE_OPTIONS, program, String(entries)], {
    encoding: "utf8",
  });
  return JSON.parse(output) as Record<string, StepFigures>;
}

function describe(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `Cache hit in process: ns and octets of garbage a query. ${cpus()[0]?.model.trim() ?? ""}, Node ${process.version}, ${date}.`;
}

function table(): string {
  const names = Object.keys(results[0]?.steps ?? {});
  const head = ["step", ...results.map(({ entries }) => `${entries.toLocaleString("en")} entries`)];
  const rows = names.map((name) => [
    name,
    ...results.map(({ steps }) => {
      const { nanoseconds, garbage } = steps[name]!;
      return `${nanoseconds.toFixed(0)} ns, ${garbage.toFixed(0)} octets`;
    }),
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The whole hit against a bare `lru-cache` get with the same fresh key. */
function summary(): string {
  return results
    .map(({ entries, steps }) => {
      const ratio = steps["whole hit"]!.nanoseconds / steps["key + bare lru-cache"]!.nanoseconds;
      return `At ${entries.toLocaleString("en")} entries the whole hit costs ${ratio.toFixed(2)} times a bare lru-cache get with a fresh key.`;
    })
    .join("\n");
}
