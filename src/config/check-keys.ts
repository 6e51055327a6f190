/**
 * Checks what a file holds against the schema, key by key: unknown keys, wrong types, values out of range. Gives a
 * whole set of keys even for a faulty file, so that the rules between keys can be checked in the same run.
 */
import { closest } from "./closest.ts";
import type { Findings } from "./findings.ts";
import { FAULTY, type JsonSchema } from "./schema/kind.ts";
import { type Keys, schema } from "./schema/schema.ts";
import type { Path, TomlDocument } from "./toml-document.ts";

/**
 * The keys with their values parsed. A faulty key has its default, and a finding.
 * @param broken lines with a syntax fault of their own: what stands there is damaged, but not reported again.
 */
export function checkKeys(document: TomlDocument, broken: ReadonlySet<number>, findings: Findings): Keys {
  const report = (path: Path, text: string): void => {
    findings.damage(wholeKey(path));
    if (!broken.has(document.lineOf(path))) findings.always(path, text);
  };
  const keys = schema.read(document.values, [], {
    wrong: report,
    unknownKey: (path, key, known) => {
      const near = closest(key, known);
      if (near !== undefined) findings.damage([...path, near]);
      report([...path, key], `unknown key; ${suggestion(key, path, near, known)}`);
    },
  });
  if (keys === FAULTY) throw new Error("a TOML document is always a table");
  return keys;
}

/** The path without the place in a list: rules look at whole lists. */
function wholeKey(path: Path): Path {
  return path.slice(0, path.findLastIndex((part) => typeof part === "string") + 1);
}

function suggestion(key: string, path: Path, near: string | undefined, known: readonly string[]): string {
  const meant = `did you mean "${near}"?`;
  if (near !== undefined && near.replaceAll("_", "") === key.replaceAll(/[_-]/g, "")) return meant;
  const home = homeOf(key);
  if (home !== undefined) return `it belongs ${home}`;
  if (near !== undefined) return meant;
  const place =
    path.length === 0 ? "the file" : `[${path.filter((part) => typeof part === "string").join(".")}]`;
  return `${place} may hold ${known.join(", ")}`;
}

/** The section that has a key of just this name, where another one was used. */
function homeOf(key: string): string | undefined {
  const sections = propertiesOf(schema.json);
  if (Object.hasOwn(sections, key)) {
    return `at the top of the file, ${key === "state_dir" ? "before any [section]" : `as [${key}]`}`;
  }
  const homes = Object.keys(sections).filter((name) => Object.hasOwn(propertiesOf(sections[name]), key));
  if (homes.length > 0) return homes.length === 1 ? `in [${homes[0]}]` : undefined;
  const server = propertiesOf(propertiesOf(sections["upstream"])["server"]?.items);
  return Object.hasOwn(server, key) ? "in [[upstream.server]]" : undefined;
}

function propertiesOf(json: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  return json?.properties ?? {};
}
