/** The cache across real starts and ends of the program, sudden ones too, and what its file gives away. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask as askInstance } from "../../src/cli/control/client.ts";
import { Rcode } from "../../src/wire/codes.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

/** Names as a person would have asked for, expanded from a wildcard of the lab. */
const NAMES = Array.from({ length: 300 }, (_, i) => `confidential-${i}.wild.example.com`);

let lab: Lab;
/** Outlives the runs of one test: the file, and the state directory with its key. */
let folder: string;

beforeAll(async () => {
  lab = await startLab();
});

afterAll(async () => {
  await lab.close();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-kept-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = (): string => join(folder, "cache");

async function start(): Promise<Program> {
  const toml = (own: string): string =>
    `${labToml(lab, own)}aggressive_nsec = false\n[cache]\nfile = "${file()}"\n`;
  return startProgram({ toml, stateDir: join(folder, "state") });
}

async function ask(program: Program, names: readonly string[]): Promise<void> {
  const client = await UdpClient.open({ host: "127.0.0.1", port: program.port });
  for (const qname of names) {
    const message = read(await client.ask(queryOctets({ qname })));
    expect(message.rcode).toBe(Rcode.NOERROR);
  }
  client.close();
}

/** A run that has asked for `names` and ended in order. */
async function warmRun(names: readonly string[]): Promise<void> {
  const program = await start();
  await ask(program, names);
  expect(await program.stop()).toBe(0);
}

/** Entries that a new start finds in the file; the answers come without an upstream. */
async function entriesFound(): Promise<number> {
  const program = await start();
  const { entries } = await program.logged(/^cache read$/);
  await program.stop();
  return entries as number;
}

describe("the cache's file", () => {
  it("knows of a flush soon, so that a crash brings nothing back", async () => {
    await warmRun(NAMES);
    const program = await start();
    await program.logged(/^cache read$/);
    const full = statSync(file()).size;

    await askInstance([join(program.folder, "control.sock")], "flush", {});

    await expect.poll(() => statSync(file()).size, { timeout: 5_000 }).toBeLessThan(full / 10);
    await program.stop();
  });

  it("brings every name back, so that no upstream is asked after a restart", async () => {
    await warmRun(NAMES);
    const program = await start();
    expect((await program.logged(/^cache read$/))["entries"]).toBe(NAMES.length);
    const before = lab.queries().length;

    await ask(program, NAMES);

    expect(lab.queries().length).toBe(before);
    await program.stop();
  });

  it("is readable by its owner alone, and so is its key", async () => {
    await warmRun(NAMES.slice(0, 3));

    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "state", "cache-key")).mode & 0o777).toBe(0o600);
  });

  it("gives no name away: no string of it, and no pattern", async () => {
    await warmRun(NAMES);
    const octets = readFileSync(file());

    const strings = octets.toString("latin1").match(/[\x20-\x7e]{8,}/g) ?? [];
    expect(strings.filter((text) => /confid|dential|wild|example/i.test(text))).toEqual([]);
    expect(octets.length).toBeGreaterThan(20_000);
    // Noise has 8 bits an octet; text has 4 to 5.
    expect(entropy(octets)).toBeGreaterThan(7.98);
  });

  it("is whole, or as it was before, however the program is killed while it writes", async () => {
    await warmRun(NAMES.slice(0, 100));
    let before = 100;
    for (const asked of [200, 300]) {
      const program = await start();
      await program.logged(/^cache read$/);
      await ask(program, NAMES.slice(0, asked));
      const writing = begun(`${file()}.new`);
      program.kill("SIGTERM");
      await writing;
      program.kill("SIGKILL");
      await program.exit;

      const found = await entriesFound();

      expect([before, asked]).toContain(found);
      before = found;
    }
  });
});

/** Done as soon as there is a file of this name: the write has begun and is not over. */
function begun(path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    });
  });
}

/** Bits an octet. */
function entropy(octets: Buffer): number {
  const counts = new Array<number>(256).fill(0);
  for (const octet of octets) counts[octet]!++;
  return counts.reduce((sum, count) => {
    const share = count / octets.length;
    return count === 0 ? sum : sum - share * Math.log2(share);
  }, 0);
}
