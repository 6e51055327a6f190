/** Turns rounds into medians and ratios: a table for people, JSON for machines, a chart for both. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../median.ts";
import { chart } from "./chart.ts";
import type { Report, Row } from "./types.ts";

const LIMIT = "C echo";
/** A subject that fails more of its queries, in per cent, did other work than was asked of it. */
const MOST_FAILED = 0.1;

export function medianOf(row: Row, figure: string): number {
  return median(row.rounds.map((round) => round[figure] ?? Number.NaN));
}

/** The table, with the ratio to the best peer and to the limit. */
export function table(report: Report): string {
  const others = Object.keys(report.rows[0]?.rounds[0] ?? {}).filter((figure) => figure !== report.measure);
  const best = bestPeer(report);
  const limit = report.rows.find(({ subject }) => subject === LIMIT);
  const head = [
    "subject",
    `${report.measure} (${report.unit})`,
    "least – most",
    "ratio to best peer",
    ...(limit === undefined ? [] : ["ratio to C echo"]),
    ...others,
  ];
  const rows = report.rows.map((row) => {
    const values = row.rounds.map((round) => round[report.measure] ?? Number.NaN);
    const value = median(values);
    return [
      `${row.subject} (${row.version})`,
      show(value),
      `${show(Math.min(...values))} – ${show(Math.max(...values))}`,
      ratioTo(best, row, report),
      ...(limit === undefined ? [] : [(value / medianOf(limit, report.measure)).toFixed(2)]),
      ...others.map((figure) => show(medianOf(row, figure))),
    ];
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function ratioTo(best: Row | undefined, row: Row, { measure }: Report): string {
  if (!isComparable(row)) return "not comparable";
  if (best === undefined || row.subject === LIMIT) return "";
  return (medianOf(row, measure) / medianOf(best, measure)).toFixed(2);
}

/** Whether it answered what it was asked: an error, or no response, is cheaper than an answer. */
function isComparable(row: Row): boolean {
  return row.rounds.every((round) => (round["failed %"] ?? 0) <= MOST_FAILED);
}

export function markdown(report: Report): string {
  const rounds = report.rows[0]?.rounds.length ?? 0;
  return `### ${report.title}

${report.method}. Medians of ${rounds} rounds, subjects in turn. ${report.machine}, ${report.date}.

${table(report)}
`;
}

export function save(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = (extension: string) => join(folder, `${report.workload}.${extension}`);
  writeFileSync(file("json"), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(file("md"), markdown(report));
  writeFileSync(file("svg"), chart(report));
}

/** Puts the table where a page has a place for it: between `<!-- WORKLOAD -->` and `<!-- end -->`. */
export function saveInto(report: Report, page: string): void {
  const text = readFileSync(page, "utf8");
  const start = `<!-- ${report.workload} -->\n`;
  const from = text.indexOf(start);
  const to = text.indexOf("<!-- end -->", from);
  if (from < 0 || to < 0) return;
  writeFileSync(page, `${text.slice(0, from + start.length)}${markdown(report)}${text.slice(to)}`);
}

/** The peer with the least of what is compared: neither Sotto in any shape nor the limit, and none that fails. */
export function bestPeer(report: Report): Row | undefined {
  const peers = report.rows.filter(
    (row) => row.subject !== LIMIT && !row.subject.startsWith("sotto") && isComparable(row),
  );
  return peers.sort((a, b) => medianOf(a, report.measure) - medianOf(b, report.measure))[0];
}

function show(value: number): string {
  if (Number.isNaN(value)) return "";
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2).replace(/\.00$/u, "");
}
