/**
 * Writes `conf/sotto.toml` and `conf/sotto.schema.json` from the schema of `src/config`.
 *
 * `npx tsx scripts/generate-conf.ts` writes them; a test checks that what is committed is what comes out.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import { schema } from "../src/config/schema/schema.ts";

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
}

/** Columns of the annotated file. */
const WIDTH = 100;

const HEADER = `#:schema ./sotto.schema.json
#
# The configuration of Sotto: every key with its default. Every key may be left out; a key that
# Sotto does not know is a fault, and "sotto check" says what it might have been.
#
# Durations are "250ms", "10s", "15m", "1h" or "1d", sizes "512KiB", "32MiB" or "1GiB".
# Paths are relative to the directory of this file; "" means "not set".
#
# Read from -c FILE, else $SOTTO_CONFIG, ./sotto.toml, /etc/sotto/sotto.toml, else the built-in
# defaults, which are what this file says. After a change: "sotto check", then "sotto reload".
`;

/** JSON Schema of what a file may hold, for editors. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return {
    $schema,
    title: "Sotto",
    description: "The configuration file of Sotto, a DNS-over-TLS stub resolver.",
    ...rest,
  };
}

export function schemaFile(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

/** The annotated file. */
export function tomlFile(): string {
  const { properties = {} } = jsonSchema() as JsonSchema;
  const isTable = ([, { type }]: [string, JsonSchema]): boolean => type === "object";
  const entries = Object.entries(properties);
  const top = entries
    .filter((entry) => !isTable(entry))
    .map(([key, about]) => keyText(key, about, about.default));
  const tables = entries.filter(isTable).map(([name, about]) => tableText(name, about));
  return `${[HEADER, ...top, ...tables].join("\n")}`;
}

function tableText(name: string, about: JsonSchema): string {
  const keys = Object.entries(about.properties ?? {});
  const lists = keys.filter(([, { items }]) => items?.type === "object");
  const plain = keys
    .filter((entry) => !lists.includes(entry))
    .map(([key, inner]) => keyText(key, inner, inner.default));
  const nested = lists.map(([key, inner]) => listText(`${name}.${key}`, inner));
  return [`${comment(about.description)}[${name}]\n`, ...plain, ...nested].join("\n");
}

/** A list of tables: the first with every key, the others with what they set. */
function listText(name: string, about: JsonSchema): string {
  const items = (about.default ?? []) as Readonly<Record<string, unknown>>[];
  const known = Object.entries(about.items?.properties ?? {});
  const tables = items.map((item, index) => {
    const keys = known.flatMap(([key, inner]) => {
      if (index === 0) return [keyText(key, inner, item[key] ?? inner.default)];
      return key in item ? [`${key} = ${tomlValue(item[key])}\n`] : [];
    });
    return `[[${name}]]\n${index === 0 ? "\n" : ""}${keys.join(index === 0 ? "\n" : "")}`;
  });
  return `${comment(about.description)}${tables.join("\n")}`;
}

function keyText(key: string, about: JsonSchema, value: unknown): string {
  const words = about.enum?.filter((word) => word !== "").join(" | ");
  return `${comment(about.description)}${key} = ${tomlValue(value)}${words === undefined ? "" : ` # ${words}`}\n`;
}

/** Comment lines no wider than the file; a line feed in the text begins a new line. */
function comment(text = ""): string {
  return text
    .split("\n")
    .flatMap(wrapped)
    .map((line) => `# ${line}\n`)
    .join("");
}

function wrapped(text: string): string[] {
  const lines = [""];
  // "RFC 7858" stays together.
  for (const word of text.replace(/(RFC|section) (?=\d)/g, "$1\u00a0").split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length + 3 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => line.replaceAll("\u00a0", " "));
}

/** A string, number, boolean or list of strings; long lists one item a line. */
function tomlValue(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = value.map((item) => JSON.stringify(item));
  const line = `[${items.join(", ")}]`;
  return line.length < WIDTH - 20 ? line : `[\n${items.map((item) => `  ${item},\n`).join("")}]`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../conf/sotto.toml", import.meta.url), tomlFile());
  writeFileSync(new URL("../conf/sotto.schema.json", import.meta.url), schemaFile());
}
