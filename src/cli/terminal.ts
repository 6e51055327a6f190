/**
 * Where a command writes: lines for people, with colours on a terminal and without in a pipe.
 *
 * Text from the network is made harmless here before it is shown: a name or an error text must not move the cursor
 * or change the title of somebody's terminal.
 */
import { styleText } from "node:util";

export type Style = "good" | "bad" | "doubtful" | "dim" | "strong" | "name" | "value" | "heading";

export interface Terminal {
  /** A line of the result. */
  out(line: string): void;
  /** A line about what went wrong or deserves attention. */
  err(line: string): void;
  /** Whether people read the result: then it is laid out for them. */
  readonly isForPeople: boolean;
  /** Width of a line for people. */
  readonly columns: number;
  paint(style: Style, text: string): string;
}

const FORMATS = {
  good: ["green"],
  bad: ["red"],
  doubtful: ["yellow"],
  dim: ["dim"],
  strong: ["bold"],
  name: ["cyan"],
  value: ["bold"],
  heading: ["bold", "underline"],
} as const satisfies Readonly<Record<Style, readonly string[]>>;

/** Columns where the terminal does not say. */
const USUAL_COLUMNS = 100;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function openTerminal(
  stdout: Stream,
  stderr: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isForPeople = stdout.isTTY === true;
  const isColoured = wantsColour(isForPeople, env);
  return {
    out: (line) => {
      stdout.write(`${line}\n`);
    },
    err: (line) => {
      stderr.write(`${line}\n`);
    },
    isForPeople,
    columns: Math.max(40, stdout.columns ?? USUAL_COLUMNS),
    paint: (style, text) => (isColoured && text !== "" ? styleText([...FORMATS[style]], text, KEEP) : text),
  };
}

/** Whether to colour is decided above: Node must not decide again. */
const KEEP = { validateStream: false };

/** NO_COLOR wins over the terminal, FORCE_COLOR over both. */
function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "") return env["FORCE_COLOR"] !== "0";
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  return isTerminal && env["TERM"] !== "dumb";
}

/** The text with control characters written out, in C0, C1 and the marks that turn its direction. */
export function harmless(text: string): string {
  return text.replace(
    // biome-ignore lint: control characters are what this looks for.
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
