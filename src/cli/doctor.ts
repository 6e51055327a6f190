/** `sotto doctor`: tests each upstream and the local set-up; every fault in one line, with a remedy. */
import { BUILT_IN_DEFAULTS, type Loaded } from "../config/load.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import { checkUp, type Instance } from "./checkup/checkup.ts";
import { checkupHost } from "./checkup/host.ts";
import { ask, forbiddenPath } from "./control/client.ts";
import { controlPaths } from "./control/instance.ts";
import { ExitCode } from "./failure.ts";
import { table } from "./render/layout.ts";
import { requireConfig, type Session } from "./session.ts";
import { withStandalone } from "./standalone.ts";
import { harmless, type Terminal } from "./terminal.ts";

export interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly minimisation?: boolean;
}

export async function doctor(session: Session, options: DoctorOptions): Promise<ExitCode> {
  const { terminal } = session;
  const loaded = requireConfig(session, options.config);
  const instance = await findInstance(session, loaded);
  const here = await checkUp(loaded.config, instance, checkupHost);
  const upstreams = await withStandalone(session, loaded, (app) =>
    app.doctor({ minimisation: options.minimisation === true }),
  );
  const right = { ok: true, subject: "configuration", text: sourceText(loaded.source) };
  const findings = [right, ...here, ...upstreams];
  if (options.json === true) terminal.out(JSON.stringify(findings, null, terminal.isForPeople ? 2 : 0));
  else for (const line of findingLines(findings, terminal)) terminal.out(line);
  return findings.every(({ ok }) => ok) ? ExitCode.SUCCESS : ExitCode.FAILURE;
}

function sourceText(source: string): string {
  return source === BUILT_IN_DEFAULTS ? "there is no file: the built-in defaults hold" : `${source} is right`;
}

async function findInstance(session: Session, loaded: Loaded): Promise<Instance> {
  const asked = await ask(controlPaths(session, loaded), "stats", {});
  if (asked.outcome !== "nobody") return { state: "running", path: asked.path };
  const path = forbiddenPath(asked.attempts);
  return path === undefined ? { state: "none" } : { state: "forbidden", path };
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
