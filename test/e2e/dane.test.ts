/**
 * Servers known by DANE beside their name (RFC 7671, RFC 8310 §8.2): the TLSA record is fetched through servers
 * that need none, and proven by our own validator.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Type } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Authority, createPki, type Leaf } from "../lab/pki.ts";
import { type TlsaFields, tlsaLine } from "../lab/tlsa.ts";
import { ask } from "../support/ask.ts";
import { type ConnectTrap, setConnectTrap } from "../support/connect-trap.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const pki = createPki();
const opened: { close(): Promise<void> }[] = [];
let trap: ConnectTrap | undefined;

afterEach(async () => {
  trap?.release();
  for (const each of opened.splice(0).reverse()) await each.close();
});

interface Scene {
  /** Needs no TLSA record. */
  readonly lab: Lab;
  /** Needs one; at port 853, as far as the resolver knows. */
  readonly dane: DotUpstream;
  readonly running: RunningApp;
}

interface SceneOptions {
  readonly leaf?: Leaf;
  /** Lines for the zones of the lab. */
  readonly records: Readonly<Record<string, readonly string[]>>;
  readonly authName?: string;
  /** The servers without DANE are left out. */
  readonly isAlone?: boolean;
  readonly profile?: string;
}

async function begin({
  leaf = pki.good,
  records,
  authName = "dot.example.net",
  isAlone = false,
  profile = "strict",
}: SceneOptions): Promise<Scene> {
  const lab = await startLab({ pki, records });
  const dane = await startDotUpstream({ leaf, answer: lab.authority.respond });
  trap = setConnectTrap((port) => (port === 853 ? dane.port : port));
  const running = await startApp((folder) => {
    writeFileSync(join(folder, "ca.pem"), pki.caPem);
    const plain = `
[[upstream.server]]
name = "plain"
addresses = ["${lab.address}"]
auth_name = "dot.example.net"
ca_file = "${folder}/ca.pem"
`;
    return `
[upstream]
selection = "failover"
profile = "${profile}"

[[upstream.server]]
name = "dane"
addresses = ["127.0.0.1:853"]
auth_name = "${authName}"
ca_file = "${folder}/ca.pem"
dane = true
${isAlone ? "" : plain}
[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}
`;
  });
  opened.push(lab, dane, { close: () => running.stop() });
  return { lab, dane, running };
}

const line = (leaf: { readonly der: Buffer }, fields: Partial<TlsaFields> = {}): string =>
  tlsaLine("_853._tcp.dot 300", leaf.der, { usage: 3, selector: 1, matching: 1, ...fields });

/** Milliseconds that the server with DANE is waited for. */
const PATIENCE = 8_000;
/** Names that are asked for after it was refused: it could still be told of them. */
const MORE_NAMES = 3;

