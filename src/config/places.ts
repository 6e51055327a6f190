/**
 * Where Sotto looks for its configuration, keeps its state and puts its control socket, from the environment that
 * it is handed. Opens nothing.
 */
import { posix, win32 } from "node:path";

/** What the defaults depend on. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user; `undefined` on Windows. */
  readonly uid: number | undefined;
  readonly platform: string;
  readonly cwd: string;
}

/** Where there is one configuration for all of a machine. */
export const SYSTEM_CONFIG = "/etc/sotto/sotto.toml";
const SYSTEM_STATE = "/var/lib/sotto";
const SYSTEM_CONTROL = "/run/sotto/control.sock";
const WINDOWS_CONTROL = "\\\\.\\pipe\\sotto";

/** Octets that the path of a Unix socket may have everywhere: with the NUL, macOS takes 104 and Linux 108. */
export const MAX_SOCKET_PATH = 103;

/** Files to try, in order; the first one must exist where it was asked for by name. */
export function configCandidates(
  machine: Machine,
  asked?: string,
): { readonly paths: readonly string[]; readonly mustExist: boolean } {
  const named = asked ?? (machine.env.SOTTO_CONFIG || undefined);
  if (named !== undefined) return { paths: [named], mustExist: true };
  const system = machine.platform === "win32" ? [] : [SYSTEM_CONFIG];
  return { paths: ["sotto.toml", ...system], mustExist: false };
}

/** Resolves `path` against `base`, by the rules of the machine's platform. */
export function resolvePath(machine: Machine, base: string, path: string): string {
  const { resolve } = machine.platform === "win32" ? win32 : posix;
  return resolve(machine.cwd, base, path);
}

/** The directory of salt, keys and anchors. */
export function stateDirectory(machine: Machine): string {
  const { env } = machine;
  // systemd gives a list where a unit names several directories; the first is ours.
  const given = env.STATE_DIRECTORY?.split(":")[0];
  if (given) return given;
  if (machine.platform === "win32") return `${env.LOCALAPPDATA ?? env.USERPROFILE ?? machine.cwd}\\sotto`;
  if (machine.uid === 0) return SYSTEM_STATE;
  if (env.XDG_STATE_HOME) return `${env.XDG_STATE_HOME}/sotto`;
  return `${env.HOME ?? machine.cwd}/.local/state/sotto`;
}

/** Where a running instance makes its control socket, unless the file says otherwise. */
export function controlSocket(machine: Machine, stateDir: string): string {
  const { env } = machine;
  if (machine.platform === "win32") return WINDOWS_CONTROL;
  if (env.RUNTIME_DIRECTORY) return `${env.RUNTIME_DIRECTORY.split(":")[0]}/control.sock`;
  if (machine.uid === 0) return SYSTEM_CONTROL;
  return env.XDG_RUNTIME_DIR ? `${env.XDG_RUNTIME_DIR}/sotto.sock` : `${stateDir}/control.sock`;
}

/** Where a client looks for a running instance, best first: it may run as another user than the instance. */
export function controlCandidates(machine: Machine, stateDir: string): readonly string[] {
  if (machine.platform === "win32") return [WINDOWS_CONTROL];
  const own = controlSocket(machine, stateDir);
  const session = machine.env.XDG_RUNTIME_DIR ? [`${machine.env.XDG_RUNTIME_DIR}/sotto.sock`] : [];
  return [...new Set([own, SYSTEM_CONTROL, ...session, `${stateDir}/control.sock`])];
}
