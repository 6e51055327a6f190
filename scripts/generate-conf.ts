/**
 * Writes `conf/sotto.toml` and `conf/sotto.schema.json` from the schema of `src/config`, `conf/systemd/` from the units
 * that `sotto service install` writes, and `conf/completions/` from the commands.
 *
 * `npx tsx scripts/generate-conf.ts` writes them; a test checks that what is committed is what comes out.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serviceUnit, socketUnit } from "../src/cli/service/units.ts";
import { FAULTY, type JsonSchema } from "../src/config/schema/kind.ts";
import { schema } from "../src/config/schema/schema.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completions.ts";

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
function jsonSchema(): JsonSchema & Readonly<Record<string, unknown>> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Sotto",
    description: "The configuration file of Sotto, a DNS-over-TLS stub resolver.",
    ...schema.json,
  };
}

function schemaFile(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

/** The annotated file. */
function tomlFile(): string {
  const { properties = {} } = schema.json;
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

/** Files below `conf/` and what they hold. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const defaults = schema.read({}, [], { wrong: () => undefined, unknownKey: () => undefined });
  if (defaults === FAULTY) throw new Error("the defaults are faulty");
  return {
    "sotto.toml": tomlFile(),
    "sotto.schema.json": schemaFile(),
    "completions/sotto.bash": bashCompletion(),
    "completions/_sotto": zshCompletion(),
    "completions/sotto.fish": fishCompletion(),
    "systemd/sotto.service": serviceUnit({ command: ["/usr/local/bin/sotto", "run"] }),
    "systemd/sotto.socket": socketUnit(defaults.listen.addresses),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generatedFiles())) {
    writeFileSync(new URL(`../conf/${path}`, import.meta.url), text);
  }
}
