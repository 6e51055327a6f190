/** What a rule between keys gets to look at. */
import type { Findings } from "../findings.ts";
import type { Keys } from "../schema/schema.ts";
import type { TomlDocument } from "../toml-document.ts";

/** Files that the configuration names; none is written or kept open. */
export interface NamedFiles {
  /** Text of a file of moderate size, or why it cannot be had. */
  read(path: string): string | FileTrouble;
  /** `undefined` where the file can be read, however large. */
  trouble(path: string): FileTrouble | undefined;
}

export interface FileTrouble {
  readonly missing: boolean;
  /** In words that follow the name of the file. */
  readonly text: string;
}

export interface RuleContext {
  readonly keys: Keys;
  readonly document: TomlDocument;
  readonly findings: Findings;
  readonly files: NamedFiles;
  /** As Node names it: of the machine that the file is read on. */
  readonly platform: string;
  /** Makes a path of the file absolute. */
  resolve(path: string): string;
}
