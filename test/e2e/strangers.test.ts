/**
 * A server that cannot prove who it is, beside one that can: it reads no octet of DNS, the log says once why, and
 * the other is asked (RFC 8310 §5, strict profile).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { type DotUpstream, type DotUpstreamOptions, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { createPki, type Leaf, makeKey, pinOf } from "../lab/pki.ts";
import { ask } from "../support/ask.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const pki = createPki();
const rsa = createPki({ key: "rsa" });

type OnTestFinished = TestContext["onTestFinished"];

let lab: Lab;

beforeAll(async () => {
  lab = await startLab({ pki });
  return () => lab.close();
});

interface Pair {
  readonly running: RunningApp;
  readonly stranger: DotUpstream;
  readonly honest: DotUpstream;
}

/** `keys` are lines for the stranger's table. Closed after the test. */
async function beside(
  onTestFinished: OnTestFinished,
  options: Partial<DotUpstreamOptions>,
  keys = "",
  ca = pki.caPem,
): Promise<Pair> {
  const start = async (leaf: Leaf, more: Partial<DotUpstreamOptions> = {}): Promise<DotUpstream> => {
    const upstream = await startDotUpstream({ leaf, answer: lab.authority.respond, ...more });
    onTestFinished(() => upstream.close());
    return upstream;
  };
  const stranger = await start(pki.good, options);
  const honest = await start(pki.good);
  const running = await startApp((folder) => {
    writeFileSync(join(folder, "ca.pem"), pki.caPem);
    writeFileSync(join(folder, "stranger.pem"), ca);
    return `
[upstream]
selection = "failover"

[[upstream.server]]
name = "stranger"
addresses = ["${stranger.address}"]
ca_file = "${folder}/stranger.pem"
${keys === "" ? `auth_name = "${lab.authName}"` : keys}

[[upstream.server]]
name = "honest"
addresses = ["${honest.address}"]
ca_file = "${folder}/ca.pem"
auth_name = "${lab.authName}"

[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}
`;
  });
  onTestFinished(() => running.stop());
  return { running, stranger, honest };
}

const NAMES = ["www.example.com", "www.example.org", "mail.example.net", "www.sub.example.com"];

/** Milliseconds: longer than the first rest of an address that failed. */
const REST_MS = 350;

/** Asks a few names, the last ones so late that a stranger is dialled again. */
async function askAll({ running }: Pair): Promise<number[]> {
  const rcodes: number[] = [];
  for (const [at, name] of NAMES.entries()) {
    if (at === 2) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    rcodes.push((await ask(running.port, name)).rcode);
  }
  return rcodes;
}

function warnings({ running }: Pair): string[] {
  return running.log.lines
    .filter(({ level, fields }) => level === "warn" && fields["upstream"] === "stranger")
    .map(({ fields }) => String(fields["detail"]));
}

const pinned = (pin: string, policy: string): string =>
  `auth_name = "dot.example.net"\npins = ["${pin}", "${otherPin}"]\npin_policy = "${policy}"`;
const otherPin = pinOf(makeKey("ec"));