/** Asks until the server with DANE is in use, or until it was refused and some more names were asked for. */
async function askOn(scene: Scene): Promise<number[]> {
  const rcodes: number[] = [];
  const since = performance.now();
  let more = MORE_NAMES;
  while (scene.dane.counters.queries === 0 && more > 0 && performance.now() - since < PATIENCE) {
    if (warnings(scene).length > 0) more--;
    rcodes.push((await ask(scene.running.port, `host${rcodes.length % 8}.example.com`)).rcode);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return rcodes;
}

function tlsaQueries(upstream: DotUpstream): number {
  return upstream.received.filter(({ octets }) => {
    const message = readMessage(octets);
    return !isFault(message) && message.questions[0]?.qtype === Type.TLSA;
  }).length;
}

function warnings({ running }: Scene): string[] {
  return running.log.lines
    .filter(({ level, fields }) => level === "warn" && fields["upstream"] === "dane")
    .map(({ fields }) => String(fields["detail"]));
}

describe("a server with DANE", () => {
  const middle = pki.authority.intermediate("Sotto lab intermediate");
  it.each([
    ["3 1 1", pki.good, line(pki.good)],
    ["3 0 2", pki.good, line(pki.good, { selector: 0, matching: 2 })],
    ["2 1 1 of an intermediate", pki.viaIntermediate, ""],
    [
      "2 0 0 of the root, which is not sent",
      pki.good,
      line(pki.authority, { usage: 2, selector: 0, matching: 0 }),
    ],
  ])("is used where TLSA %s matches, fetched once and through others", async (_what, leaf, record) => {
    const issuer = middle.issue();
    const isIssuer = record === "";
    const scene = await begin({
      leaf: isIssuer ? issuer : leaf,
      records: { "example.net.": [isIssuer ? line(middle, { usage: 2 }) : record] },
    });

    const rcodes = await askOn(scene);
    scene.dane.endConnections("close-notify");
    await ask(scene.running.port, "www.example.org");

    expect(rcodes.every((rcode) => rcode === 0)).toBe(true);
    expect(scene.dane.counters.queries).toBeGreaterThan(0);
    expect(warnings(scene)).toEqual([]);
    expect([tlsaQueries(scene.lab.upstream), tlsaQueries(scene.dane)]).toEqual([1, 0]);
  });

  const foreignIssuer = new Authority("another", Date.now());
  it.each([
    ["no record matches", pki.good, { "example.net.": [line(pki.expired)] }, /no TLSA record matches/],
    [
      "the record names an issuer whose certificate is sent beside a forged leaf",
      pki.forged,
      { "example.net.": [line(pki.authority, { usage: 2 })] },
      /no chain|no TLSA record matches/,
    ],
    [
      "only a weaker digest matches",
      pki.good,
      { "example.net.": [line(pki.good), line(pki.expired, { matching: 2 })] },
      /no TLSA record matches/,
    ],
    [
      "the issuer of the record did not sign it",
      pki.good,
      { "example.net.": [line(foreignIssuer, { usage: 2 })] },
      /no TLSA record matches/,
    ],
    [
      "only PKIX usages are published",
      pki.good,
      { "example.net.": [line(pki.good, { usage: 1 })] },
      /no usable/,
    ],
    [
      "the record matches, but not the name",
      pki.wrongName,
      { "example.net.": [line(pki.wrongName)] },
      /not for/,
    ],
    ["there is no record", pki.good, {}, /TLSA _853\._tcp\.dot\.example\.net does not exist/],
  ] as const)("hears nothing where %s; the other is asked", async (_what, leaf, records, detail) => {
    const scene = await begin({ leaf, records });

    const rcodes = await askOn(scene);

    expect(rcodes.every((rcode) => rcode === 0)).toBe(true);
    expect(scene.dane.counters.applicationOctets).toBe(0);
    expect(warnings(scene)).toEqual([expect.stringMatching(detail)]);
  });

  it.each([
    ["unsigned", "insecure.example", /is not signed, which proves nothing/],
    ["bogus", "expired.example", /is bogus/],
  ])("hears nothing where the record is %s", async (_what, zone, detail) => {
    const authName = `dot.${zone}`;
    const leaf = pki.authority.issue({ dnsNames: [authName] });
    const scene = await begin({ leaf, authName, records: { [`${zone}.`]: [line(leaf)] } });

    const rcodes = await askOn(scene);

    expect(rcodes.every((rcode) => rcode === 0)).toBe(true);
    expect(scene.dane.counters.connections).toBe(0);
    expect(warnings(scene)).toEqual([expect.stringMatching(detail)]);
  });

  it("that is alone stays down and says so: its own word proves nothing", async () => {
    const scene = await begin({ records: { "example.net.": [line(pki.good)] }, isAlone: true });

    const { rcode } = await ask(scene.running.port, "www.example.com");

    expect(rcode).toBe(2);
    expect(scene.dane.counters.connections).toBe(0);
    expect(warnings(scene)).toEqual([
      expect.stringMatching(/no other server can be asked for its TLSA record/),
    ]);
  });

  it("is encrypted but unauthenticated without a record in the opportunistic profile, and that is counted", async () => {
    const scene = await begin({ records: {}, profile: "opportunistic" });

    await askOn(scene);

    const { upstreams } = scene.running.app.stats() as {
      upstreams: { label: string; unproven: { encrypted: number; clear: number } }[];
    };
    const { unproven } = upstreams.find(({ label }) => label === "dane")!;
    expect(scene.dane.counters.queries).toBeGreaterThan(0);
    expect(unproven.encrypted).toBeGreaterThan(0);
    expect(unproven.clear).toBe(0);
  });
});
