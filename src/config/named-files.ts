/** The files that the configuration names, on the real disk. */
import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from "node:fs";
import type { FileTrouble, NamedFiles } from "./rules/context.ts";

/** Octets of a configuration file, or of a bundle of certificates: a hundred times what the largest have. */
const MOST_OCTETS = 32 * 1_048_576;
const CHUNK_OCTETS = 65_536;
/** What a shell or a service manager hands over already open: somebody is at the other end. */
const HANDED_OVER = /^\/(dev\/(null|stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

export const namedFiles: NamedFiles = {
  read: (path) => troubleOf(path) ?? attempt(() => textOf(path)),
  trouble: troubleOf,
};

function troubleOf(path: string): FileTrouble | undefined {
  return attempt(() => {
    const text = kindTrouble(path, statSync(path));
    if (text !== undefined) return { missing: false, text };
    accessSync(path, constants.R_OK);
    return undefined;
  });
}

/** What a file is that cannot be read to an end: nobody may ever write to a pipe, and a device may have none. */
function kindTrouble(path: string, stats: Stats): string | undefined {
  if (stats.isDirectory()) return "is a directory";
  if (stats.isFile() || HANDED_OVER.test(path)) return undefined;
  return `is ${stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device"}, not a file`;
}

function textOf(path: string): string | FileTrouble {
  const chunks: Buffer[] = [];
  let octets = 0;
  const descriptor = openSync(path, "r");
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_OCTETS);
      const length = readSync(descriptor, chunk);
      if (length === 0) return Buffer.concat(chunks).toString("utf8");
      octets += length;
      if (octets > MOST_OCTETS) return { missing: false, text: "is larger than 32 MiB" };
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
}

function attempt<Result>(access: () => Result): Result | FileTrouble {
  try {
    return access();
  } catch (error) {
    return accessTrouble((error as NodeJS.ErrnoException).code);
  }
}

function accessTrouble(code: string | undefined): FileTrouble {
  if (code === "ENOENT" || code === "ENOTDIR") return { missing: true, text: "does not exist" };
  if (code === "EACCES" || code === "EPERM")
    return { missing: false, text: "may not be read (permission denied)" };
  return { missing: false, text: `cannot be read (${code ?? "unknown error"})` };
}
