/**
 * Reads TOML with the line of every key, so that a fault can point at it.
 *
 * The parser stops at the first syntax fault. A fault on a line of its own (`level = info`) is noted, the line is
 * set aside and the rest is read, so that one run shows every fault of the file.
 */
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";

export type Path = readonly (string | number)[];

export interface SyntaxFault {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** What a file holds, and where. */
export interface TomlDocument {
  readonly values: Readonly<Record<string, unknown>>;
  /** Line of a key, of the nearest table around it where it is not in the file; 0 where there is none. */
  lineOf(path: Path): number;
  /** Whether the file sets the key. */
  has(path: Path): boolean;
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
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const faults: SyntaxFault[] = [];
  for (;;) {
    try {
      return { document: documentOf(parseTOML(lines.join("\n"))), faults };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      const line = lines[error.lineNumber - 1] ?? "";
      faults.push({ line: error.lineNumber, text: describe(error, line) });
      if (faults.length >= MAX_SYNTAX_FAULTS || !setAside(lines, error.lineNumber - 1)) {
        return { document: documentOf(parseTOML("")), faults };
      }
    }
  }
}

/** Gives a broken line a value that parses, where the fault cannot reach beyond it. */
function setAside(lines: string[], index: number): boolean {
  const parts = ONE_LINE.exec(lines[index] ?? "");
  const value = parts?.[3] ?? "";
  if (parts === null || /^\[[^\]]*$|^\{[^}]*$|"""|'''/.test(value)) return false;
  const repaired = `${parts[1]} ""`;
  lines[index] = lines[index] === repaired ? "" : repaired;
  return true;
}

function describe(error: ParseError, line: string): string {
  const parts = ONE_LINE.exec(line);
  const value = (parts?.[3] ?? "").replace(/\s+#.*$/, "");
  const said = `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`;
  if (said.startsWith("defining a key multiple times")) return "is set twice; a key or table may appear once";
  if (parts !== null && /^[^"'[{\d\s][^"'=]*$/.test(value) && !/^(true|false)$/.test(value)) {
    return `is not valid TOML: text must be in quotes; write ${parts[2]} = "${value}"`;
  }
  if (parts !== null && /^\d[\w.:/-]*[a-zA-Z./:][\w.:/-]*$/.test(value)) {
    return `is not valid TOML: a number with a unit or an address must be in quotes; write ${parts[2]} = "${value}"`;
  }
  if (/^\s*[\w.-]+\s*:/.test(line)) return 'is not valid TOML: write key = value, with "=" instead of ":"';
  return `is not valid TOML: ${said} (column ${error.column + 1})`;
}

function documentOf(program: AST.TOMLProgram): TomlDocument {
  const lines = new Map<string, number>();
  for (const node of program.body[0].body) {
    if (node.type === "TOMLKeyValue") noteKeyValue(node, [], lines);
    else {
      note(node.resolvedKey, node.loc.start.line, lines);
      for (const entry of node.body) noteKeyValue(entry, node.resolvedKey, lines);
    }
  }
  return {
    values: getStaticTOMLValue(program) as Record<string, unknown>,
    has: (path) => lines.has(path.join("\0")),
    lineOf: (path) => nearestLine(path, lines),
  };
}

function noteKeyValue(node: AST.TOMLKeyValue, parent: Path, lines: Map<string, number>): void {
  const path = [...parent, ...node.key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value))];
  note(path, node.loc.start.line, lines);
  noteValue(node.value, path, lines);
}

function noteValue(node: AST.TOMLContentNode, path: Path, lines: Map<string, number>): void {
  if (node.type === "TOMLArray") {
    for (const [index, element] of node.elements.entries()) {
      note([...path, index], element.loc.start.line, lines);
      noteValue(element, [...path, index], lines);
    }
  } else if (node.type === "TOMLInlineTable") {
    for (const entry of node.body) noteKeyValue(entry, path, lines);
  }
}

/** Notes a key, and the tables that a dotted key opens, at the line where they first appear. */
function note(path: Path, line: number, lines: Map<string, number>): void {
  for (let length = 1; length <= path.length; length++) {
    const id = path.slice(0, length).join("\0");
    if (!lines.has(id)) lines.set(id, line);
  }
}

function nearestLine(path: Path, lines: ReadonlyMap<string, number>): number {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join("\0"));
    if (line !== undefined) return line;
  }
  return 0;
}
