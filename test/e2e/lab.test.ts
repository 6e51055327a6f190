/** What real resolvers and servers make of the lab: the oracle of the oracle. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../src/ports/message.ts";
import { Type } from "../../src/wire/codes.ts";
import { recordToText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { named, nameText } from "../lab/zone-text.ts";
import { askDot, type DotTarget } from "../support/dot-client.ts";
import { startNamed } from "../support/dot-servers.ts";
import { startKresd, startUnbound } from "../support/forwarders.ts";
import type { Peer } from "../support/peers.ts";
import { findProgram } from "../support/programs.ts";

const run = promisify(execFile);

const VALIDATED = [
  ["www.example.com", "A", "NOERROR", true],
  ["nope.example.com", "A", "NXDOMAIN", true],
  ["b.ent.example.com", "A", "NOERROR", true],
  ["x.wild.example.com", "A", "NOERROR", true],
  ["chain.example.com", "A", "NOERROR", true],
  ["www.tree.example.com", "A", "NOERROR", true],
  ["nope.example.org", "A", "NXDOMAIN", true],
  ["www.ed448.example", "A", "NOERROR", true],
  ["www.rsasha512.example", "A", "NOERROR", true],
  ["to-insecure.example.com", "A", "NOERROR", false],
  ["www.insecure.com", "A", "NOERROR", false],
  ["www.island.example", "A", "NOERROR", false],
  ["www.unknown-algorithm.example", "A", "NOERROR", false],
  ["www.expired.example", "A", "SERVFAIL", false],
  ["www.wrong-ds.example", "A", "SERVFAIL", false],
] as const;

const SERVED = [
  ...["www", "nope", "b.ent", "ent", "x.wild", "closer.wild", "*.wild", "alias", "a.b.ent", "x.www"].flatMap(
    (name) =>
      ["example.com.", "example.org.", "optout.example."].flatMap((apex) => [
        [`${name}.${apex}`, "A"] as const,
        [`${name}.${apex}`, "MX"] as const,
      ]),
  ),
  ["example.com.", "DS"],
  ["insecure.com.", "DS"],
  ["insecure.optout.example.", "DS"],
  ["chain.example.com.", "A"],
  ["www.tree.example.com.", "AAAA"],
  ["tree.example.com.", "DNAME"],
  ["x.cwild.example.com.", "A"],
  ["big.example.com.", "TXT"],
  ["_sip._tcp.example.com.", "SRV"],
  ["www.example.com.", "HTTPS"],
] as const;

let lab: Lab;
const peers: Peer[] = [];

beforeAll(async () => {
  lab = await startLab();
});

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop()));
  await lab.close();
});

function target(port: number): DotTarget {
  return { port, authName: lab.authName, caPem: lab.caPem };
}

async function started(peer: Promise<Peer>): Promise<Peer> {
  peers.push(await peer);
  return await peer;
}

describe.each([
  ["unbound", startUnbound],
  ["kresd", startKresd],
] as const)("%s, validating through the lab", (program, start) => {
  it.skipIf(findProgram(program) === undefined || findProgram("dig") === undefined)(
    "finds secure, insecure and bogus what is meant to be so",
    async () => {
      const peer = await started(
        start({ upstreams: [target(lab.upstream.port)], trustAnchors: lab.trustAnchors }),
      );
      const ask = async (name: string, type: string) => {
        const { stdout } = await run("dig", ["@127.0.0.1", "-p", String(peer.port), "+dnssec", name, type]);
        return [name, type, /status: (\w+)/.exec(stdout)?.[1], / ad[ ;]/.test(stdout)];
      };

      const verdicts = await Promise.all(VALIDATED.map(async ([name, type]) => await ask(name, type)));

      expect(verdicts).toEqual(VALIDATED);
    },
  );
});

// Not unbound: its auth-zone gives the NSEC of a wildcard the name that was asked for (1.17.1).
describe.skipIf(findProgram("named") === undefined)("named, serving the lab's zones over DoT", () => {
  it("answers as the lab does, record for record", async () => {
    const zones = Object.fromEntries(
      [...lab.tree.zones.values()].map((zone) => [nameText(zone.apex), zone.text()]),
    );
    const peer = await started(startNamed({ leaf: lab.pki.good, zones }));
    const queries = SERVED.map(([name, type]) => queryFor(name, type));

    const theirs = await askDot(target(peer.port), queries);

    const ours = queries.map((query) => shown(lab.authority.respond(query) as Buffer));
    expect(theirs.map(shown)).toEqual(ours);
  });
});

function queryFor(name: string, type: keyof typeof Type): Buffer {
  return writeMessage({
    id: 7,
    flags: 0x0110,
    questions: [{ qname: named(name), qtype: Type[type], qclass: 1 }],
    edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] },
  }) as Buffer;
}

function shown(octets: Buffer): object {
  const message = readMessage(octets);
  if (isFault(message)) return { fault: message };
  const lines = (records: Message["answer"]): string[] =>
    records.map((record) => recordToText({ ...record, ttl: 0 })).sort();
  const { qname, qtype } = message.questions[0] ?? { qname: "\0" as never, qtype: 0 };
  return {
    question: `${nameText(qname)} ${qtype}`,
    rcode: message.rcode,
    answer: lines(message.answer),
    authority: lines(message.authority),
  };
}
