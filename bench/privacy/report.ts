/** The report as Markdown: one table a view, figures rounded to what they can bear. */
import type { Guessing } from "./fingerprint.ts";
import type { UpstreamView } from "./upstream-view.ts";
import type { LookupView, SizeView } from "./wire-view.ts";

/** One row of the table of guesses. */
export interface Guessed extends Guessing {
  readonly subject: string;
  readonly octets: number;
  readonly records: number;
  readonly lost: number;
  readonly visits: number;
}

/** By subject. */
export interface Report {
  readonly machine: string;
  readonly date: string;
  readonly upstream?: Readonly<Record<string, UpstreamView>>;
  readonly sizes?: Readonly<Record<string, SizeView>>;
  readonly lookups?: Readonly<Record<string, readonly LookupView[]>>;
  readonly guesses?: readonly Guessed[];
}

export function markdown(report: Report): string {
  const parts = [`${report.machine}, ${report.date}.`];
  if (report.upstream !== undefined) parts.push(upstreamTable(report.upstream));
  if (report.sizes !== undefined) parts.push(sizesTable(report.sizes));
  if (report.lookups !== undefined) parts.push(lookupsTable(report.lookups));
  if (report.guesses !== undefined) parts.push(guessesTable(report.guesses));
  return `${parts.join("\n\n")}\n`;
}

function upstreamTable(views: Readonly<Record<string, UpstreamView>>): string {
  const rows: readonly (readonly [string, (view: UpstreamView) => string])[] = [
    ["EDNS options in queries", ({ options }) => options],
    ["queries with the client's cookie", ({ cookies }) => String(cookies)],
    ["queries with the client's subnet", ({ clientSubnets }) => String(clientSubnets)],
    ["queries with other options of the client", ({ clientOptions }) => String(clientOptions)],
    ["queries with capitals in the name", ({ capitals }) => String(capitals)],
    ["distinct headers and OPT records", ({ faces }) => String(faces)],
    ["message sizes in octets", ({ sizes }) => sizes.join(", ")],
    ["special names that left", ({ leaked, asked }) => `${leaked} of ${asked}`],
    ["domains of the profile each operator saw", ({ shares }) => shares.map(percent).join(", ")],
    ["domains that both operators saw", ({ seenTwice, domains }) => `${seenTwice} of ${domains}`],
    ["queries", ({ queries }) => String(queries)],
  ];
  return titled("(a) What two operators see of one household", views, rows);
}

function sizesTable(views: Readonly<Record<string, SizeView>>): string {
  const rows: readonly (readonly [string, (view: SizeView) => string])[] = [
    ["message sizes, QNAME up to 85 octets", ({ messageSizesUpTo85 }) => some(messageSizesUpTo85)],
    ["message sizes, any QNAME", ({ messageSizes }) => some(messageSizes)],
    [
      "record sizes, one query each, QNAME up to 85 octets",
      ({ recordSizesUpTo85 }) => some(recordSizesUpTo85),
    ],
    ["record sizes, one query each, any QNAME", ({ recordSizes }) => some(recordSizes)],
    ["bits about the QNAME's length, up to 85 octets", ({ bitsUpTo85 }) => bitsUpTo85.toFixed(2)],
    [
      "bits about the QNAME's length, any",
      ({ bits, bitsOfAll }) => `${bits.toFixed(2)} of ${bitsOfAll.toFixed(2)}`,
    ],
    ["record sizes, eight queries of one moment", ({ togetherSizes }) => some(togetherSizes)],
  ];
  return titled("(b) What an observer sees of single queries", views, rows);
}

function lookupsTable(views: Readonly<Record<string, readonly LookupView[]>>): string {
  const subjects = Object.keys(views);
  const kinds = views[subjects[0] ?? ""] ?? [];
  const rows = kinds.map(({ kind }, i) => [
    kind,
    ...subjects.map((subject) => {
      const view = views[subject]?.[i];
      if (view === undefined) return "";
      return `${view.queries.length}${view.isNameShown ? "" : " (name withheld)"}, ${Math.round(view.milliseconds)} ms`;
    }),
  ]);
  return `### (b) Queries and time of one lookup\n\n${table([["kind of name", ...subjects], ...rows])}`;
}

export function guessesTable(guesses: readonly Guessed[]): string {
  const base = guesses[0]?.octets ?? 1;
  const rows = guesses.map((row) => [
    row.subject,
    percent(row.best),
    percent(row.neighbours),
    percent(row.forest),
    Math.round(row.octets).toLocaleString("en"),
    `${(row.octets / base).toFixed(2)}`,
    row.records.toFixed(0),
    String(row.visits),
    String(row.lost),
  ]);
  const head = [
    "subject",
    "sites guessed right",
    "neighbours",
    "forest",
    "octets a visit",
    "cost",
    "records",
    "visits",
    "queries lost",
  ];
  return `### (c) Which site was visited?\n\n${table([head, ...rows])}`;
}

function titled<View>(
  title: string,
  views: Readonly<Record<string, View>>,
  rows: readonly (readonly [string, (view: View) => string])[],
): string {
  const subjects = Object.entries(views);
  const body = rows.map(([label, show]) => [label, ...subjects.map(([, view]) => show(view))]);
  return `### ${title}\n\n${table([["", ...subjects.map(([name]) => name)], ...body])}`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

function some(values: readonly number[]): string {
  if (values.length <= 6) return values.join(", ");
  return `${values.length} sizes from ${Math.min(...values)} to ${Math.max(...values)}`;
}
