/**
 * Names that do not exist, by the thousand, behind a real Unbound: what signed zones have proven empty is not
 * asked about again (RFC 8198), and the proofs given are good enough for BIND's validator.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResolverFigures } from "../../src/observe/resolver-figures.ts";
import { Flag, InfoCode, Rcode, Type } from "../../src/wire/codes.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { buildTree } from "../lab/tree.ts";
import { nameText } from "../lab/zone-text.ts";
import { periodAround } from "../lab/zones.ts";
import { Delv, delv } from "../support/delv.ts";
import { startUnboundServer } from "../support/dot-servers.ts";
import { findProgram } from "../support/programs.ts";
import type { Peer } from "../support/peers.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { type ClientQuery, queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

const random = new SeededRandom(11);
const period = periodAround(Date.now());
const NAMES = new Set(Array.from({ length: 100 }, label));
const RECORDS = [...NAMES].map((name) => `${name} 300 A 192.0.2.7`);
const tree = buildTree([
  { apex: ".", records: [], security: { period } },
  { apex: "example.", records: ["ns.lab A 192.0.2.53"], security: { period } },
  { apex: "plain.example.", records: RECORDS, security: { period } },
  {
    apex: "hashed.example.",
    records: RECORDS,
    security: { period, denial: { kind: "nsec3", iterations: 5 } },
  },
  ...["com.", "net.", "org."].map((apex) => ({ apex, records: [], security: { period } })),
]);

/** Questions a client has under way at a time. */
const WINDOW = 10;

describe.skipIf(findProgram("unbound") === undefined)("10,000 names that do not exist", () => {
  let server: Peer;
  let running: RunningApp;
  let client: UdpClient;

  beforeAll(async () => {
    const pki = createPki();
    const zones = Object.fromEntries([...tree.zones].map(([apex, zone]) => [nameText(apex), zone.text()]));
    server = await startUnboundServer({ leaf: pki.good, zones });
    running = await startApp((folder) => {
      writeFileSync(join(folder, "ca.pem"), pki.caPem);
      return `
[[upstream.server]]
name = "unbound"
addresses = ["${server.address}"]
auth_name = "${AUTH_NAME}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchors = ${JSON.stringify(tree.anchors)}

[local]
special_names = false
`;
    });
    client = await UdpClient.open({ host: "127.0.0.1", port: running.port });
  });

  afterAll(async () => {
    client.close();
    await running.stop();
    await server.stop();
  });

  function upstreamQueries(): number {
    const { upstreams } = running.app.stats() as ResolverFigures;
    return upstreams.reduce((sum, { queries }) => sum + queries, 0);
  }

  /** Asks for all, a few at a time; gives the responses by name. */
  async function askAll(names: readonly string[], query: Partial<ClientQuery> = {}) {
    const responses = new Map<string, ReturnType<typeof read>>();
    for (let at = 0; at < names.length; at += WINDOW) {
      const some = names.slice(at, at + WINDOW);
      const octets = some.map((qname, i) => queryOctets({ qname, id: at + i, dnssecOk: true, ...query }));
      const before = client.received.length;
      client.send(...octets);
      const deadline = Date.now() + 10_000;
      while (client.received.length < before + some.length) {
        if (Date.now() > deadline) throw new Error("a query was lost");
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const response of client.received.splice(before)) {
        const message = read(response);
        responses.set(names[message.id] ?? "", message);
      }
    }
    return responses;
  }

  describe.each(["plain.example", "hashed.example"])("in %s, a signed zone of 100 names", (zone) => {
    const absent = Array.from({ length: 10_000 }, (_, i) => {
      const name = absentLabel();
      return i % 10 === 9 ? `deep.${name}.${zone}` : `${name}.${zone}`;
    });

    it("cost fewer than 250 upstream queries, and every one is NXDOMAIN with AD", async () => {
      const before = upstreamQueries();

      const responses = await askAll(absent);

      const wrong = absent.filter((name) => {
        const message = responses.get(name);
        return message?.rcode !== Rcode.NXDOMAIN || (message.flags & Flag.AD) === 0;
      });
      expect(wrong).toEqual([]);
      expect(upstreamQueries() - before).toBeLessThan(250);
    });

    it("hide none of the 100 that do", async () => {
      const present = [...NAMES].map((name) => `${name}.${zone}`);

      const data = await askAll(present);
      const noData = await askAll(present, { qtype: Type.TXT });

      expect(present.filter((name) => data.get(name)?.answer.length !== 2)).toEqual([]);
      expect(present.filter((name) => noData.get(name)?.rcode !== Rcode.NOERROR)).toEqual([]);
    });

    it("say that they are synthesized (RFC 8914, 29)", async () => {
      const responses = await askAll([`again.${absentLabel()}.${zone}`]);

      const [message] = responses.values();
      expect(readExtendedErrors(message?.edns)[0]?.infoCode).toBe(InfoCode.SYNTHESIZED);
    });

    it.skipIf(delv === undefined)("have proofs that delv accepts", async () => {
      const judge = new Delv(running.port, tree.anchors);
      const before = upstreamQueries();
      const names = Array.from(
        { length: 12 },
        (_, i) => `${i % 3 === 2 ? "deep." : ""}${absentLabel()}.${zone}`,
      );

      const said: string[] = [];
      for (let at = 0; at < names.length; at += 4)
        said.push(...(await Promise.all(names.slice(at, at + 4).map((name) => judge.ask(name)))));
      judge.close();

      expect(said.filter((text) => !text.includes("; negative response, fully validated"))).toEqual([]);
      expect(upstreamQueries() - before).toBeLessThan(12);
    });
  });

  it("as names of one label cost no upstream query once the root's ranges are known", async () => {
    await askAll(Array.from({ length: 200 }, absentLabel));
    const before = upstreamQueries();

    const names = Array.from({ length: 2_000 }, absentLabel);
    const responses = await askAll(names);

    expect(names.filter((name) => responses.get(name)?.rcode !== Rcode.NXDOMAIN)).toEqual([]);
    expect(upstreamQueries() - before).toBe(0);
  });
});

function label(): string {
  return (random.u16() * 65_536 + random.u16()).toString(36);
}

function absentLabel(): string {
  for (;;) {
    const made = label();
    if (!NAMES.has(made) && !["com", "net", "org", "example"].includes(made)) return made;
  }
}
