/** One household, one face: two clients that ask for one name look the same to the upstream, but for the ID. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** A talkative client, one that says nothing, and others. */
const CLIENTS: readonly (readonly [string, readonly string[]])[] = [
  ["a bare stub", ["+noedns", "+noadflag"]],
  ["dig as it is", []],
  ["another with another cookie and subnet", ["+cookie=a1a2a3a4a5a6a7a8", "+subnet=2001:db8::/56", "+nsid"]],
  [
    "one with cookie, subnet, nsid, keepalive, padding and an option of its own",
    [
      "+cookie=0102030405060708",
      "+subnet=192.0.2.0/24",
      "+nsid",
      "+expire",
      "+padding=64",
      "+keepalive",
      "+ednsopt=65001:c0ffee",
      "+dnssec",
      "+bufsize=4096",
    ],
  ],
  ["one that wants no checking and the AD bit", ["+cdflag", "+adflag", "+aaflag"]],
  ["one over TCP", ["+tcp"]],
];

describe.skipIf(dig === undefined)("what an upstream sees of", () => {
  let lab: Lab;
  let running: RunningApp;

  beforeAll(async () => {
    lab = await startLab();
    running = await startApp((folder) => labToml(lab, folder));
  });

  beforeEach(() => {
    running.app.flush();
    lab.upstream.received.length = 0;
  });

  afterAll(async () => {
    await running.stop();
    await lab.close();
  });

  /** The queries that one client causes, without their IDs; in an order that does not matter. */
  async function seen(name: string, args: readonly string[]): Promise<string[]> {
    running.app.flush();
    lab.upstream.received.length = 0;
    await digAt(running.port, ...args, name, "AAAA");
    return lab.upstream.received.map(({ octets }) => octets.subarray(2).toString("hex")).sort();
  }

  it.each(CLIENTS)("%s is octet for octet the same", async (_client, args) => {
    const expected = await seen("www.example.org", []);

    // The letter case is the client's own too.
    const actual = await seen("wWw.ExAmPlE.oRg", args);

    // The name itself once, and what validation needs beside it.
    expect(expected.filter((hex) => hex.includes("03777777"))).toHaveLength(1);
    expect(expected.length).toBeGreaterThan(3);
    expect(actual).toEqual(expected);
  });

  it("all of them has only IDs that tell nothing", async () => {
    const ids = new Set<number>();
    for (let i = 0; i < 12; i++) {
      await seen(`host${i}.example.com`, []);
      for (const { octets } of lab.upstream.received) ids.add(octets.readUInt16BE(0));
    }

    expect(ids.size).toBeGreaterThan(8);
  });
});
