/** What Prometheus' own tools make of the metrics, the rules and the endpoint. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../src/observe/metrics.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { findProgram } from "../support/programs.ts";
import { busyFigures } from "../support/resolver-figures.ts";

const promtool = findProgram("promtool");
const prometheus = findProgram("prometheus");

/** Names that promtool's linter finds fault with are prom-client's own, which dashboards of Node.js rely on. */
const FOREIGN = /^(nodejs|process)_/;

function busyMetrics(): Metrics {
  return createMetrics({ figures: () => busyFigures(), version: "0.0.0", processMetrics: true });
}

describe.skipIf(promtool === undefined)("promtool", () => {
  it("accepts the metrics", async () => {
    const text = await busyMetrics().render();

    const check = spawnSync(promtool ?? "", ["check", "metrics"], { input: text, encoding: "utf8" });

    const faults = check.stderr.split("\n").filter((line) => line !== "" && !FOREIGN.test(line));
    expect(faults).toEqual([]);
    expect([0, 3]).toContain(check.status); // 3: it had advice, all of it about the foreign names.
  });

  it("accepts the alert rules", () => {
    const check = spawnSync(promtool ?? "", ["check", "rules", "conf/prometheus/alerts.yml"], {
      encoding: "utf8",
    });

    expect(check.stdout + check.stderr).toMatch(/SUCCESS: \d+ rules found/);
    expect(check.status).toBe(0);
  });

  it("finds that the alerts fire when they should", () => {
    const check = spawnSync(promtool ?? "", ["test", "rules", "test/e2e/alerts.test.yml"], {
      encoding: "utf8",
    });

    expect(check.stdout + check.stderr).toContain("SUCCESS");
    expect(check.status).toBe(0);
  });
});

describe.skipIf(prometheus === undefined || dig === undefined)("a real Prometheus", () => {
  let folder: string;
  let lab: Lab;
  let program: Program;
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sotto-prometheus-"));
    lab = await startLab();
    program = await startProgram({ toml: (home) => labToml(lab, home) });
    await digAt(program.port, "www.example.com");
    await digAt(program.port, "+tcp", "www.example.com");
  });

  afterEach(async () => {
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("scrapes the running program", async () => {
    writeFileSync(
      join(folder, "prometheus.yml"),
      `scrape_configs:\n  - job_name: sotto\n    scrape_interval: 1s\n    static_configs:\n      - targets: ["${program.metricsAddress}"]\n`,
    );
    server = spawn(
      prometheus ?? "",
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        "--web.listen-address=127.0.0.1:0",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const address = await listeningAddress(server);

    const samples = await queryUntil(`http://${address}/api/v1/query?query=sotto_queries_total`);

    expect(Object.fromEntries(samples.map(({ metric, value }) => [metric["transport"], value[1]]))).toEqual({
      udp: "1",
      tcp: "1",
    });
  });
});

interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Prometheus says in its log where it listens. */
async function listeningAddress(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    server.on("exit", () => {
      reject(new Error(`prometheus ended: ${seen}`));
    });
    server.stderr?.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      const address = /component=web.* address=(127\.0\.0\.1:[1-9]\d*)/.exec(seen)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}

/** Asks again until the first scrape is stored: before that Prometheus may not be ready to answer either. */
async function queryUntil(url: string): Promise<readonly PrometheusSample[]> {
  for (;;) {
    const response = await fetch(url);
    if (response.ok) {
      const reply = (await response.json()) as { data?: { result?: readonly PrometheusSample[] } };
      const result = reply.data?.result ?? [];
      if (result.length > 0) return result;
    } else {
      await response.body?.cancel();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
