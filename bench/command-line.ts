/** What a bench is told: `--help`, and one line instead of a stack where it is told something else. */
import { type ParseArgsConfig, parseArgs } from "node:util";

export type BenchOption = NonNullable<ParseArgsConfig["options"]>[string] & {
  /** One line for `--help`. */
  readonly what: string;
  /** Whether its value is a number above 0. */
  readonly isNumber?: boolean;
};

export interface BenchUsage<Options extends Readonly<Record<string, BenchOption>>> {
  /** As in `npm run bench:NAME`. */
  readonly name: string;
  readonly what: string;
  readonly options?: Options;
  /** What may come without an option: what it is, and whether that is numbers, or one of these. */
  readonly rest?: {
    readonly name: string;
    readonly what: string;
    readonly isNumber?: boolean;
    readonly oneOf?: readonly string[];
  };
}

type Parsed<Options extends Readonly<Record<string, BenchOption>>> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true; strict: true }>
>;

/** The options and the rest of the command line; ends the program where it asks for help or cannot be understood. */
export function commandLine<const Options extends Readonly<Record<string, BenchOption>>>(
  usage: BenchUsage<Options>,
): Parsed<Options> {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(helpOf(usage));
    process.exit(0);
  }
  try {
    const options = usage.options ?? ({} as Options);
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true }) as Parsed<Options>;
    const values = parsed.values as Readonly<Record<string, unknown>>;
    for (const [name, { isNumber }] of Object.entries(options))
      if (isNumber) checkNumber(`--${name}`, values[name]);
    for (const given of parsed.positionals) checkRest(usage, given);
    return parsed;
  } catch (error) {
    // The first sentence says what it is; the others, how a name that starts with a dash would be told.
    const told = error instanceof Error ? error.message.split(". ", 1)[0] : String(error);
    console.error(`bench:${usage.name}: ${told}\nWhat there is: npm run bench:${usage.name} -- --help`);
    process.exit(2);
  }
}

function helpOf({ name, what, options = {}, rest }: BenchUsage<Record<string, BenchOption>>): string {
  const lines = Object.entries(options).map(([option, { type, default: otherwise, what: told }]) => {
    const head = type === "string" ? `--${option} VALUE` : `--${option}`;
    return row(head, typeof otherwise === "string" && otherwise !== "" ? `${told} (${otherwise})` : told);
  });
  const hasOptions = Object.keys(options).length > 0;
  const choice = rest?.oneOf === undefined ? "" : `: ${rest.oneOf.join(" | ")}`;
  return [
    `npm run bench:${name} -- ${hasOptions ? "[OPTIONS] " : ""}${rest ? `[${rest.name} ...]` : ""}`.replace(
      /[ -]+$/,
      "",
    ),
    "",
    what,
    "",
    ...(rest === undefined ? [] : [row(rest.name, `${rest.what}${choice}`)]),
    ...lines,
    row("--help", "this text"),
  ].join("\n");
}

function row(head: string, text: string): string {
  return `  ${head.padEnd(18)} ${text}`;
}

function checkRest<Options extends Readonly<Record<string, BenchOption>>>(
  { rest }: BenchUsage<Options>,
  given: string,
): void {
  if (rest === undefined) throw new Error(`nothing is known of "${given}"`);
  if (rest.isNumber === true) checkNumber(rest.name, given);
  if (rest.oneOf?.includes(given) === false) throw new Error(`there is no ${rest.name} "${given}"`);
}

function checkNumber(name: string, value: unknown): void {
  if (!(Number(value) > 0 && Number.isFinite(Number(value)))) {
    throw new Error(`${name} takes numbers above 0, not "${String(value)}"`);
  }
}
