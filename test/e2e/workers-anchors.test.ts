/** `listen.workers` and RFC 5011: one process keeps the file of trust anchors, all of them go by it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ask as askInstance } from "../../src/cli/control/client.ts";
import { loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { LabAuthority } from "../lab/authority.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { buildTree } from "../lab/tree.ts";
import { makeZoneKey, REVOKE_FLAG, SEP_FLAG, zoneKey, ZONE_FLAG, type ZoneKey } from "../lab/zone-key.ts";
import { periodAround } from "../lab/zones.ts";
import { Asker, type Reply } from "../support/ask.ts";
import { type Program, startProgram } from "../support/program.ts";

const KSK = ZONE_FLAG | SEP_FLAG;
const OLD = makeZoneKey({ algorithm: 13, flags: KSK, seed: "the key that goes" });
const NEW = makeZoneKey({ algorithm: 13, flags: KSK, seed: "the key that comes" });
const OLD_REVOKED = zoneKey(13, KSK | REVOKE_FLAG, OLD.privateKey);
const ZSK = makeZoneKey({ algorithm: 13, flags: ZONE_FLAG, seed: "the key of the data" });
/** Seconds: more than the hold-down of RFC 5011 §2.4.1. */
const LONG_AGO = Math.floor(Date.now() / 1_000) - 40 * 86_400;
/** Sockets of clients: enough that each process is asked. */
const CLIENTS = 24;

let upstream: DotUpstream | undefined;
let program: Program | undefined;
let askers: Asker[] = [];

afterEach(async () => {
  for (const asker of askers) asker.close();
  await program?.stop();
  await upstream?.close();
});

function authorityOf(
  signers: readonly ZoneKey[],
  others: readonly ZoneKey[],
  address = "192.0.2.1",
): LabAuthority {
  const security = {
    period: periodAround(Date.now()),
    keys: { ksk: [...signers], zsk: [ZSK] },
    extraKeys: [...others],
  };
  return new LabAuthority(buildTree([{ apex: ".", records: [`www.lab A ${address}`], security }]));
}

function tracked(key: ZoneKey, state: string): string {
  const rdata = `${key.flags} 3 ${key.algorithm} ${key.rdata.subarray(4).toString("base64")}`;
  return `. 172800 IN DNSKEY ${rdata} ;;state=${state} ;;count=0 ;;lastchange=${LONG_AGO}`;
}

/** Two processes, before an authority that may change, with these lines for a file of trust anchors. */
async function start(authority: () => LabAuthority, keys: readonly string[]): Promise<Program> {
  const pki = createPki();
  upstream = await startDotUpstream({ leaf: pki.good, answer: (query) => authority().respond(query) });
  const { address } = upstream;
  program = await startProgram({
    listen: "workers = 2",
    toml: (folder) => {
      writeFileSync(join(folder, "ca.pem"), pki.caPem);
      writeFileSync(join(folder, "root.key"), `${keys.join("\n")}\n`);
      return `
[[upstream.server]]
name = "lab"
addresses = ["${address}"]
auth_name = "${AUTH_NAME}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchor_file = "${folder}/root.key"
`;
    },
  });
  const { port } = program;
  askers = await Promise.all(Array.from({ length: CLIENTS }, () => Asker.open(port)));
  return program;
}

async function untilFileHas(folder: string, state: string, count: number): Promise<void> {
  const keys = (): number =>
    readFileSync(join(folder, "root.key"), "utf8").split(`;;state=${state} `).length - 1;
  await expect.poll(keys, { timeout: 15_000 }).toBe(count);
}

async function repliesOf(part: (reply: Reply) => unknown): Promise<Set<unknown>> {
  return new Set(await Promise.all(askers.map(async (asker) => part(await asker.ask("www.lab")))));
}

function addressIn({ message }: Reply): unknown {
  return message.answers?.flatMap((record) => (record.type === "A" ? [record.data] : [])).join();
}

describe.skipIf(typeof loadLinuxSockets() === "string")("processes that share the ports", () => {
  it("all trust a key that has become valid (RFC 5011 §2.2): it signs alone later", async () => {
    let authority = authorityOf([OLD], [NEW]);
    const { folder } = await start(() => authority, [tracked(OLD, "2"), tracked(NEW, "1")]);
    await untilFileHas(folder, "2", 2);

    authority = authorityOf([NEW], []);
    await askInstance([join(folder, "control.sock")], "flush", {});

    expect(await repliesOf(({ rcode }) => rcode)).toEqual(new Set([0]));
  });

  it("all forget what a key has proven that is revoked since (RFC 5011 §2.1) [D4]", async () => {
    let authority = authorityOf([OLD], [NEW]);
    const { folder } = await start(() => authority, [tracked(OLD, "2"), tracked(NEW, "2")]);
    expect(await repliesOf(addressIn)).toEqual(new Set(["192.0.2.1"]));

    authority = authorityOf([NEW, OLD_REVOKED], [], "192.0.2.2");
    await untilFileHas(folder, "4", 1);

    await expect.poll(() => repliesOf(addressIn)).toEqual(new Set(["192.0.2.2"]));
  });
});
