import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readFileSync("conf/grafana/sotto.json", "utf8")) as {
  readonly panels: readonly Panel[];
};
const alerts = readFileSync("conf/prometheus/alerts.yml", "utf8");

/** Names of metrics within an expression or a rules file. */
function metricsIn(text: string): string[] {
  return text.match(/\b(sotto|nodejs|process)_[a-z0-9_]+/g) ?? [];
}

/** Every time series the endpoint offers, histograms with their three suffixes. */
async function offered(): Promise<Set<string>> {
  const metrics = createMetrics({ figures: () => busyFigures(), version: "0", processMetrics: true });
  const names = (await metrics.render())
    .split("\n")
    .flatMap((line) => /^([a-z]\w*)[{ ]/.exec(line)?.[1] ?? []);
  return new Set(names);
}

describe("the Grafana dashboard", () => {
  it("asks only for metrics that exist", async () => {
    const names = await offered();
    const asked = dashboard.panels.flatMap(({ targets }) =>
      (targets ?? []).flatMap(({ expr }) => metricsIn(expr)),
    );

    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it("shows every metric of this program", async () => {
    const shown = JSON.stringify(dashboard);
    const own = [...(await offered())].filter(
      (name) => /^sotto_/.test(name) && !/_(sum|count|bucket)$/.test(name),
    );

    expect(own.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it("has panels that do not overlap", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );

    expect(new Set(cells).size).toBe(cells.length);
  });

  it("numbers its panels without repeats", () => {
    const ids = dashboard.panels.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the alert rules", () => {
  it("ask only for metrics that exist", async () => {
    const names = await offered();

    expect(metricsIn(alerts).filter((name) => !names.has(name))).toEqual([]);
  });
});
