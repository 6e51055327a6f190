/** This machine, as `sotto service` changes it. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ServiceHost } from "./plan.ts";

export const serviceHost: ServiceHost = {
  isRoot: process.geteuid?.() === 0,
  hasSystemd: existsSync("/run/systemd/system"),
  exists: existsSync,
  write: (path, text) => {
    writeFileSync(path, text, { mode: 0o644 });
  },
  remove: (path) => {
    rmSync(path, { force: true });
  },
  run: ([program = "", ...args]) => {
    const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
    if (error !== undefined) return { exitCode: 127, output: error.message };
    return { exitCode: status ?? 1, output: `${stdout}${stderr}` };
  },
};

/** Whether a user without any rights can read the file: each directory above it must let everybody through. */
export function isReadableByAll(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    if ((statSync(path).mode & 0o004) === 0) return false;
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      if ((statSync(directory).mode & 0o001) === 0) return false;
      if (directory === dirname(directory)) return true;
    }
  } catch {
    return false;
  }
}
