/**
 * Real servers and resolvers of others, on loopback and free ports, in a folder of their own: what tests and
 * benches compare with. Each waits until it answers and is ended by its process id.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.ts";

const READY_WITHIN_MS = 10_000;
const POLL_MS = 25;
const MAX_LOG_OCTETS = 200_000;

export interface Peer {
  readonly program: string;
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly pid: number;
  readonly folder: string;
  /** What it printed so far, its end where that is long. */
  log(): string;
  stop(): Promise<void>;
}

export interface PeerPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  /** By file name; an argument or another file may hold `FOLDER`, which stands for where they lie. */
  readonly files: Readonly<Record<string, string>>;
  /** `udp`: ready when it answers a query for the root. `tcp`: when it accepts a connection. */
  readonly readyBy: "udp" | "tcp";
  readonly env?: Readonly<Record<string, string>>;
}

export async function startPeer(plan: PeerPlan): Promise<Peer> {
  const path = findProgram(plan.program);
  if (path === undefined) throw new Error(`${plan.program} is not installed`);
  const folder = mkdtempSync(join(tmpdir(), `sotto-${plan.program}-`));
  const placed = (text: string): string => text.replaceAll("FOLDER", folder);
  for (const [name, text] of Object.entries(plan.files)) writeFileSync(join(folder, name), placed(text));
  const child = spawn(path, plan.args.map(placed), {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...plan.env },
  });
  let log = "";
  const append = (chunk: Buffer): void => {
    log = (log + chunk.toString("latin1")).slice(-MAX_LOG_OCTETS);
  };
  child.stdout.on("data", append);
  child.stderr.on("data", append);
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const isReady = plan.readyBy === "udp" ? answersUdp : acceptsTcp;
  for (let waited = 0; !(await isReady(plan.port)); waited += POLL_MS) {
    if (child.exitCode !== null || waited > READY_WITHIN_MS) {
      await stop();
      throw new Error(`${plan.program} did not start:\n${log}`);
    }
    await pause(POLL_MS);
  }
  const { port, program } = plan;
  return { program, port, address: `127.0.0.1:${port}`, pid: child.pid ?? -1, folder, log: () => log, stop };
}

/** A SOCKS5 proxy without authentication, or with `user:password`. */
export async function startSocksProxy(credentials?: string): Promise<Peer> {
  const port = await freePort();
  const [user, password] = credentials?.split(":") ?? [];
  const login = user === undefined || password === undefined ? [] : ["-u", user, "-P", password];
  const args = ["-i", "127.0.0.1", "-p", String(port), ...login];
  return await startPeer({ program: "microsocks", args, port, files: {}, readyBy: "tcp" });
}

/** A port that was free a moment ago, for UDP and TCP alike. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => child.kill("SIGKILL"), 3000);
    child.once("exit", () => {
      clearTimeout(force);
      resolve();
    });
    child.kill("SIGCONT");
    child.kill("SIGTERM");
  });
}

async function acceptsTcp(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

/** Whether anything comes back to `. NS` within 200 ms. */
async function answersUdp(port: number): Promise<boolean> {
  const query = Buffer.from("5050010000010000000000000000020001", "hex");
  return await new Promise((resolve) => {
    const socket = createSocket("udp4");
    const finish = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => {
      finish(false);
    }, 200);
    socket.once("message", () => {
      finish(true);
    });
    socket.once("error", () => {
      finish(false);
    });
    socket.connect(port, "127.0.0.1", () => {
      socket.send(query);
    });
  });
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
