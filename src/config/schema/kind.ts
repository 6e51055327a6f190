/**
 * What the schema is made of: kinds of value, keys with a default and a comment, tables and lists of them. Reads what
 * a file holds, reports every fault at its place, and gives a whole value even for a faulty file.
 *
 * A library was measured for this and left out: it made reading the file four times as dear at start
 * (`docs/decisions/0010`).
 */
import { Wrong } from "../addresses.ts";
import type { Path } from "../toml-document.ts";

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false;
}

/** Where faults go. */
export interface Report {
  /** What is wrong; what is allowed. */
  wrong(path: Path, text: string): void;
  unknownKey(path: Path, key: string, known: readonly string[]): void;
}

/** The result of a value that could not be read, after it was reported. */
export const FAULTY = Symbol("faulty");

export interface Kind<Out> {
  readonly json: JsonSchema;
  read(input: unknown, path: Path, report: Report): Out | typeof FAULTY;
}

export interface Key<Out> extends Kind<Out> {
  /** The value where the file does not set the key, or sets it wrongly. */
  preset(): Out;
}

/** What a kind gives. */
export type OutputOf<K> = K extends Kind<infer Out> ? Out : never;

type Keys = Readonly<Record<string, Key<unknown>>>;
type Output<K extends Keys> = { readonly [Name in keyof K]: OutputOf<K[Name]> };

const QUIET: Report = { wrong: () => undefined, unknownKey: () => undefined };

/** A kind that needs nothing but the value: `parse` gives what is wrong as `found; allowed`. */
export function kind<Out>(json: JsonSchema, parse: (input: unknown) => Out | Wrong): Kind<Out> {
  return {
    json,
    read: (input, path, report) => {
      const output = parse(input);
      if (!(output instanceof Wrong)) return output;
      report.wrong(path, output.text);
      return FAULTY;
    },
  };
}

/** A key that may be left out. `preset` is written as in the file, and read in the same way. */
export function key<Out>(of: Kind<Out>, preset: unknown, description: string): Key<Out> {
  return {
    json: { description, default: preset, ...of.json },
    read: of.read,
    preset: () => {
      const output = of.read(preset, [], QUIET);
      if (output === FAULTY) throw new Error(`a default is faulty: ${description}`);
      return output;
    },
  };
}

/** A table of the file. Keys it does not know are faults. */
export function table<K extends Keys>(keys: K, notTable: (input: unknown) => string): Kind<Output<K>> {
  const known = Object.keys(keys);
  return {
    json: {
      type: "object",
      properties: Object.fromEntries(Object.entries(keys).map(([name, { json }]) => [name, json])),
      additionalProperties: false,
    },
    read: (input, path, report) => {
      if (!isTable(input)) {
        report.wrong(path, notTable(input));
        return FAULTY;
      }
      for (const name of Object.keys(input)) {
        if (!Object.hasOwn(keys, name)) report.unknownKey(path, name, known);
      }
      const entries = Object.entries(keys).map(([name, inner]) => [
        name,
        readKey(inner, input[name], [...path, name], report),
      ]);
      return Object.fromEntries(entries) as Output<K>;
    },
  };
}

/** A `[table]`: all defaults where it is missing. */
export function section<K extends Keys>(name: string, keys: K, description: string): Key<Output<K>> {
  const of = table(
    keys,
    (input) => `${shown(input)} is of the wrong type; must be a table, written [${name}]`,
  );
  return key(of, {}, description);
}

/** A list. One faulty item makes the whole list faulty. */
export function list<Out>(of: Kind<Out>, notList: (input: unknown) => string): Kind<readonly Out[]> {
  return {
    json: { type: "array", items: of.json },
    read: (input, path, report) => {
      if (!Array.isArray(input)) {
        report.wrong(path, notList(input));
        return FAULTY;
      }
      const items: Out[] = [];
      for (const [index, element] of input.entries()) {
        const item = of.read(element, [...path, index], report);
        if (item !== FAULTY) items.push(item);
      }
      return items.length === input.length ? items : FAULTY;
    },
  };
}

function readKey<Out>(of: Key<Out>, input: unknown, path: Path, report: Report): Out {
  if (input === undefined) return of.preset();
  const output = of.read(input, path, report);
  return output === FAULTY ? of.preset() : output;
}

function isTable(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input) && !(input instanceof Date);
}

/**
 * User and password of a URL, also of one whose scheme was forgotten; `2001:db8::1@53` has none. The last `@` ends them:
 * one that is not percent-encoded is theirs.
 */
const CREDENTIALS = /(?<=:\/\/).*@|^(?!.*:\/\/).*:.*@(?!\d+$)/s;

/** A value of the file as a fault shows it: short, on one line, and without a password, since faults go to logs. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (typeof value === "object") return "a table";
  if (typeof value !== "string") return `${String(value)} (a ${typeof value})`;
  const text = JSON.stringify(value.replace(CREDENTIALS, "...@"));
  return text.length > 80 ? `${text.slice(0, 76)}..."` : text;
}