const strangers: readonly [string, Partial<DotUpstreamOptions>, string, RegExp][] = [
  ["of an unknown authority", { leaf: pki.foreign }, "", /no chain to a trusted authority/],
  ["with another name", { leaf: pki.wrongName }, "", /not for dot\.example\.net/],
  ["with an expired certificate", { leaf: pki.expired }, "", /expired on/],
  ["with a certificate of the future", { leaf: pki.notYetValid }, "", /not valid before/],
  ["with another key than the pin", {}, pinned(pki.wrongName.pin, "name_and_pin"), /no pin matches/],
  [
    "with a leaf forged beside its genuine, pinned issuer, pin_only",
    { leaf: pki.forged },
    pinned(pki.authority.pin, "pin_only"),
    /no pin matches/,
  ],
  [
    "with a leaf forged beside its genuine, pinned issuer, name_or_pin",
    { leaf: pki.forged },
    pinned(pki.authority.pin, "name_or_pin"),
    /no chain to a trusted authority/,
  ],
  [
    "of TLS 1.1",
    { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    "",
    /TLS handshake failed: .*(protocol|version|closed)/i,
  ],
  [
    "of TLS 1.2 without AEAD",
    { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA" },
    "",
    /TLS handshake failed: .*handshake failure/,
  ],
  ["that speaks another protocol (ALPN)", { alpn: ["http/1.1"] }, "", /TLS handshake failed/],
  ["that speaks clear text", { behaviour: { greeting: "220 mail.example.net ESMTP\r\n" } }, "", /TLS/],
];

describe.concurrent("a server", () => {
  it.for(strangers)(
    "%s hears nothing, is named once, and the other is asked",
    async (row, { onTestFinished }) => {
      const [, options, keys, detail] = row;
      const pair = await beside(onTestFinished, options, keys);

      const rcodes = await askAll(pair);

      expect(rcodes).toEqual([0, 0, 0, 0]);
      expect(pair.stranger.counters.connections).toBeGreaterThan(1);
      expect(pair.stranger.counters.applicationOctets).toBe(0);
      expect(pair.honest.counters.queries).toBeGreaterThan(0);
      expect(warnings(pair)).toEqual([expect.stringMatching(detail)]);
    },
  );

  it("of TLS 1.2 without an ephemeral key exchange hears nothing", async ({ onTestFinished }) => {
    const pair = await beside(
      onTestFinished,
      { leaf: rsa.good, maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" },
      "",
      rsa.caPem,
    );

    await askAll(pair);

    expect(pair.stranger.counters.applicationOctets).toBe(0);
    expect(warnings(pair)).toEqual([expect.stringMatching(/TLS handshake failed/)]);
  });

  it.for<[string, Partial<DotUpstreamOptions>]>([
    ["TLS 1.2 with ECDHE and AEAD", { maxVersion: "TLSv1.2" }],
    ["TLS 1.3 without ALPN", { alpn: [] }],
  ])("of %s is asked, the control of the rows above", async ([, options], { onTestFinished }) => {
    const pair = await beside(onTestFinished, options);

    await askAll(pair);

    expect(pair.stranger.counters.queries).toBeGreaterThan(0);
    expect(warnings(pair)).toEqual([]);
  });

  it("whose certificate is swapped at run time hears nothing more", async ({ onTestFinished }) => {
    const pair = await beside(onTestFinished, {});
    await askAll(pair);
    const { counters } = pair.stranger;
    const before = counters.applicationOctets;

    pair.stranger.setLeaf(pki.foreign);
    pair.stranger.endConnections("close-notify");
    const rcodes: number[] = [];
    for (const name of ["alias.example.com", "alias.example.org"])
      rcodes.push((await ask(pair.running.port, name)).rcode);

    expect(before).toBeGreaterThan(0);
    expect(rcodes).toEqual([0, 0]);
    expect(counters.applicationOctets).toBe(before);
    expect(pair.honest.counters.queries).toBeGreaterThan(0);
    expect(warnings(pair)).toEqual([expect.stringMatching(/no chain to a trusted authority/)]);
  });
});

describe.concurrent("a pin", () => {
  it("of the issuer survives the renewal of the leaf with another key", async ({ onTestFinished }) => {
    const middle = pki.authority.intermediate("pinned");
    const names = { dnsNames: [lab.authName] };
    const pair = await beside(
      onTestFinished,
      { leaf: middle.issue(names) },
      pinned(middle.pin, "name_and_pin"),
    );
    await askAll(pair);
    const before = pair.stranger.counters.queries;

    pair.stranger.setLeaf(middle.issue(names));
    pair.stranger.endConnections("close-notify");
    const { rcode } = await ask(pair.running.port, "alias.example.com");

    expect(rcode).toBe(0);
    expect(pair.stranger.counters.queries).toBeGreaterThan(before);
    expect(warnings(pair)).toEqual([]);
  });

  it("kept as a backup survives a key roll", async ({ onTestFinished }) => {
    const next = pki.authority.issue();
    const keys = `auth_name = "${lab.authName}"\npins = ["${pki.good.pin}", "${next.pin}"]`;
    const pair = await beside(onTestFinished, {}, keys);
    await askAll(pair);
    const before = pair.stranger.counters.queries;

    pair.stranger.setLeaf(next);
    pair.stranger.endConnections("close-notify");
    const { rcode } = await ask(pair.running.port, "alias.example.com");

    expect(rcode).toBe(0);
    expect(pair.stranger.counters.queries).toBeGreaterThan(before);
    expect(warnings(pair)).toEqual([]);
  });
});
