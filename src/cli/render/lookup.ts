/** A lookup in lines: laid out for people on a terminal, records and `;` comments in a pipe. */
import type { ErrorView, LookupView, RecordView, StepView } from "../lookup-view.ts";
import { harmless, type Style, type Terminal } from "../terminal.ts";
import { table, wrapped } from "./layout.ts";

const STATE_STYLES: Readonly<Record<string, Style>> = {
  secure: "good",
  bogus: "bad",
  indeterminate: "doubtful",
};
const STATE_MARKS: Readonly<Record<string, string>> = { secure: "✔", bogus: "✘", indeterminate: "?" };

const STATE_MEANINGS: Readonly<Record<string, string>> = {
  secure: "proven by DNSSEC, checked here",
  insecure: "not signed: nobody can prove it",
  bogus: "DNSSEC says that this is false",
  indeterminate: "nobody has checked it",
};

/** Where the answer was looked up, for the last line. */
export interface Place {
  readonly text: string;
}

export function lookupLines(view: LookupView, place: Place, terminal: Terminal): string[] {
  const head = [...headLines(view, terminal), ...errorLines(view.errors, terminal)];
  const foot = footLine(view, place);
  if (!terminal.isForPeople) {
    const records = shownRecords(view).map((record) => recordText(record));
    return [...head.map(comment), ...records, comment(foot)];
  }
  const records = recordTable(shownRecords(view), terminal).map((line) => `  ${line}`);
  const steps = view.steps === undefined ? [] : ["", ...stepLines(view.steps, terminal)];
  return [
    "",
    ...head,
    ...steps,
    "",
    ...records,
    ...(records.length > 0 ? [""] : []),
    terminal.paint("dim", foot),
    "",
  ];
}

/** The lookup with its steps, as `sotto explain` shows it. */
export function explainLines(view: LookupView, place: Place, terminal: Terminal): string[] {
  if (terminal.isForPeople) return lookupLines(view, place, terminal);
  const steps = (view.steps ?? []).map(
    (step) => `; ${timeText(step).padStart(11)}  ${step.stage.padEnd(8)}  ${harmless(step.text)}`,
  );
  const [head = "", ...rest] = lookupLines(view, place, terminal);
  return [head, ...steps, ...rest];
}

function comment(line: string): string {
  return line === "" ? "" : `; ${line}`;
}

function headLines(view: LookupView, terminal: Terminal): string[] {
  const style = STATE_STYLES[view.state] ?? "dim";
  const mark = STATE_MARKS[view.state] ?? "·";
  const state = terminal.paint(style, `${mark} ${view.state}`);
  const question = `${terminal.paint("name", harmless(view.name))} ${view.type}`;
  const outcome = `${terminal.paint("value", outcomeOf(view))}${meaningOfOutcome(view)}`;
  const isOurs = view.state === "insecure" && view.upstream === "" && !view.from_cache;
  const words = isOurs ? "answered here, nothing was sent" : (STATE_MEANINGS[view.state] ?? "");
  const meaning = terminal.paint("dim", words);
  return [`${question}: ${outcome}`, `${state}${meaning === "" ? "" : `: ${meaning}`}`];
}

/** NODATA is no RCODE, but what people call it (RFC 2308 §2.2). */
function outcomeOf(view: LookupView): string {
  return isNodata(view) ? "NODATA" : view.rcode;
}

function isNodata(view: LookupView): boolean {
  return (
    view.rcode === "NOERROR" && !view.answer.some(({ type }) => type === view.type || view.type === "ANY")
  );
}

function meaningOfOutcome(view: LookupView): string {
  if (isNodata(view)) return ` (the name exists, but has no ${view.type} record)`;
  if (view.rcode === "NXDOMAIN") return " (there is no such name)";
  if (view.rcode === "SERVFAIL") return " (no answer that can be given)";
  return view.rcode === "REFUSED" ? " (not answered by policy)" : "";
}

