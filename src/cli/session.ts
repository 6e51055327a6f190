/** What a command has at hand: the terminal, the machine, and the configuration where it asks for it. */
import { findingToText } from "../config/findings.ts";
import { type Loaded, loadConfig, type NotLoaded } from "../config/load.ts";
import { namedFiles } from "../config/named-files.ts";
import type { Machine } from "../config/places.ts";
import { CommandFailure, ExitCode } from "./failure.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

export interface Session {
  readonly terminal: Terminal;
  readonly machine: Machine;
  /** Keeps what V8 has compiled for the next start. */
  readonly keepCode: () => Promise<void>;
}

/** The session of this process. */
export function openSession(keepCode: () => Promise<void>): Session {
  return {
    terminal: openTerminal(process.stdout, process.stderr, process.env),
    machine: {
      env: process.env,
      uid: process.geteuid?.(),
      platform: process.platform,
      cwd: process.cwd(),
    },
    keepCode,
  };
}

/** Reads the configuration, from `path` where there is one. */
export function readConfig(session: Session, path: string | undefined): Loaded | NotLoaded {
  return loadConfig({ ...(path !== undefined && { path }), machine: session.machine, files: namedFiles });
}

/** The configuration, with its warnings on stderr. Ends the command where it has faults. */
export function requireConfig(session: Session, path: string | undefined): Loaded {
  const result = readConfig(session, path);
  if ("faults" in result) throw new CommandFailure(ExitCode.BAD_USAGE, faultLines(result).join("\n"));
  for (const line of warningLines(result)) session.terminal.err(line);
  return result;
}

export function faultLines({ source, faults }: NotLoaded): string[] {
  return faults.map((fault) => findingToText(source, fault));
}

export function warningLines({ source, warnings }: Loaded | NotLoaded): string[] {
  return warnings.map(({ text, ...place }) => findingToText(source, { ...place, text: `warning: ${text}` }));
}
