/**
 * Finds, reads and checks the configuration file. Gives the configuration, or every fault at once; decides nothing
 * about what to print or whether to stop.
 */
import { dirname } from "node:path";
import { checkKeys } from "./check-keys.ts";
import { type Config, configOf, type Places } from "./config.ts";
import { type Finding, Findings } from "./findings.ts";
import { configCandidates, controlSocket, type Machine, resolvePath, stateDirectory } from "./places.ts";
import type { NamedFiles } from "./rules/context.ts";
import { checkFiles } from "./rules/file-rules.ts";
import { checkPortal } from "./rules/portal-rules.ts";
import { checkPorts } from "./rules/port-rules.ts";
import { checkSections } from "./rules/section-rules.ts";
import { checkServers } from "./rules/server-rules.ts";
import { readToml } from "./toml.ts";

export interface LoadOptions {
  /** The file asked for on the command line. */
  readonly path?: string;
  readonly machine: Machine;
  readonly files: NamedFiles;
}

export interface Loaded {
  readonly config: Config;
  /** The file as people know it; `"built-in defaults"` where there is none. */
  readonly source: string;
  readonly warnings: readonly Finding[];
}

export interface NotLoaded {
  readonly faults: readonly Finding[];
  readonly source: string;
  readonly warnings: readonly Finding[];
  /** Where an instance may be all the same: as the file says, as far as it can be read. */
  readonly places: InstancePlaces;
}

export type InstancePlaces = Pick<Places, "stateDir" | "controlSocket">;

export const BUILT_IN_DEFAULTS = "built-in defaults";

export function loadConfig(options: LoadOptions): Loaded | NotLoaded {
  const found = readFirst(options);
  if ("faults" in found) return found;
  const { source, text, directory } = found;

  const { document, faults: syntax } = readToml(text);
  const findings = new Findings(document);
  const keys = checkKeys(document, new Set(syntax.map(({ line }) => line)), findings);
  const resolve = (path: string): string => resolvePath(options.machine, directory, path);
  const { files, machine } = options;
  const context = { keys, document, findings, files, platform: machine.platform, resolve };
  checkServers(context);
  checkSections(context);
  checkPorts(context);
  checkFiles(context);
  checkPortal(context);

  const { warnings } = findings;
  const faults = [...syntax.map((fault) => ({ ...fault, key: "" })), ...findings.faults];
  const places = placesOf(keys, options.machine, resolve);
  if (faults.length > 0) return { faults: faults.sort((a, b) => a.line - b.line), source, warnings, places };
  return { config: configOf(keys, places), source, warnings };
}

function placesOf(
  keys: {
    readonly state_dir?: string | undefined;
    readonly control: { readonly socket?: string | undefined };
  },
  machine: Machine,
  resolve: (path: string) => string,
): Places {
  const stateDir = keys.state_dir === undefined ? stateDirectory(machine) : resolve(keys.state_dir);
  const { socket } = keys.control;
  return {
    stateDir,
    controlSocket: socket === undefined ? controlSocket(machine, stateDir) : resolve(socket),
    resolve,
  };
}

type Found = { readonly source: string; readonly text: string; readonly directory: string };

function readFirst({ path, machine, files }: LoadOptions): Found | NotLoaded {
  const usual = placesOf({ control: {} }, machine, (text) => text);
  const { paths, mustExist } = configCandidates(machine, path);
  for (const source of paths) {
    // "" would be the directory that the command was typed in.
    if (source === "") return unreadable("the name of the file is empty", source, usual);
    const full = resolvePath(machine, "", source);
    const found = files.read(full);
    if (typeof found === "string") return { source, text: found, directory: dirname(full) };
    if (mustExist || !found.missing) return unreadable(found.text, source, usual);
  }
  return { source: BUILT_IN_DEFAULTS, text: "", directory: machine.cwd };
}

function unreadable(why: string, source: string, places: InstancePlaces): NotLoaded {
  const text = `${why}; name a readable file with -c FILE or $SOTTO_CONFIG`;
  return { faults: [{ line: 0, key: "", text }], source, warnings: [], places };
}
