/** What a pool of few connections carries, and what it costs in handshakes (RFC 7858 §3.4). */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { DotUpstream } from "../lab/dot-upstream.ts";
import { type LabProcess, startLabProcess } from "../support/lab-process.ts";
import { figuresOf, type Outcome, printRow } from "../support/load.ts";
import { type Rig, startNumbered, startRig } from "../support/transport-rig.ts";

let upstream: DotUpstream | undefined;
let lab: LabProcess | undefined;
let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  await upstream?.close();
  await lab?.stop();
  upstream = lab = rig = undefined;
});

describe("a pool of two connections", () => {
  it("carries 10,000 queries with at most two handshakes, and resumes after an idle close", async () => {
    upstream = await startNumbered();
    rig = await startRig([{ operator: "lab", addresses: [upstream.address] }], ['idle_timeout = "1s"']);

    const figures = figuresOf(await rig.client.ask({ count: 10_000, window: 300 }));
    const { handshakes, resumed } = upstream.counters;
    await idle(upstream);
    await rig.client.ask({ count: 1 });

    printRow(`10,000 queries, 2 connections: ${handshakes} handshakes`, figures);
    expect(figures).toMatchObject({ right: 10_000, servfail: 0, lost: 0, wrong: 0 });
    expect(handshakes).toBeLessThanOrEqual(2);
    expect(upstream.counters.handshakes).toBe(handshakes + 1);
    expect(upstream.counters.resumed).toBe(resumed + 1);
  });

  it.each([
    ["5,000 queries a second, each answered after 50 ms", 50, 10_000, { rate: 5_000, window: 1_000 }],
    ["3,500 queries in flight at once", 2_000, 3_500, { rate: 5_000, window: 3_500 }],
  ])("loses none of %s", async (what, delay, count, pace) => {
    lab = await startLabProcess(["--numbered", "--delay", String(delay)]);
    const caPem = readFileSync(lab.caFile, "utf8");
    rig = await startRig([{ operator: "lab", addresses: [lab.address] }], [], caPem);
    await rig.client.ask({ count: 50, rate: 50 });

    const outcomes = await rig.client.ask({ count, ...pace });

    const figures = figuresOf(outcomes);
    printRow(`${what} (asked ${perSecond(outcomes)} a second here)`, figures);
    expect(figures).toMatchObject({ right: count, servfail: 0, lost: 0, wrong: 0 });
  });
});

/** Queries a second, from the first that was sent to the last. */
function perSecond(outcomes: readonly Outcome[]): number {
  const sent = outcomes.map(({ sentAt }) => sentAt);
  return Math.round(((sent.length - 1) * 1_000) / (Math.max(...sent) - Math.min(...sent)));
}

/** Waits until no connection is open. */
async function idle(server: DotUpstream): Promise<void> {
  while (server.open > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}
