/**
 * Figures of any shape in lines: a heading for each group, a table for each list (a group for each item where the
 * table is wider than the terminal), keys turned into words. What is 0 is left out of a group, histograms become a
 * median and a tail.
 */
import { type HistogramFigures, quantile } from "../../observe/histogram.ts";
import { harmless, type Terminal } from "../terminal.ts";
import { type Cell, table, widthOf } from "./layout.ts";

type Figures = Readonly<Record<string, unknown>>;

/** Columns that the lines of a group stand further in than its heading. */
const INSET = 2;

export function figureLines(figures: Figures, terminal: Terminal): string[] {
  const entries = Object.entries(figures);
  const plain = entries.filter(([, value]) => !isGroup(value));
  const groups = entries.filter(([, value]) => isGroup(value));
  return [
    ...pairs(plain, terminal),
    ...groups.flatMap(([name, value]) => {
      const lines = Array.isArray(value)
        ? listLines(value, terminal)
        : groupLines(value as Figures, terminal);
      return lines.length === 0 ? [] : [terminal.paint("strong", words(name)), ...lines.map(insetLine), ""];
    }),
  ];
}

function insetLine(line: string): string {
  return line === "" ? "" : `${" ".repeat(INSET)}${line}`;
}

function groupLines(group: Figures, terminal: Terminal): string[] {
  const told = Object.entries(group).filter(
    ([, value]) => value !== 0 && !(isHistogram(value) && value.count === 0),
  );
  return figureLines(Object.fromEntries(told), terminal);
}

function listLines(list: readonly unknown[], terminal: Terminal): string[] {
  const rows = list.filter(isRecord).map(flattened);
  if (rows.length === 0) return list.map((item) => harmless(String(item)));
  const isTold = (column: string): boolean => rows.some((row) => row[column] !== 0);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(isTold);
  const cells = rows.map((row) => columns.map((column) => figureCell(row[column], column)));
  const head = columns.map((column, index): Cell => {
    const align = cells[0]?.[index]?.align;
    return { text: words(column), style: "dim", ...(align !== undefined && { align }) };
  });
  const all = [head, ...cells];
  if (!terminal.isForPeople || widthOf(all) <= terminal.columns - INSET)
    return table(all, terminal, Number.POSITIVE_INFINITY);
  return rows.flatMap((row, index) => [...(index === 0 ? [] : [""]), ...groupLines(row, terminal)]);
}

function pairs(entries: readonly (readonly [string, unknown])[], terminal: Terminal): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map(([name, value]): Cell[] => [{ text: words(name) }, figureCell(value, name)]);
  return table(rows, terminal, terminal.columns - INSET);
}

function figureCell(value: unknown, name: string): Cell {
  if (isHistogram(value)) return { text: histogramText(value), style: "value" };
  if (typeof value !== "number") {
    return { text: value === undefined || value === null ? "-" : harmless(String(value)), style: "value" };
  }
  return {
    text: /bytes$/i.test(name) ? bytesText(value) : numberText(value),
    style: "value",
    align: "right",
  };
}

/** Groups of three digits, and no more decimals than a reader can use. */
function numberText(value: number): string {
  if (!Number.isInteger(value)) return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

function bytesText(value: number): string {
  if (value < 1_024) return `${value} B`;
  return value < 1_048_576 ? `${(value / 1_024).toFixed(1)} KiB` : `${(value / 1_048_576).toFixed(1)} MiB`;
}

function histogramText(figures: HistogramFigures): string {
  const at = (share: number): string => milliseconds(quantile(figures, share));
  if (figures.count === 0) return "-";
  return `median ${at(0.5)}, 99 % below ${at(0.99)} (of ${numberText(figures.count)})`;
}

function milliseconds(seconds = 0): string {
  const value = seconds * 1_000;
  return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)} ms`;
}

/** `shardFailovers` and `shard_failovers` are `shard failovers`; `NOERROR` stays. */
function words(name: string): string {
  return harmless(name)
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll("_", " ");
}

/** Tables within a row become columns of their own: `connections open`. */
function flattened(row: Figures): Figures {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
      if (!isRecord(value) || isHistogram(value))
        return [[name, Array.isArray(value) ? value.join(" ") : value]];
      return Object.entries(value).map(([inner, figure]) => [`${name} ${inner}`, figure]);
    }),
  );
}

function isGroup(value: unknown): boolean {
  return (isRecord(value) && !isHistogram(value)) || Array.isArray(value);
}

function isHistogram(value: unknown): value is HistogramFigures {
  return isRecord(value) && Array.isArray(value["bounds"]) && Array.isArray(value["counts"]);
}

function isRecord(value: unknown): value is Figures {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
