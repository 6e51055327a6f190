/**
 * `npm run bench:miss-path`: what a miss costs in this process, by kind of miss: everything from the packet of a
 * client to the response, with the sockets, TLS and the kernel left out. One process a kind, so that none
 * warms another's code; each twice, as it is, and with a nursery so large that garbage can be counted.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.ts";
import { commandLine } from "./command-line.ts";
import type { MissFigures } from "./miss-path/case.ts";

const KINDS = [
  "forward",
  "validated unsigned",
  "validated P-256",
  "validated RSA-2048",
  "absent, sparse, NSEC",
  "absent, sparse, NSEC3",
  "absent, sparse, NSEC, DO",
  "absent, sparse, NSEC3, DO",
  "absent, dense, NSEC",
  "absent, dense, NSEC3",
];
/** As the service files have it. */
const NURSERY = ["--max-semi-space-size=8"];
const LARGE_NURSERY = ["--min-semi-space-size=128", "--max-semi-space-size=128"];
const SLICES = 40;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { positionals } = commandLine({
  name: "miss-path",
  what: "What a miss costs in process, by kind of miss.",
  rest: { name: "KIND", what: "kinds to measure, all without it", oneOf: KINDS },
});
const kinds = positionals.length > 0 ? positionals : KINDS;
const folder = mkdtempSync(join(tmpdir(), "sotto-miss-path-"));
const program = bundle("bench/miss-path/case.ts", join(folder, "case.mjs"));
const rows = kinds.map((kind) => {
  const { garbage } = measure(kind, LARGE_NURSERY);
  return { kind, ...measure(kind, NURSERY), garbage };
});
rmSync(folder, { recursive: true });
const text = `${describe()}\n\n${table()}\n`;
console.log(text);
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, "bench/results/miss-path.md"), text);

function measure(kind: string, flags: readonly string[]): MissFigures {
  const args = [...flags, program, kind, String(SLICES)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as MissFigures;
}

function describe(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `A miss in process, the upstream a table: CPU microseconds and octets of garbage a query. ${cpus()[0]?.model.trim() ?? ""}, Node ${process.version}, ${date}.`;
}

function table(): string {
  const head = ["kind", "least us", "median us", "collector", "garbage", "upstream queries a query"];
  const lines = rows.map(({ kind, least, median, collector, garbage, asked }) => [
    kind,
    least.toFixed(1),
    median.toFixed(1),
    `${(collector * 100).toFixed(0)} %`,
    garbage.toFixed(0),
    asked.toFixed(3),
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