function errorLines(errors: readonly ErrorView[], terminal: Terminal): string[] {
  return errors.map(({ info_code, meaning, text }) => {
    const label = terminal.paint("doubtful", `EDE ${info_code} (${meaning})`);
    return text === "" ? label : `${label}: ${harmless(text)}`;
  });
}

/** Signatures and denial proofs are for `--json` and for those who ask for them. */
function shownRecords(view: LookupView): readonly RecordView[] {
  const records = view.answer.length > 0 ? view.answer : view.authority.filter(({ type }) => type === "SOA");
  return records.filter(({ type }) => type !== "RRSIG" || view.type === "RRSIG" || view.type === "ANY");
}

function recordText(record: RecordView): string {
  return [record.owner, record.ttl, record.class, record.type, record.rdata]
    .map(String)
    .map(harmless)
    .join("\t");
}

function recordTable(records: readonly RecordView[], terminal: Terminal): string[] {
  const rows = records.map(({ owner, ttl, type, rdata }) => [
    { text: harmless(owner), style: "name" as const },
    { text: String(ttl), style: "dim" as const, align: "right" as const },
    { text: type },
    { text: harmless(rdata), style: "value" as const },
  ]);
  return table(rows, terminal, terminal.columns - 2);
}

const STAGE_STYLES: Readonly<Record<string, Style>> = { verdict: "strong", answer: "strong" };

/** Columns before the text of a step: time, stage and what is between them. */
const STEP_INDENT = 22;

/** Time, stage and text; the stage stands once for the steps that share it. */
function stepLines(steps: readonly StepView[], terminal: Terminal): string[] {
  let before = "";
  return steps.flatMap((step) => {
    const label = (step.stage === before ? "" : step.stage).padEnd(8);
    before = step.stage;
    const time = terminal.paint("dim", timeText(step).padStart(11));
    const head = `${time}  ${terminal.paint(STAGE_STYLES[step.stage] ?? "name", label)} `;
    const [first = "", ...rest] = stepText(step, terminal);
    return [`${head}${first}`, ...rest.map((line) => `${" ".repeat(STEP_INDENT)}${line}`)];
  });
}

/** What was found out for an earlier lookup, and still holds, has no time in this one. */
function timeText({ at_ms, known_before }: StepView): string {
  return known_before === true ? "known" : `${at_ms.toFixed(1)} ms`;
}

/** One clause a line, those after the first further in. */
function stepText({ stage, text }: StepView, terminal: Terminal): string[] {
  const style = styleOfStep(stage, text);
  const width = terminal.columns - STEP_INDENT;
  const shown = harmless(text);
  const lines = (hasClauses(stage) ? clausesOf(shown) : [shown]).flatMap((clause, index) => {
    const inset = index === 0 ? "" : "  ";
    return wrapped(clause, width - 4).map((line, row) => `${row === 0 ? inset : "    "}${line}`);
  });
  return style === undefined ? lines : lines.map((line) => terminal.paint(style, line));
}

/** Parts between "; ", but not within parentheses. */
function clausesOf(text: string): string[] {
  return text.split(/; (?![^()]*\))/);
}

function hasClauses(stage: string): boolean {
  return stage === "chain" || stage === "denial" || stage === "verdict";
}

/** Words of a failure, where they are no labels of a name: `www.failed.example.` has done nothing wrong. */
const BAD_WORDS = /(?<![\w.-])(bogus|failed|expired|mismatch|forged|not valid|no signature)(?![\w.-])/i;

/** Colours follow the words that a step reports. */
function styleOfStep(stage: string, text: string): Style | undefined {
  if (BAD_WORDS.test(text)) return "bad";
  return stage === "verdict" && / is secure\b/.test(text) ? "good" : undefined;
}

function footLine(view: LookupView, place: Place): string {
  return `${harmless(sourceOf(view))}, ${view.elapsed_ms.toFixed(1)} ms, ${harmless(place.text)}`;
}

function sourceOf({ upstream, from_cache }: LookupView): string {
  if (from_cache) return upstream === "" ? "from the cache" : `from the cache, an answer of ${upstream}`;
  return upstream === "" ? "answered here" : `asked ${upstream}`;
}
