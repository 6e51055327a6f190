/** Servers of others as upstreams of a resolver in this process, and the load that their limits must not harm. */
import { expect, type TestContext } from "vitest";
import { numberedZone } from "../lab/numbered.ts";
import { figuresOf, type LoadClient, printRow } from "./load.ts";
import type { Peer } from "./peers.ts";
import { startRig } from "./transport-rig.ts";

const NAMES = 1_000;
/** What they serve. */
export const zones = { "example.com.": numberedZone(NAMES) };

/** The resolver before `servers`, replicas of each other. All of them are closed after the test. */
export async function startBefore(
  servers: readonly Peer[],
  onTestFinished: TestContext["onTestFinished"],
): Promise<LoadClient> {
  const rig = await startRig(servers.map(({ address }) => ({ operator: "peers", addresses: [address] })));
  onTestFinished(async () => {
    await rig.close();
    for (const server of servers) await server.stop();
  });
  return rig.client;
}

/** Steady traffic, pauses longer than a server's patience, and bursts. */
export async function expectNoHarm(what: string, client: LoadClient): Promise<void> {
  const outcomes = await client.ask({ count: 300, rate: 150 });
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    outcomes.push(...(await client.ask({ count: 50 })));
  }
  const figures = figuresOf(outcomes);
  printRow(what, figures);
  expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
}
