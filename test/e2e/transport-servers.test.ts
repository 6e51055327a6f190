/** Servers of others, with limits that end connections: they cost no query. */
import { describe, expect, it } from "vitest";
import { startDo53Upstream } from "../lab/do53-upstream.ts";
import { numberedAnswer } from "../lab/numbered.ts";
import { startDnsdistServer, startNsd, startUnboundServer } from "../support/dot-servers.ts";
import { figuresOf, printRow } from "../support/load.ts";
import { expectNoHarm, startBefore, zones } from "../support/peers-before.ts";
import { findProgram } from "../support/programs.ts";
import { pki } from "../support/transport-rig.ts";

const { good: leaf } = pki;

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

/** An authoritative server that takes one query out of a TLS record, and here three from a connection. */
describe.skipIf(findProgram("nsd") === undefined)("NSD over TLS", { concurrent: true }, () => {
  const extra = ["tcp-query-count: 3", "tcp-timeout: 1"];

  it("that closes after 3 queries, and after a second of idleness, costs no query", async ({
    onTestFinished,
  }) => {
    const server = await startNsd({ leaf, zones, extra });

    await expectNoHarm("NSD: 3 queries a connection, 1 s idle", await startBefore([server], onTestFinished));
  });

  it("that is met for the first time by 50 queries at once costs none of them", async ({
    onTestFinished,
  }) => {
    const server = await startNsd({ leaf, zones, extra });
    const client = await startBefore([server], onTestFinished);

    const figures = figuresOf(await client.ask({ count: 50 }));

    printRow("NSD: 3 queries a connection, 50 at once", figures);
    expect(figures).toMatchObject({ right: 50, servfail: 0, lost: 0, wrong: 0 });
  });
});
