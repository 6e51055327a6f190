/** Finds the running instance for a command, and says what to do where there is none. */
import { controlCandidates } from "../../config/places.ts";
import { CommandFailure, ExitCode } from "../failure.ts";
import { readConfig, type Session } from "../session.ts";
import { type Asked, ask, type Attempt, forbiddenPath } from "./client.ts";
import type { CommandName, Commands } from "./protocol.ts";

/**
 * Control sockets to try: the one of the configuration, then the usual places. A faulty file is no reason not to
 * reach an instance that runs.
 */
export function controlPaths(session: Session, configPath: string | undefined): readonly string[] {
  const loaded = readConfig(session, configPath);
  if ("faults" in loaded) {
    const stateDir = session.machine.env["STATE_DIRECTORY"] ?? "/var/lib/sotto";
    return controlCandidates(session.machine, stateDir);
  }
  const { config } = loaded;
  return [...new Set([config.control.socket, ...controlCandidates(session.machine, config.stateDir)])];
}

/** What the running instance answers. Ends the command where there is none, or it refuses. */
export async function requireAnswer<Name extends CommandName>(
  session: Session,
  configPath: string | undefined,
  command: Name,
  request: Commands[Name]["request"],
): Promise<Commands[Name]["answer"]> {
  const asked = await ask(controlPaths(session, configPath), command, request);
  if (asked.outcome === "answered") return asked.result;
  throw failureOf(asked, command);
}

function failureOf(
  asked: Exclude<Asked<CommandName>, { outcome: "answered" }>,
  command: string,
): CommandFailure {
  if (asked.outcome === "refused") return new CommandFailure(ExitCode.FAILURE, asked.error);
  return new CommandFailure(ExitCode.FAILURE, nobody(asked.attempts, command));
}

function nobody(attempts: readonly Attempt[], command: string): string {
  const forbidden = forbiddenPath(attempts);
  if (forbidden !== undefined) {
    return (
      `the control socket ${forbidden} belongs to another user; ` +
      `run this as root or as the user that runs Sotto: sudo sotto ${command}`
    );
  }
  const tried = attempts.map(({ path, code }) => `${path} (${code})`).join(", ");
  return `no running instance found, tried ${tried}; start one with "sotto run", or name its file with -c FILE`;
}
