/**
 * Reads TOML, and says what is wrong with a file that is none.
 *
 * The parser stops at the first syntax fault. A fault on a line of its own (`level = info`) is noted, the line is set
 * aside and the rest is read, so that one run shows every fault of the file.
 */
import { ParseError, parseTOML } from "toml-eslint-parser";
import { documentOf, type TomlDocument } from "./toml-document.ts";

export interface SyntaxFault {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export interface TomlReading {
  readonly document: TomlDocument;
  readonly faults: readonly SyntaxFault[];
}

/** Most syntax faults shown of one file: each one costs another pass. */
const MAX_SYNTAX_FAULTS = 20;

/** `key = value` that begins and ends on one line. Groups: up to the sign, key, value. */
const ONE_LINE = /^(\s*([\w.\-"']+)\s*=)\s*(.*?)\s*$/;

export function readToml(text: string): TomlReading {
  const lines = withoutComments(text.replace(/^\uFEFF/, "")).split("\n");
  const faults: SyntaxFault[] = [];
  for (;;) {
    try {
      return { document: documentOf(parseTOML(lines.join("\n"))), faults };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      faults.push(unclosedHeader(lines, error) ?? describe(error, lines[error.lineNumber - 1] ?? ""));
      if (faults.length >= MAX_SYNTAX_FAULTS || !setAside(lines, error)) {
        return { document: documentOf(parseTOML("")), faults };
      }
    }
  }
}

/** Blank lines where whole lines are comments: most of an annotated file, and the parser looks at each character. */
function withoutComments(text: string): string {
  return /"""|'''/.test(text) ? text : text.replace(/^[ \t]*#.*$/gm, "");
}

/** Gives a broken line a value that parses; false where the fault began on another line or reaches beyond this one. */
function setAside(lines: string[], error: ParseError): boolean {
  const index = error.lineNumber - 1;
  const line = lines[index] ?? "";
  if (isDuplicate(error)) {
    // Keys below a table that appears twice would end up in the table before it.
    const next = lines.findIndex((other, at) => at > index && /^\s*\[/.test(other));
    const end = !/^\s*\[/.test(line) ? index + 1 : next < 0 ? lines.length : next;
    lines.fill("", index, end);
    return line !== "";
  }
  const parts = ONE_LINE.exec(line);
  const value = parts?.[3] ?? "";
  if (parts === null || /^\[[^\]]*$|^\{[^}]*$|"""|'''/.test(value) || parses(line)) return false;
  lines[index] = `${parts[1]} ""`;
  return true;
}

function parses(line: string): boolean {
  try {
    parseTOML(line);
    return true;
  } catch {
    return false;
  }
}

function isDuplicate(error: ParseError): boolean {
  return error.message.startsWith("Defining a key multiple times");
}

/** `[listen` without its bracket is only noticed on the next line. */
function unclosedHeader(lines: readonly string[], error: ParseError): SyntaxFault | undefined {
  const before = lines
    .slice(0, error.lineNumber)
    .map((text, index) => ({ text: text.trim(), line: index + 1 }));
  const header = before
    .filter(({ text }) => text !== "")
    .slice(-2)
    .find(({ text }) => /^\[[^\]="]*$/.test(text));
  return header && { line: header.line, text: `"]" is missing after ${header.text}` };
}

/** The parser's own words come last: a hint about what was probably meant is worth more. */
function describe(error: ParseError, line: string): SyntaxFault {
  return { line: error.lineNumber, text: reason(error, line) };
}

function reason(error: ParseError, line: string): string {
  const [, , key = "", rest = ""] = ONE_LINE.exec(line) ?? [];
  const value = rest.replace(/\s+#.*$/, "");
  if (isDuplicate(error)) return `${key || line.trim()}: is set twice; a key or table may appear once`;
  if (/^[^"'[{\d\s][^"'=]*$/.test(value) && !/^(true|false)$/.test(value)) {
    return `${key}: is not valid TOML; text must be in quotes: ${key} = "${value}"`;
  }
  if (/^(?!\d{4}-)\d[\w.:/-]*[a-zA-Z./:][\w.:/-]*$/.test(value)) {
    return `${key}: is not valid TOML; a number with a unit, or an address, must be in quotes: ${key} = "${value}"`;
  }
  if (/^\s*[\w.-]+\s*:/.test(line)) return 'is not valid TOML; write key = value, with "=" instead of ":"';
  const said = `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
  return `is not valid TOML; ${said} (column ${error.column + 1})`;
}
