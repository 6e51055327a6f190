/** Runs `delv`, BIND's validator, against a port of 127.0.0.1: the judge of proofs that is not ours. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./programs.ts";

const run = promisify(execFile);

export const delv = findProgram("delv");

export class Delv {
  readonly #folder = mkdtempSync(join(tmpdir(), "sotto-delv-"));
  readonly #port: number;

  /** @param anchors DS lines of the root, as the lab gives them. */
  constructor(port: number, anchors: readonly string[]) {
    this.#port = port;
    const keys = anchors.map((line) => {
      const [, , tag, algorithm, digestType, digest] = line.split(" ");
      return `. static-ds ${tag} ${algorithm} ${digestType} "${digest}";`;
    });
    writeFileSync(join(this.#folder, "anchors"), `trust-anchors { ${keys.join(" ")} };\n`);
  }

  /** Everything it prints: `; fully validated` or `; negative response, fully validated` where it is content. */
  async ask(name: string, type = "A"): Promise<string> {
    const anchors = join(this.#folder, "anchors");
    const { stdout, stderr } = await run(delv ?? "delv", [
      "@127.0.0.1",
      "-p",
      String(this.#port),
      "-a",
      anchors,
      "+root=.",
      name,
      type,
    ]);
    return stdout + stderr;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
