/** Figures of any shape in lines: a heading for each group, a table for each list, names turned into words. */
import { harmless, type Terminal } from "../terminal.ts";
import { type Cell, table } from "./layout.ts";

type Figures = Readonly<Record<string, unknown>>;

export function figureLines(figures: Figures, terminal: Terminal): string[] {
  const entries = Object.entries(figures);
  const plain = entries.filter(([, value]) => !isGroup(value));
  const groups = entries.filter(([, value]) => isGroup(value));
  return [
    ...pairs(plain, terminal),
    ...groups.flatMap(([name, value]) => {
      const lines = groupLines(value, terminal).map((line) => `  ${line}`);
      return lines.length === 0 ? [] : ["", terminal.paint("heading", words(name)), ...lines];
    }),
  ];
}

function groupLines(value: unknown, terminal: Terminal): string[] {
  if (!Array.isArray(value)) return figureLines(value as Figures, terminal);
  const rows = value.filter(isRecord);
  if (rows.length === 0) return value.map((item) => harmless(String(item)));
  const flat = rows.map(flattened);
  const columns = [...new Set(flat.flatMap((row) => Object.keys(row)))];
  const head: Cell[] = columns.map((column) => ({ text: words(column), style: "dim" }));
  const body = flat.map((row) => columns.map((column): Cell => figureCell(row[column])));
  return table([head, ...body], terminal, terminal.columns - 2);
}

function pairs(entries: readonly (readonly [string, unknown])[], terminal: Terminal): string[] {
  if (entries.length === 0) return [];
  return table(
    entries.map(([name, value]) => [{ text: words(name) }, figureCell(value)]),
    terminal,
    terminal.columns - 2,
  );
}

function figureCell(value: unknown): Cell {
  if (typeof value === "number") return { text: numberText(value), style: "value", align: "right" };
  return { text: value === undefined || value === null ? "-" : harmless(String(value)), style: "value" };
}

/** Groups of three digits, and no more decimals than a reader can use. */
function numberText(value: number): string {
  if (!Number.isInteger(value)) return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** `failuresByReason` and `failures_by_reason` are `failures by reason`. */
function words(name: string): string {
  return harmless(name)
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll("_", " ");
}

/** Tables within a row become columns of their own: `connections open`. */
function flattened(row: Figures): Figures {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
      if (!isRecord(value)) return [[name, Array.isArray(value) ? value.join(" ") : value]];
      return Object.entries(value).map(([inner, figure]) => [`${name} ${inner}`, figure]);
    }),
  );
}

function isGroup(value: unknown): boolean {
  return isRecord(value) || Array.isArray(value);
}

function isRecord(value: unknown): value is Figures {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
