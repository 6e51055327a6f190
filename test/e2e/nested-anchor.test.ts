/**
 * A zone with a trust anchor of its own under a parent that denies it, as company zones are: its anchor alone speaks for it
 * (RFC 6840 §5.10), also where the parent's ranges are known (RFC 8198).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Flag, Rcode } from "../../src/wire/codes.ts";
import { resolve, type Rewrite } from "../lab/authority.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { AUTH_NAME } from "../lab/pki.ts";
import { buildTree } from "../lab/tree.ts";
import { periodAround } from "../lab/zones.ts";
import { name } from "../support/records.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

const security = { period: periodAround(Date.now()) };
const island = buildTree([
  { apex: ".", records: [], security },
  { apex: "corp.", records: ["www A 203.0.113.9"], security },
]);
const ofIsland: Rewrite = (question) => resolve(island, question);

let lab: Lab;
let running: RunningApp;
let client: UdpClient;

beforeAll(async () => {
  lab = await startLab({ authority: { rewrites: new Map([[name("corp"), ofIsland]]) } });
  const anchors = [...lab.trustAnchors, ...island.zones.get(name("corp"))!.dsLines()];
  running = await startApp((folder) => {
    writeFileSync(join(folder, "ca.pem"), lab.caPem);
    return `
[[upstream.server]]
name = "lab"
addresses = ["${lab.address}"]
auth_name = "${AUTH_NAME}"
ca_file = "${folder}/ca.pem"

[dnssec]
trust_anchors = ${JSON.stringify(anchors)}

[local]
special_names = false
`;
  });
  client = await UdpClient.open({ host: "127.0.0.1", port: running.port });
});

afterAll(async () => {
  client.close();
  await running.stop();
  await lab.close();
});

it("resolves securely after the root has denied its neighbours [D57]", async () => {
  const ask = async (qname: string) => read(await client.ask(queryOctets({ qname, dnssecOk: true })));

  expect((await ask("foo.cork")).rcode).toBe(Rcode.NXDOMAIN);
  const message = await ask("www.corp");

  expect(message.rcode).toBe(Rcode.NOERROR);
  expect(message.flags & Flag.AD).not.toBe(0);
});
