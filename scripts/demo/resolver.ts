/** The built program, run with a configuration made for the lab. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../../test/lab/lab.ts";

export interface Resolver {
  readonly port: number;
  readonly statusAddress: string;
  /** The configuration it runs with. */
  readonly file: string;
  /** When the process has ended. */
  readonly ended: Promise<unknown>;
  /** Whether it ended other than by being asked to. */
  readonly failed: boolean;
  stop(): Promise<void>;
}

export const PROGRAM = join(import.meta.dirname, "..", "..", "dist", "main.js");

/** Where the demo listens when these are free. */
const PORT = 5335;
const STATUS_PORT = 9353;

/** pino's number for `warn`. */
const WARN_LEVEL = 40;

export async function startResolver(lab: Lab): Promise<Resolver> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-demo-"));
  const port = await freePort(PORT);
  const statusAddress = `127.0.0.1:${await freePort(STATUS_PORT)}`;
  const file = join(folder, "sotto.toml");
  writeFileSync(join(folder, "ca.pem"), lab.caPem);
  writeFileSync(file, configuration(lab, folder, port, statusAddress));

  // In a group of its own: Ctrl-C at the terminal is for the demo, which then ends the resolver.
  const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await untilReady(child);
  return {
    port,
    statusAddress,
    file,
    ended,
    get failed() {
      return child.exitCode !== 0;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(lab: Lab, folder: string, port: number, statusAddress: string): string {
  return `
state_dir = "${folder}/state"

[listen]
addresses = ["127.0.0.1:${port}"]

[[upstream.server]]
name = "lab"
addresses = ["${lab.address}"]
auth_name = "${lab.authName}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}

[metrics]
address = "${statusAddress}"

[control]
socket = "${folder}/control.sock"

[log]
level = "info"
format = "json"
`;
}

/** The wished port where it is free for TCP and UDP; any other one else. */
async function freePort(wished: number): Promise<number> {
  return (await isFree(wished)) ? wished : await anyPort();
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket("udp4");
  try {
    await Promise.all([
      new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve)),
      new Promise<void>((resolve, reject) => socket.once("error", reject).bind(port, "127.0.0.1", resolve)),
    ]);
    return true;
  } catch {
    return false;
  } finally {
    server.close();
    socket.close();
  }
}

async function anyPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** Waits for the ready line, and passes on what is at least a warning. */
async function untilReady(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let rest = "";
    child.once("exit", (code) => {
      reject(new Error(`the resolver ended with code ${code ?? "none"} before it was ready`));
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { level, msg } = JSON.parse(line) as { readonly level: number; readonly msg: string };
        if (msg === "ready") resolve();
        else if (level >= WARN_LEVEL) process.stderr.write(`${line}\n`);
      }
    });
  });
}
