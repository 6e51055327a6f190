/** Finding, running, pinning, watching and stopping programs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Command } from "./types.ts";

/** Cores: the subject has one to itself, the load and the upstream share the other. */
export const SUBJECT_CORE = 1;
export const LOAD_CORE = 0;

/** `/proc` counts CPU time in these: `sysconf(_SC_CLK_TCK)`, 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;
const STOP_PATIENCE_MS = 3_000;

/** The full path of a program, or `undefined`. */
export function find(program: string): string | undefined {
  const folders = `${process.env["PATH"] ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  const candidates = isAbsolute(program) ? [program] : folders.map((folder) => join(folder, program));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The first line that `program` prints that matches, without complaint where it exits with a failure. */
export function firstLine(program: string, args: readonly string[], pattern: RegExp): string {
  try {
    const text = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return pattern.exec(text)?.[0] ?? "";
  } catch {
    return "";
  }
}

/** Keeps this program, which waits most of the time, away from the core of the subjects. */
export function stayOffSubjectCore(): void {
  execFileSync("taskset", ["-a", "-c", "-p", String(LOAD_CORE), String(process.pid)], { stdio: "ignore" });
}

/** A program that runs on one core. */
export class Running {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #output = "";

  constructor(command: Command, core: number) {
    const program = find(command.program) ?? command.program;
    this.#child = spawn("taskset", ["-c", String(core), program, ...command.args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...command.env },
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-100_000);
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", () => {
        resolve();
      });
    });
  }

  /** What it printed last. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** CPU seconds, user and system, of all its threads so far. */
  get cpuSeconds(): number {
    const fields = this.#proc("stat")
      .replace(/^.*\) /u, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  }

  /** Resident set in MiB. */
  get residentMiB(): number {
    return Number(/^VmRSS:\s+(\d+) kB/mu.exec(this.#proc("status"))?.[1]) / 1_024;
  }

  get threads(): number {
    return readdirSync(`/proc/${this.#child.pid}/task`).length;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for the next output that matches. */
  async line(pattern: RegExp, patienceMs = 60_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.hasExited || Date.now() > deadline)
        throw new Error(`no ${pattern}: ${this.#output.slice(-2_000)}`);
      await sleep(5);
    }
  }

  /** Forgets what it printed. */
  clear(): void {
    this.#output = "";
  }

  async stop(): Promise<void> {
    if (this.hasExited) return;
    this.#child.kill("SIGTERM");
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), STOP_PATIENCE_MS);
    await this.#exited;
    clearTimeout(impatience);
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#child.pid}/${file}`, "utf8");
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
