/** A TOML file as plain values, with the line of every key. */
import type { AST } from "toml-eslint-parser";

export type Path = readonly (string | number)[];

/** What a file holds, and where. */
export interface TomlDocument {
  readonly values: Readonly<Record<string, unknown>>;
  /** Line of a key, of the nearest table around it where it is not in the file; 0 where there is none. */
  lineOf(path: Path): number;
  /** Whether the file sets the key. */
  has(path: Path): boolean;
}

type Table = Record<string | number, unknown>;

/**
 * The values are put together here, not by the parser's own helper: that one follows `__proto__` into the prototype
 * of every object.
 */
export function documentOf(program: AST.TOMLProgram): TomlDocument {
  /** BOUNDED: by the keys of one file. */
  const lines = new Map<string, number>();
  const values = newTable();
  for (const node of program.body[0].body) {
    if (node.type === "TOMLKeyValue") addKeyValue(node, [], values, lines);
    else {
      tableAt(values, node.resolvedKey);
      note(node.resolvedKey, node.loc.start.line, lines);
      for (const entry of node.body) addKeyValue(entry, node.resolvedKey, values, lines);
    }
  }
  return {
    values,
    has: (path) => lines.has(path.join("\0")),
    lineOf: (path) => nearestLine(path, lines),
  };
}

function newTable(): Table {
  return Object.create(null) as Table;
}

/** The table at `path`, made with all tables and lists around it where it is not there yet. */
function tableAt(values: Table, path: Path): Table {
  let table = values;
  for (const [index, part] of path.entries()) {
    table[part] ??= typeof path[index + 1] === "number" ? [] : newTable();
    table = table[part] as Table;
  }
  return table;
}

function addKeyValue(node: AST.TOMLKeyValue, parent: Path, values: Table, lines: Map<string, number>): void {
  const keys = node.key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value));
  const path = [...parent, ...keys];
  note(path, node.loc.start.line, lines);
  const table = tableAt(values, path.slice(0, -1));
  table[path.at(-1) ?? ""] = valueOf(node.value, path, lines);
}

function valueOf(node: AST.TOMLContentNode, path: Path, lines: Map<string, number>): unknown {
  switch (node.type) {
    case "TOMLArray":
      return node.elements.map((element, index) => {
        note([...path, index], element.loc.start.line, lines);
        return valueOf(element, [...path, index], lines);
      });
    case "TOMLInlineTable": {
      const inner = newTable();
      const innerLines = new Map<string, number>();
      for (const entry of node.body) addKeyValue(entry, [], inner, innerLines);
      for (const [id, line] of innerLines) lines.set([...path, id].join("\0"), line);
      return inner;
    }
    case "TOMLValue":
      // Without a zone it is no point in time: its text says what is missing.
      return node.kind.startsWith("local-") && "datetime" in node ? node.datetime : node.value;
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
