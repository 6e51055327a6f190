/** `listen.workers`: several processes that share the ports behave as one. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask as askInstance } from "../../src/cli/control/client.ts";
import type { CommandName, Commands } from "../../src/cli/control/protocol.ts";
import { loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Asker } from "../support/ask.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";

const WORKERS = 3;
/** Sockets of clients: the kernel spreads by port, so with 24 the odds that a process gets none are 1 in 5,000. */
const CLIENTS = 24;

let labs: Lab[] = [];
let program: Program | undefined;
let askers: Asker[] = [];

beforeEach(async () => {
  labs = [await startLab(), await startLab()];
});

afterEach(async () => {
  for (const asker of askers) asker.close();
  await program?.stop();
  await Promise.all(labs.map((lab) => lab.close()));
  program = undefined;
  askers = [];
});

async function start(more = ""): Promise<Program> {
  program = await startProgram({
    toml: (folder) => {
      const [first = "", second = ""] = labs.map((lab, i) => serverToml(lab, folder, `lab${i}`));
      return `${first}\n${second}\n[dnssec]\nmode = "off"\n${more}`;
    },
    listen: `workers = ${WORKERS}`,
  });
  const { port } = program;
  askers = await Promise.all(Array.from({ length: CLIENTS }, () => Asker.open(port)));
  return program;
}

/** The server of `labToml`, under a name of its own: each lab is another operator. */
function serverToml(lab: Lab, folder: string, name: string): string {
  const [server = ""] = labToml(lab, folder).split("[dnssec]");
  return server.replace('name = "lab"', `name = "${name}"`);
}

/** What the program says over its control socket. */
async function questionTo<Name extends CommandName>(
  { folder }: Program,
  command: Name,
  request: Commands[Name]["request"],
): Promise<Commands[Name]["answer"]> {
  const asked = await askInstance([join(folder, "control.sock")], command, request);
  if (asked.outcome !== "answered") throw new Error(asked.outcome);
  return asked.result;
}

async function workersOf({ logged }: Program): Promise<number[]> {
  const { workers } = await logged(/^workers started$/);
  return (workers as string[]).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] !== "Z";
  } catch {
    return false;
  }
}

function everybodyAsks(name: string): Promise<number[]> {
  return Promise.all(askers.map(async (asker) => (await asker.ask(name)).rcode));
}

describe.skipIf(typeof loadLinuxSockets() === "string")("processes that share the ports", () => {
  it("answer every client, and are one on the page of metrics and in the figures", async () => {
    const running = await start();

    await everybodyAsks("www.example.com");

    const stats = await questionTo(running, "stats", {});
    expect(stats).toMatchObject({ queries: { udp: CLIENTS } });
    // Each has a cache of its own, so some of them had to ask; their sizes add up to what is configured.
    const cache = stats["cache"] as Record<string, number>;
    expect(cache["misses"]).toBeGreaterThan(1);
    expect(cache["maxBytes"]).toBe(Math.floor((32 * 1024 * 1024) / WORKERS) * WORKERS);
    await expect
      .poll(async () => (await fetch(`http://${running.metricsAddress}/metrics`)).text())
      .toContain(`sotto_queries_total{transport="udp"} ${CLIENTS}`);
  });

  it("send all names of a domain to the same operator: there is one salt, also after it was renewed", async () => {
    const running = await start();

    for (const renewed of [false, true]) {
      if (renewed) await questionTo(running, "reload", { new_salt: true });
      for (const domain of ["example.com", "example.org", "example.net"]) {
        const before = labs.map(({ upstream }) => upstream.counters.queries);
        await Promise.all(askers.map((asker, i) => asker.ask(`n${i}-${String(renewed)}.${domain}`)));
        const sent = labs.map(({ upstream }, i) => upstream.counters.queries - (before[i] ?? 0));
        expect(sent.filter((count) => count > 0)).toEqual([CLIENTS]);
      }
    }
  });

  it("forget what is flushed, in every cache", async () => {
    const running = await start();
    await everybodyAsks("www.example.com");
    const asked = labs.reduce((sum, { upstream }) => sum + upstream.counters.queries, 0);

    const { flushed } = await questionTo(running, "flush", { name: "www.example.com" });
    await everybodyAsks("www.example.com");

    expect(flushed).toBeGreaterThan(1);
    const again = labs.reduce((sum, { upstream }) => sum + upstream.counters.queries, 0);
    expect(again - asked).toBe(flushed);
  });

  it("take another configuration, all of them", async () => {
    const running = await start();
    const text = readFileSync(running.file, "utf8");
    writeFileSync(running.file, `${text}\n[local]\nrecords = ["here.example.com. 60 IN A 192.0.2.77"]\n`);

    await questionTo(running, "reload", { new_salt: false });
    const before = labs.reduce((sum, { upstream }) => sum + upstream.counters.queries, 0);
    const rcodes = await everybodyAsks("here.example.com");

    expect(new Set(rcodes)).toEqual(new Set([0]));
    expect(labs.reduce((sum, { upstream }) => sum + upstream.counters.queries, 0)).toBe(before);
  });

  it("lose no query when one of them is killed, count on, and are three again", async () => {
    const running = await start();
    await everybodyAsks("www.example.com");
    await questionTo(running, "stats", {});
    const [victim = 0] = await workersOf(running);
    process.kill(victim, "SIGKILL");
    while (isRunning(victim)) await wait(5);

    const rcodes = await everybodyAsks("www.example.org");

    expect(rcodes).toHaveLength(CLIENTS);
    await running.logged(/^a worker ended and is replaced$/);
    await expect
      .poll(() => questionTo(running, "stats", {}), { timeout: 10_000 })
      .toMatchObject({ queries: { udp: 2 * CLIENTS } });
  });

  it("end together, after who waits was answered", async () => {
    const running = await start();
    const workers = await workersOf(running);
    await everybodyAsks("www.example.com");
    for (const { upstream } of labs) upstream.setBehaviour({ delayMs: 300 });
    const waiting = Promise.all(askers.map((asker, i) => asker.ask(`late${i}.example.com`)));
    await wait(150);

    const code = await running.stop();

    expect(await waiting).toHaveLength(CLIENTS);
    expect([code, workers.some(isRunning)]).toEqual([0, false]);
  });
});
