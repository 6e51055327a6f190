/** The wall clock of the machine, set wrong while the resolver runs. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { startLab } from "../lab/lab.ts";
import { ask } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { question } from "../support/records.ts";
import { configFrom, KeptLog, startApp } from "../support/running-app.ts";

const DAY_MS = 86_400_000;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a clock that was ahead for a while [D75]", () => {
  it.each([5, 1_000])("by %i days does not make the right one wrong", async (days) => {
    const lab = await startLab();
    const stateDir = mkdtempSync(join(tmpdir(), "sotto-clock-"));
    const toml = (folder: string): string => labToml(lab, folder);
    const first = await startApp(toml, { stateDir });
    const before = await ask(first.port, "www.example.com");
    const right = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => right() + days * DAY_MS);
    await ask(first.port, "www.example.org");
    await first.stop();

    vi.restoreAllMocks();
    const second = await startApp(toml, { stateDir });
    const after = await ask(second.port, "www.example.com");
    await second.stop();
    await lab.close();
    rmSync(stateDir, { recursive: true });

    expect([before.rcode, after.rcode]).toEqual([0, 0]);
  });
});

describe("the last good time [D75]", () => {
  it.each([true, false])("is kept by the service, not by a command: a command is %s", async (isOneOff) => {
    const lab = await startLab();
    const folder = mkdtempSync(join(tmpdir(), "sotto-clock-"));
    const app = await createApp(configFrom(folder, labToml(lab, folder)), {
      version: "0.0.0",
      env: {},
      log: new KeptLog(),
      isOneOff,
    });
    const { response } = await app.lookup(question("www.example.com"), {});
    await app.stop();
    const isKept = existsSync(join(folder, "state", "last-good-time"));
    await lab.close();
    rmSync(folder, { recursive: true });

    expect([response.verdict, isKept]).toEqual(["secure", !isOneOff]);
  });
});
