/** Runs `dig` or `kdig` against a port of 127.0.0.1 and gives what they print. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "./programs.ts";

const run = promisify(execFile);

export const dig = findProgram("dig");
export const kdig = findProgram("kdig");

export interface DigReply {
  readonly status: string;
  readonly flags: readonly string[];
  /** Lines of the answer section, fields separated by one space. */
  readonly answer: readonly string[];
  readonly text: string;
}

export async function digAt(port: number, ...args: readonly string[]): Promise<DigReply> {
  const { stdout } = await run(dig ?? "dig", [
    "@127.0.0.1",
    "-p",
    String(port),
    "+tries=1",
    "+time=6",
    "+noidnin",
    "+noidnout",
    ...args,
  ]);
  return parsed(stdout);
}

/** Asks `NAME TYPE` after `NAME TYPE` in one run of `dig`; the replies are in the order of the questions. */
export async function digAllAt(
  port: number,
  args: readonly string[],
  questions: readonly string[],
): Promise<readonly DigReply[]> {
  const { text } = await digAt(port, ...args, ...questions.flatMap((question) => question.split(" ")));
  const replies = text.split(/^(?=;; ->>HEADER<<-)/m).slice(1);
  if (replies.length !== questions.length)
    throw new Error(`dig has answers to ${replies.length} questions only`);
  return replies.map(parsed);
}

export async function kdigAt(port: number, ...args: readonly string[]): Promise<DigReply> {
  const { stdout } = await run(kdig ?? "kdig", [
    "@127.0.0.1",
    "-p",
    String(port),
    "+retry=0",
    "+time=6",
    ...args,
  ]);
  return parsed(stdout);
}

function parsed(text: string): DigReply {
  const section = /;; ANSWER SECTION:\n([\s\S]*?)\n(?:\n|$)/.exec(text)?.[1] ?? "";
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? "",
    flags: (/;; [Ff]lags: ([a-z ]+);/.exec(text)?.[1] ?? "").split(" ").filter((flag) => flag !== ""),
    answer: section
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replaceAll(/\s+/g, " ")),
    text,
  };
}
