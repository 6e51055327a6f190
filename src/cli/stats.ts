/** `sotto stats`: figures of the running instance. */
import { requireAnswer } from "./control/instance.ts";
import { ExitCode } from "./failure.ts";
import { figureLines } from "./render/figures.ts";
import type { Session } from "./session.ts";

export interface StatsOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export async function stats(session: Session, options: StatsOptions): Promise<ExitCode> {
  const { terminal } = session;
  const figures = await requireAnswer(session, options.config, "stats", {});
  if (options.json === true) terminal.out(JSON.stringify(figures, null, terminal.isForPeople ? 2 : 0));
  else for (const line of figureLines(figures, terminal)) terminal.out(line);
  return ExitCode.SUCCESS;
}
