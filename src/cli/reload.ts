/** `sotto reload`: makes the running instance read its configuration again. The old one stays where the new is faulty. */
import { requireAnswer } from "./control/instance.ts";
import { ExitCode } from "./failure.ts";
import type { Session } from "./session.ts";
import { harmless } from "./terminal.ts";

export interface ReloadOptions {
  readonly config?: string;
  readonly newSalt?: boolean;
}

export async function reload(session: Session, options: ReloadOptions): Promise<ExitCode> {
  const { terminal } = session;
  const answer = await requireAnswer(session, options.config, "reload", {
    new_salt: options.newSalt === true,
  });
  for (const line of [...answer.warnings, ...answer.faults]) terminal.err(harmless(line));
  if (answer.faults.length > 0) {
    terminal.err("not reloaded: the instance goes on with the configuration it has");
    return ExitCode.BAD_USAGE;
  }
  const salt = options.newSalt === true ? ", with a new salt" : "";
  terminal.out(`reloaded ${harmless(answer.source)}${salt}`);
  return ExitCode.SUCCESS;
}
