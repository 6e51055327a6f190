/** Finds the running instance for a command, and says what to do where there is none. */
import type { InstancePlaces, Loaded, NotLoaded } from "../../config/load.ts";
import { controlCandidates } from "../../config/places.ts";
import { CommandFailure, ExitCode } from "../failure.ts";
import { faultLines, readConfig, type Session } from "../session.ts";
import { ask, type Attempt, forbiddenPath } from "./client.ts";
import type { CommandName, Commands } from "./protocol.ts";

/** Control sockets to try: the one of the configuration, be it faulty, then the usual places. */
export function controlPaths({ machine }: Session, loaded: Loaded | NotLoaded): readonly string[] {
  const { stateDir, controlSocket } = placesOf(loaded);
  return [...new Set([controlSocket, ...controlCandidates(machine, stateDir)])];
}

function placesOf(loaded: Loaded | NotLoaded): InstancePlaces {
  if ("faults" in loaded) return loaded.places;
  return { stateDir: loaded.config.stateDir, controlSocket: loaded.config.control.socket };
}

/** What the running instance answers. Ends the command where there is none, or it refuses. */
export async function requireAnswer<Name extends CommandName>(
  session: Session,
  configPath: string | undefined,
  command: Name,
  request: Commands[Name]["request"],
): Promise<Commands[Name]["answer"]> {
  const loaded = readConfig(session, configPath);
  const asked = await ask(controlPaths(session, loaded), command, request);
  if (asked.outcome === "answered") return asked.result;
  if (asked.outcome === "refused") throw new CommandFailure(ExitCode.FAILURE, asked.error);
  const text = nobody(asked.attempts, command);
  if (!("faults" in loaded)) throw new CommandFailure(ExitCode.FAILURE, text);
  // Its place may be among what could not be read.
  throw new CommandFailure(ExitCode.BAD_USAGE, [...faultLines(loaded), text].join("\n"));
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
