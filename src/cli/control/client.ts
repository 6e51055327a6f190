/** Asks a running instance, over its control socket. */
import { connect } from "node:net";
import { type Answer, type CommandName, type Commands, LineReader, MAX_ANSWER_OCTETS } from "./protocol.ts";

/** Milliseconds to connect; the socket is on this machine. */
const CONNECT_TIMEOUT = 1_000;
/** Milliseconds for an answer: longer than the longest `upstream.query_timeout`, and than a reload. */
const ANSWER_TIMEOUT = 70_000;

/** Where a running instance was looked for, and why it was not found there. */
export interface Attempt {
  readonly path: string;
  /** `ENOENT`: there is none. `EACCES`: it belongs to another user. `ECONNREFUSED`: it has ended. */
  readonly code: string;
}

export type Asked<Name extends CommandName> =
  | { readonly outcome: "answered"; readonly path: string; readonly result: Commands[Name]["answer"] }
  | { readonly outcome: "refused"; readonly path: string; readonly error: string }
  | { readonly outcome: "nobody"; readonly attempts: readonly Attempt[] };

/** The first socket that another user's instance may have; `undefined` where there is none. */
export function forbiddenPath(attempts: readonly Attempt[]): string | undefined {
  return attempts.find(({ code }) => code === "EACCES" || code === "EPERM")?.path;
}

/** Asks the first instance that answers at one of `paths`. */
export async function ask<Name extends CommandName>(
  paths: readonly string[],
  command: Name,
  request: Commands[Name]["request"],
): Promise<Asked<Name>> {
  const attempts: Attempt[] = [];
  for (const path of paths) {
    const answer = await askAt(path, { command, ...request });
    if ("code" in answer) attempts.push({ path, code: answer.code });
    else if (answer.ok)
      return { outcome: "answered", path, result: answer.result as Commands[Name]["answer"] };
    else return { outcome: "refused", path, error: answer.error };
  }
  return { outcome: "nobody", attempts };
}

function askAt(path: string, request: object): Promise<Answer | { readonly code: string }> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const lines = new LineReader(MAX_ANSWER_OCTETS);
    let isConnected = false;
    const end = (answer: Answer | { readonly code: string }): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_TIMEOUT, () => {
      end(
        isConnected
          ? { ok: false, error: "the running instance gave no answer in time" }
          : { code: "ETIMEDOUT" },
      );
    });
    socket.once("connect", () => {
      isConnected = true;
      socket.setTimeout(ANSWER_TIMEOUT);
      socket.write(`${JSON.stringify(request)}\n`);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(isConnected ? { ok: false, error: error.message } : { code: error.code ?? "unknown" });
    });
    socket.once("close", () => {
      end({ ok: false, error: "the running instance closed the connection without an answer" });
    });
    socket.on("data", (chunk) => {
      const [line] = lines.push(chunk) ?? ["{}"];
      if (line !== undefined) end(answerFrom(line));
    });
  });
}

function answerFrom(line: string): Answer {
  const unreadable: Answer = { ok: false, error: "the running instance gave an answer that cannot be read" };
  try {
    const answer = JSON.parse(line) as Partial<Answer>;
    return typeof answer.ok === "boolean" ? (answer as Answer) : unreadable;
  } catch {
    return unreadable;
  }
}
