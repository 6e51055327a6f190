/** Dead for a while, then back: the complaint that decides whether people keep a stub. Real time, real programs. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type LabProcess, startLabProcess } from "../support/lab-process.ts";
import { figuresOf, LoadClient, type Outcome, printRow } from "../support/load.ts";
import { type Program, startProgram } from "../support/program.ts";
import { rigToml } from "../support/transport-rig.ts";

const OUTAGE_MS = 20_000;
const STOP_MS = 15_000;
/** Milliseconds until the first fresh answer after everything is well again. */
const RECOVERY_MS = 1_000;

const labs: LabProcess[] = [];
let program: Program | undefined;
let client: LoadClient | undefined;

afterEach(async () => {
  client?.close();
  await program?.stop();
  for (const lab of labs.splice(0)) await lab.stop();
});

async function startAll(operators: readonly string[]): Promise<LoadClient> {
  for (const _ of operators) labs.push(await startLabProcess(["--numbered", "--delay", "20"]));
  const servers = labs.map(({ address }, nth) => ({ operator: operators[nth] ?? "", addresses: [address] }));
  const caPem = labs.map(({ caFile }) => readFileSync(caFile, "utf8")).join("\n");
  program = await startProgram({ toml: (folder) => rigToml(folder, servers, [], caPem) });
  client = await LoadClient.open(program.port);
  expect(figuresOf(await client.ask({ count: 100, rate: 100 })).right).toBe(100);
  return client;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function signalAll(signal: NodeJS.Signals): void {
  for (const lab of labs) process.kill(lab.pid, signal);
}

/** Asks one name now; gives how long that took. */
async function recovery(asker: LoadClient): Promise<readonly [Outcome, number]> {
  const [outcome] = await asker.ask({ count: 1 });
  if (outcome === undefined) throw new Error("nothing was asked");
  return [outcome, outcome.took ?? Number.POSITIVE_INFINITY];
}

describe("every server gone for 20 s", () => {
  it.each([
    ["with clients that go on asking", 5],
    ["with nobody asking meanwhile", 0],
  ])("is over within a second of their return, %s", async (what, rate) => {
    const asker = await startAll(["one", "other"]);
    signalAll("SIGSTOP");
    if (rate > 0) await asker.ask({ count: (OUTAGE_MS / 1_000) * rate, rate });
    else await pause(OUTAGE_MS);
    signalAll("SIGCONT");

    const [first, took] = await recovery(asker);
    const after = figuresOf(await asker.ask({ count: 200, rate: 100 }));

    printRow(`no server for 20 s, ${what}: after`, after, took);
    expect(first.fate).toBe("right");
    expect(took).toBeLessThan(RECOVERY_MS);
    expect(after).toMatchObject({ right: 200, servfail: 0, lost: 0, wrong: 0 });
  });
});

describe("a process stopped for 15 s", () => {
  it("answers the next query within a second when it is the resolver, as after a suspend", async () => {
    const asker = await startAll(["one", "other"]);
    program?.kill("SIGSTOP");
    await pause(STOP_MS);
    program?.kill("SIGCONT");

    const [first, took] = await recovery(asker);
    const after = figuresOf(await asker.ask({ count: 200, rate: 100 }));

    printRow("resolver stopped for 15 s: after", after, took);
    expect(first.fate).toBe("right");
    expect(took).toBeLessThan(RECOVERY_MS);
    expect(after).toMatchObject({ right: 200, servfail: 0, lost: 0, wrong: 0 });
  });

  it("loses no query when it is one of two replicas", async () => {
    const asker = await startAll(["one", "one"]);
    process.kill(labs[0]!.pid, "SIGSTOP");
    const during = figuresOf(await asker.ask({ count: (STOP_MS / 1_000) * 50, rate: 50 }));
    process.kill(labs[0]!.pid, "SIGCONT");
    const [, took] = await recovery(asker);

    printRow("one of two replicas stopped for 15 s: meanwhile", during, took);
    expect(during).toMatchObject({ right: during.sent, servfail: 0, lost: 0, wrong: 0 });
    expect(took).toBeLessThan(RECOVERY_MS);
  });

  it("answers the next query within a second when it is the only server", async () => {
    const asker = await startAll(["one"]);
    signalAll("SIGSTOP");
    await asker.ask({ count: STOP_MS / 1_000, rate: 1 });
    signalAll("SIGCONT");

    const [first, took] = await recovery(asker);
    const after = figuresOf(await asker.ask({ count: 200, rate: 100 }));

    printRow("the only server stopped for 15 s: after", after, took);
    expect(first.fate).toBe("right");
    expect(took).toBeLessThan(RECOVERY_MS);
    expect(after).toMatchObject({ right: 200, servfail: 0, lost: 0, wrong: 0 });
  });
});
