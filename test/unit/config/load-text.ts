/** Loads a configuration from text, on a machine made of plain values. */
import { findingToText } from "../../../src/config/findings.ts";
import { type Loaded, loadConfig, type NotLoaded } from "../../../src/config/load.ts";
import type { Machine } from "../../../src/config/places.ts";
import type { NamedFiles } from "../../../src/config/rules/context.ts";

export const MACHINE: Machine = { env: { HOME: "/home/user" }, uid: 1000, platform: "linux", cwd: "/work" };

/** Files by absolute path; `null` stands for one that may not be read. */
export function filesOf(texts: Readonly<Record<string, string | null>>): NamedFiles {
  const trouble: NamedFiles["trouble"] = (path) => {
    if (texts[path] === undefined) return { missing: true, text: "does not exist" };
    return texts[path] === null ? { missing: false, text: "may not be read (permission denied)" } : undefined;
  };
  return { trouble, read: (path) => trouble(path) ?? texts[path] ?? "" };
}

export function loadText(
  text: string,
  files: Readonly<Record<string, string | null>> = {},
  machine: Machine = MACHINE,
): Loaded | NotLoaded {
  return loadConfig({ machine, files: filesOf({ ...files, "/work/sotto.toml": text }) });
}

export function faultLines(result: Loaded | NotLoaded): string[] {
  return "faults" in result ? result.faults.map((fault) => findingToText(result.source, fault)) : [];
}

export function warningLines(result: Loaded | NotLoaded): string[] {
  return result.warnings.map((warning) => findingToText(result.source, warning));
}

/** The configuration of a text that must be right. */
export function configFrom(
  text: string,
  files: Readonly<Record<string, string | null>> = {},
): Loaded["config"] {
  const result = loadText(text, files);
  if ("faults" in result) throw new Error(faultLines(result).join("\n"));
  return result.config;
}
