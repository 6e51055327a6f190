/**
 * Real servers and tools that some tests talk to. A test whose program is not here is skipped, and the test
 * runner says so aloud.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Debian keeps servers where an ordinary user's PATH does not look. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/local/sbin"];

/** The path of an installed program, `undefined` where there is none. */
export function findProgram(name: string): string | undefined {
  return FOLDERS.filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
