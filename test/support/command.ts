/** The built program as a command: its output and exit code, and a folder for the files it is given. */
import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { PROGRAM } from "./program.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never blocks: the lab may answer from this process. */
export function sotto(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return run([process.execPath, PROGRAM, ...args], env);
}

export function run([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: "1", ...env }, encoding: "utf8" as const };
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

/** Root may read everything and take any port: what it runs through this may not. */
export const POWERLESS =
  process.geteuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [];

/** A folder for the file of tests that asks for it, removed after the last of them. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "sotto-cli-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const fileWith = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return { folder, fileWith };
}

/** What a process prints from now on, up to a match. */
export function outputUntil(child: ChildProcess, match: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!match.test(text)) return;
      child.stdout?.off("data", listen);
      resolve(text);
    };
    child.stdout?.on("data", listen);
    child.once("exit", () => {
      reject(new Error(`ended before ${match} was printed: ${text}`));
    });
  });
}
