/** Servers of others, with limits that end connections: they cost no query. */
import { describe, expect, it, type TestContext } from "vitest";
import { startDo53Upstream } from "../lab/do53-upstream.ts";
import { numberedAnswer, numberedZone } from "../lab/numbered.ts";
import { startDnsdistServer, startNsd, startUnboundServer } from "../support/dot-servers.ts";
import { figuresOf, type LoadClient, printRow } from "../support/load.ts";
import type { Peer } from "../support/peers.ts";
import { findProgram } from "../support/programs.ts";
import { pki, startRig } from "../support/transport-rig.ts";

const NAMES = 1_000;
const { good: leaf } = pki;
const zones = { "example.com.": numberedZone(NAMES) };

/** The resolver before `servers`, replicas of each other. All of them are closed after the test. */
async function startBefore(
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
async function expectNoHarm(what: string, client: LoadClient): Promise<void> {
  const outcomes = await client.ask({ count: 300, rate: 150 });
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    outcomes.push(...(await client.ask({ count: 50 })));
  }
  const figures = figuresOf(outcomes);
  printRow(what, figures);
  expect(figures).toMatchObject({ right: 400, servfail: 0, lost: 0, wrong: 0 });
}

describe.skipIf(findProgram("nsd") === undefined)("NSD over TLS", () => {
  it("that closes after 3 queries, and after a second of idleness, costs no query", async ({
    onTestFinished,
  }) => {
    const server = await startNsd({ leaf, zones, extra: ["tcp-query-count: 3", "tcp-timeout: 1"] });

    await expectNoHarm("NSD: 3 queries a connection, 1 s idle", await startBefore([server], onTestFinished));
  });
});

describe.skipIf(findProgram("unbound") === undefined)("Unbound over TLS", { concurrent: true }, () => {
  it("that says by keepalive how long it waits costs no query", async ({ onTestFinished }) => {
    const extra = ["edns-tcp-keepalive: yes", "edns-tcp-keepalive-timeout: 1000", "tcp-idle-timeout: 1000"];
    const server = await startUnboundServer({ leaf, zones, extra });

    await expectNoHarm("Unbound: keepalive of 1 s", await startBefore([server], onTestFinished));
  });

  it("that has room for one connection only costs no query", async ({ onTestFinished }) => {
    const server = await startUnboundServer({ leaf, zones, extra: ["incoming-num-tcp: 1"] });

    await expectNoHarm("Unbound: one connection at a time", await startBefore([server], onTestFinished));
  });

  it("that is killed in use costs no query where it has a replica", async ({ onTestFinished }) => {
    const servers = [await startUnboundServer({ leaf, zones }), await startUnboundServer({ leaf, zones })];
    const client = await startBefore(servers, onTestFinished);
    const outcomes = await client.ask({ count: 100, rate: 100 });
    const later = client.ask({ count: 200, rate: 100 });
    process.kill(servers[0]!.pid, "SIGKILL");
    outcomes.push(...(await later));

    const figures = figuresOf(outcomes);
    printRow("Unbound: one of two replicas killed", figures);
    expect(figures).toMatchObject({ right: 300, servfail: 0, lost: 0, wrong: 0 });
  });
});

describe.skipIf(findProgram("dnsdist") === undefined)("dnsdist over TLS", { concurrent: true }, () => {
  it("that closes after 5 queries, and after a second of idleness, costs no query", async ({
    onTestFinished,
  }) => {
    const backend = await startDo53Upstream({ answer: numberedAnswer });
    const extra = ["setMaxTCPQueriesPerConnection(5)", "setTCPRecvTimeout(1)"];
    onTestFinished(() => backend.close());
    const server = await startDnsdistServer(leaf, backend.port, extra);

    await expectNoHarm(
      "dnsdist: 5 queries a connection, 1 s idle",
      await startBefore([server], onTestFinished),
    );
  });
});
