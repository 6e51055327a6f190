/** `sotto check`: reads and validates the configuration; `ok`, or every fault in a line of its own. */
import { ExitCode } from "./failure.ts";
import { faultLines, readConfig, type Session, warningLines } from "./session.ts";

export interface CheckOptions {
  readonly config?: string;
}

export function check(session: Session, options: CheckOptions): ExitCode {
  const { terminal } = session;
  const result = readConfig(session, options.config);
  for (const line of warningLines(result)) terminal.err(line);
  if (!("faults" in result)) {
    terminal.out(terminal.isForPeople ? `${terminal.paint("good", "ok")} ${result.source}` : "ok");
    return ExitCode.SUCCESS;
  }
  for (const line of faultLines(result)) terminal.err(line);
  return ExitCode.BAD_USAGE;
}
