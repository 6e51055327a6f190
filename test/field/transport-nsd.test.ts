/**
 * NSD as an upstream: an authoritative server that takes one query out of a TLS record and three from a connection. Here,
 * not among the tests of every day: about one run in three still loses queries while the habit is learned.
 */
import { describe, it } from "vitest";
import { startNsd } from "../support/dot-servers.ts";
import { expectNoHarm, startBefore, zones } from "../support/peers-before.ts";
import { findProgram } from "../support/programs.ts";
import { pki } from "../support/transport-rig.ts";

const { good: leaf } = pki;

describe.skipIf(findProgram("nsd") === undefined)("NSD over TLS", () => {
  it("that closes after 3 queries, and after a second of idleness, costs no query", async ({
    onTestFinished,
  }) => {
    const server = await startNsd({ leaf, zones, extra: ["tcp-query-count: 3", "tcp-timeout: 1"] });

    await expectNoHarm("NSD: 3 queries a connection, 1 s idle", await startBefore([server], onTestFinished));
  });
});
