/** `sotto flush`: makes the running instance forget a name, a tree of names, or everything. */
import { nameToText } from "../wire/presentation.ts";
import { requireAnswer } from "./control/instance.ts";
import { CommandFailure, ExitCode } from "./failure.ts";
import { questionFrom } from "./question.ts";
import type { Session } from "./session.ts";

export interface FlushOptions {
  readonly config?: string;
  readonly tree?: boolean;
}

export async function flush(
  session: Session,
  name: string | undefined,
  options: FlushOptions,
): Promise<ExitCode> {
  if (name === undefined && options.tree === true) {
    throw new CommandFailure(
      ExitCode.BAD_USAGE,
      "--tree needs a NAME; without one, flush forgets everything anyway",
    );
  }
  const owner = name === undefined ? undefined : nameToText(questionFrom(name, undefined).qname);
  const request = { ...(owner !== undefined && { name: owner }), tree: options.tree === true };
  const { flushed } = await requireAnswer(session, options.config, "flush", request);
  const below = options.tree === true ? " and below" : "";
  const what = owner === undefined ? "" : ` at ${owner}${below}`;
  session.terminal.out(flushed === 1 ? `1 answer forgotten${what}` : `${flushed} answers forgotten${what}`);
  return ExitCode.SUCCESS;
}
