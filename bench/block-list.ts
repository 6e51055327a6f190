/**
 * `npm run bench:block-list`: a list of a million names, plain and in hosts format: time to read, memory, pause of
 * the event loop on a reload, and what it adds to a cache hit and to a miss. One process a format.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { commandLine } from "./command-line.ts";
import type { ListFigures } from "./block-list/case.ts";

commandLine({
  name: "block-list",
  what: "A list of a million names: time to read, memory, pauses, what it adds to hits and misses.",
});

const FORMATS = ["plain", "hosts"];

const rows: readonly (readonly [string, string, (figures: ListFigures) => string])[] = [
  ["time to read", "3 s", ({ seconds }) => `${seconds.toFixed(2)} s`],
  ["of that, processor time", "", ({ cpuSeconds }) => `${cpuSeconds.toFixed(2)} s`],
  ["memory of the process", "100 MiB", ({ mebibytes }) => `${mebibytes.toFixed(0)} MiB`],
  ["of that, names and table", "", ({ ownMebibytes }) => `${ownMebibytes.toFixed(0)} MiB`],
  ["longest turn of a reload", "", ({ longestTurnMs }) => `${longestTurnMs.toFixed(1)} ms`],
  ["99 of 100 turns of a reload, up to", "", ({ turnMs }) => `${turnMs.toFixed(1)} ms`],
  ["cache hit without the list", "", ({ hit }) => `${hit.without.toFixed(0)} ns`],
  ["cache hit, added", "5 %", ({ hit }) => `${((hit.added / hit.without) * 100).toFixed(1)} %`],
  ["rules on a miss without the list", "", ({ miss }) => `${miss.without.toFixed(0)} ns`],
  ["rules on a miss, added", "2,000 ns", ({ miss }) => `${miss.added.toFixed(0)} ns`],
  ["whole answer for a listed name", "", ({ blocked }) => `${blocked.toFixed(0)} ns`],
];

const program = join(import.meta.dirname, "block-list", "case.ts");
const results = FORMATS.map((format) => {
  const output = execFileSync(process.execPath, ["--expose-gc", "--import", "tsx", program, format], {
    encoding: "utf8",
  });
  return JSON.parse(output) as ListFigures;
});
const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, Node ${process.versions.node}`;
const date = new Date().toISOString().slice(0, 10);
const table = [
  ["", "bound", ...FORMATS],
  ["---", "---", ...FORMATS.map(() => "---")],
  ...rows.map(([label, bound, show]) => [label, bound, ...results.map(show)]),
].map((cells) => `| ${cells.join(" | ")} |`);
const text = `A block list of 1,000,000 names. ${machine}, ${date}.\n\n${table.join("\n")}\n`;
console.log(text);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "block-list.md"), text);
writeFileSync(join(folder, "block-list.json"), `${JSON.stringify({ machine, date, results }, null, 1)}\n`);
