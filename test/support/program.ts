/**
 * The built program (`dist/main.js`) as a process of its own, for end-to-end tests: configured, awaited,
 * stopped. `npm test` builds it first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";
import { BATCH_IO } from "./batch-io.ts";

export const PROGRAM = join(import.meta.dirname, "..", "..", "dist", "main.js");

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Program {
  readonly port: number;
  readonly metricsAddress: string;
  /** A folder of its own, removed at the end. */
  readonly folder: string;
  readonly file: string;
  readonly pid: number;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  /** Waits for a line whose message matches. */
  logged(message: RegExp): Promise<LogLine>;
  /** What it said on standard error so far; shown as it comes too. */
  errors(): string;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, once it has ended. */
  readonly exit: Promise<number | null>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

/** What differs from the defaults of tests: TOML text, after `[listen]`, `[metrics]` and `[control]`. */
export interface ProgramOptions {
  readonly toml: string | ((folder: string) => string);
  /** Lines for the `[listen]` table. */
  readonly listen?: string;
  /** Default: within the program's own folder, so that it ends with it. */
  readonly stateDir?: string;
  /** A program and its arguments that start this one, such as `prlimit`. */
  readonly under?: readonly string[];
}

export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { toml, listen = "", stateDir, under = [] } = options;
  if (!existsSync(PROGRAM)) throw new Error("dist/main.js is not built: npm run build");
  const folder = mkdtempSync(join(tmpdir(), "sotto-e2e-"));
  const [port, metricsPort] = await freePorts(2);
  const file = join(folder, "sotto.toml");
  writeFileSync(
    file,
    [
      `state_dir = "${stateDir ?? join(folder, "state")}"`,
      `[listen]\naddresses = ["127.0.0.1:${port}"]\nbatch_io = "${BATCH_IO}"\n${listen}`,
      `[metrics]\naddress = "127.0.0.1:${metricsPort}"`,
      `[control]\nsocket = "${folder}/control.sock"`,
      typeof toml === "string" ? toml : toml(folder),
    ].join("\n\n"),
  );
  const [command = "", ...args] = [...under, process.execPath, PROGRAM, "run", "-c", file];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  const log = followLog(child);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
    process.stderr.write(chunk);
  });
  const exit = once(child, "exit").then(([code]) => {
    rmSync(folder, { recursive: true, force: true });
    return code as number | null;
  });
  const program: Program = {
    port: port ?? 0,
    metricsAddress: `127.0.0.1:${metricsPort}`,
    folder,
    file,
    pid: child.pid ?? 0,
    log: log.lines,
    logged: log.logged,
    errors: () => errors,
    kill: (signal) => child.kill(signal),
    exit,
    stop: () => {
      child.kill("SIGTERM");
      return exit;
    },
  };
  await Promise.race([
    log.logged(/^ready$/),
    exit.then((code) => {
      throw new Error(`the program ended with ${code} before it was ready: ${JSON.stringify(log.lines)}`);
    }),
  ]);
  return program;
}

/** The tables that point the program at a lab. */
export function labToml(
  lab: Pick<Lab, "address" | "authName" | "caPem" | "trustAnchors">,
  folder: string,
): string {
  writeFileSync(join(folder, "ca.pem"), lab.caPem);
  return `
[[upstream.server]]
name = "lab"
addresses = ["${lab.address}"]
auth_name = "${lab.authName}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}
`;
}

/** Ports of 127.0.0.1 that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    }),
  );
  for (const server of servers) server.close();
  return ports;
}

function followLog(child: ChildProcess) {
  const lines: LogLine[] = [];
  const waiting: { readonly message: RegExp; readonly resolve: (line: LogLine) => void }[] = [];
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const texts = (rest + chunk.toString()).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts) {
      const line = JSON.parse(text) as LogLine;
      lines.push(line);
      for (const { message, resolve } of waiting) if (message.test(line.msg)) resolve(line);
    }
  });
  const logged = (message: RegExp): Promise<LogLine> => {
    const present = lines.find(({ msg }) => message.test(msg));
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((resolve) => waiting.push({ message, resolve }));
  };
  return { lines, logged };
}
