/** The files that the configuration names, on the real disk. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import type { FileTrouble, NamedFiles } from "./rules/context.ts";

export const namedFiles: NamedFiles = {
  read: (path) => readFileSync(path, "utf8"),
  trouble(path) {
    try {
      if (statSync(path).isDirectory()) return { missing: false, text: "is a directory" };
      accessSync(path, constants.R_OK);
      return undefined;
    } catch (error) {
      return troubleOf((error as NodeJS.ErrnoException).code);
    }
  },
};

function troubleOf(code: string | undefined): FileTrouble {
  if (code === "ENOENT" || code === "ENOTDIR") return { missing: true, text: "does not exist" };
  if (code === "EACCES" || code === "EPERM")
    return { missing: false, text: "may not be read (permission denied)" };
  return { missing: false, text: `cannot be read (${code ?? "unknown error"})` };
}
