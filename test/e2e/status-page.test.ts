/** The status page in a real browser: its own policy must let its own script run, and nothing may be refused. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HttpEndpoint, openHttp } from "../../src/observe/http-endpoint.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { statusPage } from "../../src/observe/status-page.ts";
import { findProgram } from "../support/programs.ts";
import { busyFigures } from "../support/resolver-figures.ts";
import { SilentLog } from "../support/silent-log.ts";

const chromium = findProgram("chromium");
const run = promisify(execFile);

describe.skipIf(chromium === undefined)("the status page in a browser", () => {
  let folder: string;
  let endpoint: HttpEndpoint;
  let queries = 1;
  let dom = "";
  let console = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sotto-browser-"));
    endpoint = await openHttp(
      { host: "127.0.0.1", port: 0, hostNames: [] },
      {
        metrics: () =>
          Promise.resolve(
            createMetrics({ figures: () => busyFigures(), version: "0", processMetrics: false }),
          ),
        health: () => ({ ready: true, reason: "serving" }),
        statusPage: () =>
          statusPage({
            figures: busyFigures({ queries: { udp: queries++ } }),
            health: { ready: true, reason: "serving" },
            rate: [],
            version: "0",
            upSeconds: 1,
            residentBytes: 1,
          }),
        log: new SilentLog(),
      },
    );
    // Virtual time runs ahead, so that the page looks again without anybody waiting.
    const { stdout, stderr } = await run(chromium ?? "", [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      `--user-data-dir=${folder}`,
      "--enable-logging=stderr",
      "--virtual-time-budget=12000",
      "--dump-dom",
      `http://${endpoint.address}/`,
    ]);
    dom = stdout;
    console = stderr
      .split("\n")
      .filter((line) => line.includes("CONSOLE"))
      .join("\n");
  }, 60_000);

  afterAll(async () => {
    await endpoint.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("runs its script, which offers to pause", () => {
    expect(dom).toMatch(/<button type="button" aria-pressed="false">Pause updates<\/button>/);
  });

  it("looks again by itself and shows the new figures", () => {
    const shown = Number(/<dt>Queries<\/dt><dd>(\d+)<\/dd>/.exec(dom)?.[1]);

    expect(shown).toBeGreaterThan(1);
  });

  it("is refused nothing by its own policy", () => {
    expect(console).toBe("");
  });
});
