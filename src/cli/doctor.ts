/** `sotto doctor`: tests each upstream and the local set-up; every fault in one line, with a remedy. */
import type { DoctorFinding } from "../ports/operator.ts";
import { ExitCode } from "./failure.ts";
import { table } from "./render/layout.ts";
import type { Session } from "./session.ts";
import { withStandalone } from "./standalone.ts";
import { harmless, type Terminal } from "./terminal.ts";

export interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export async function doctor(session: Session, options: DoctorOptions): Promise<ExitCode> {
  const { terminal } = session;
  const findings = await withStandalone(session, options.config, (app) => app.doctor());
  if (options.json === true) terminal.out(JSON.stringify(findings, null, terminal.isForPeople ? 2 : 0));
  else for (const line of findingLines(findings, terminal)) terminal.out(line);
  return findings.every(({ ok }) => ok) ? ExitCode.SUCCESS : ExitCode.FAILURE;
}

export function findingLines(findings: readonly DoctorFinding[], terminal: Terminal): string[] {
  const rows = findings.map(({ ok, subject, text, remedy }) => [
    terminal.isForPeople
      ? { text: ok ? "✔" : "✘", style: ok ? ("good" as const) : ("bad" as const) }
      : { text: ok ? "ok" : "FAULT" },
    { text: harmless(subject), style: "name" as const },
    { text: harmless(remedy === undefined ? text : `${text}; ${remedy}`) },
  ]);
  const width = terminal.isForPeople ? terminal.columns : Number.POSITIVE_INFINITY;
  const faults = findings.filter(({ ok }) => !ok).length;
  const summary = faults === 0 ? "all well" : faults === 1 ? "1 fault" : `${faults} faults`;
  return [...table(rows, terminal, width), terminal.paint(faults === 0 ? "good" : "bad", summary)];
}
