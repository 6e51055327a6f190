/**
 * Checks what a file holds against the schema, key by key: unknown keys, wrong types, values out of range. Gives a
 * whole set of keys even for a faulty file, so that the rules between keys can be checked in the same run.
 */
import type * as z from "zod/mini";
import { closest } from "./closest.ts";
import type { Findings } from "./findings.ts";
import { shown } from "./kinds.ts";
import { type Keys, schema } from "./schema/schema.ts";
import type { Path, TomlDocument } from "./toml-document.ts";

type Table = Record<string | number, unknown>;
type Issue = z.core.$ZodIssue;

/**
 * The keys with their values parsed. A faulty key has its default, and a finding.
 * @param broken lines with a syntax fault of their own: what stands there is damaged, but not reported again.
 */
export function checkKeys(document: TomlDocument, broken: ReadonlySet<number>, findings: Findings): Keys {
  const first = schema.safeParse(document.values);
  if (first.success) return first.data;
  const values = structuredClone(document.values) as Table;
  const faulty = new Map<string, Path>();
  for (const { path, text, meant } of first.error.issues.flatMap((issue) => faultsOf(issue, values))) {
    const key = wholeKey(path);
    for (const damaged of [key, ...meant]) findings.damage(damaged);
    const id = path.join("\0");
    if (!broken.has(document.lineOf(path)) && !faulty.has(id)) findings.always(path, text);
    faulty.set(id, key);
  }
  for (const key of faulty.values()) takeOut(values, key);
  const second = schema.safeParse(values);
  return second.success ? second.data : schema.parse({});
}

interface KeyFault {
  readonly path: Path;
  readonly text: string;
  /** Keys that the author probably meant. */
  readonly meant: readonly Path[];
}

function faultsOf(issue: Issue, values: Table): KeyFault[] {
  const path = issue.path as Path;
  if (issue.code !== "unrecognized_keys") {
    const text =
      issue.code === "invalid_type" && issue.expected === "object" ? notTable(path, values) : issue.message;
    return [{ path, text, meant: [] }];
  }
  return issue.keys.map((key) => {
    const siblings = keysAt(path);
    const near = closest(key, siblings);
    const meant = near === undefined ? [] : [[...path, near]];
    return { path: [...path, key], text: `unknown key; ${suggestion(key, path, near, siblings)}`, meant };
  });
}

function notTable(path: Path, values: Table): string {
  const name = path.filter((part) => typeof part === "string").join(".");
  return `${shown(valueAt(values, path))} is of the wrong type; must be a table, written [${name}]`;
}

function suggestion(key: string, path: Path, near: string | undefined, siblings: readonly string[]): string {
  if (near !== undefined && near.replaceAll("_", "") === key.replaceAll(/[_-]/g, ""))
    return `did you mean "${near}"?`;
  const home = homeOf(key);
  if (home !== undefined) return `it belongs ${home}`;
  if (near !== undefined) return `did you mean "${near}"?`;
  const place =
    path.length === 0 ? "the file" : `[${path.filter((part) => typeof part === "string").join(".")}]`;
  return `${place} may hold ${siblings.join(", ")}`;
}

/** The section that has a key of just this name, where another one was used. */
function homeOf(key: string): string | undefined {
  const shape = schema.shape as Readonly<Record<string, unknown>>;
  if (key in shape)
    return `at the top of the file, ${key === "state_dir" ? "before any [section]" : `as [${key}]`}`;
  const homes = Object.keys(shape).filter((section) => keysAt([section]).includes(key));
  if (homes.length === 1) return `in [${homes[0]}]`;
  return homes.length === 0 && keysAt(["upstream", "server", 0]).includes(key)
    ? "in [[upstream.server]]"
    : undefined;
}

/** Names of the keys that the schema has at `path`. */
function keysAt(path: Path): readonly string[] {
  let at: unknown = schema;
  for (const part of path) {
    const inner = unwrapped(at);
    at = typeof part === "number" ? inner.element : (inner.shape as Table | undefined)?.[part];
  }
  return Object.keys((unwrapped(at).shape as object | undefined) ?? {});
}

/** The schema inside its default. */
function unwrapped(type: unknown): Readonly<Record<string, unknown>> {
  const def = (type as { readonly def?: Readonly<Record<string, unknown>> } | undefined)?.def;
  return def?.type === "prefault" ? unwrapped(def.innerType) : (def ?? {});
}

function valueAt(values: Table, path: Path): unknown {
  return path.reduce<unknown>((at, part) => (at as Table | undefined)?.[part], values);
}

/** The path without the place in a list: rules look at whole lists. */
function wholeKey(path: Path): Path {
  const end = path.findLastIndex((part) => typeof part === "string");
  return path.slice(0, end + 1);
}

/** Removes a faulty key, so that its default takes its place. */
function takeOut(values: Table, path: Path): void {
  const parent = valueAt(values, path.slice(0, -1)) as Table | undefined;
  const last = path.at(-1);
  if (last !== undefined && typeof parent === "object") delete parent[last];
}
