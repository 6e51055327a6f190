/** The wall clock of the machine, set wrong while the resolver runs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startLab } from "../lab/lab.ts";
import { ask } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { startApp } from "../support/running-app.ts";

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
