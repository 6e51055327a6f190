import { describe, expect, it } from "vitest";
import type { Edns, Message } from "../../../src/ports/message.ts";
import { failureFinding, probeFindings } from "../../../src/compose/probe-findings.ts";
import type { ServerOptions } from "../../../src/upstream/options.ts";
import type { Probe, ProbeResponse } from "../../../src/upstream/probe.ts";
import { Flag, Type } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { name } from "../../support/records.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const circumstances = { now: NOW, validates: true };

const server: ServerOptions = {
  name: "lab",
  operator: "lab",
  addresses: [],
  authName: "dot.example.net",
  pins: [],
  pinPolicy: "name_and_pin",
  dane: false,
  domains: [],
  transport: "tls",
  minimises: true,
};

const edns: Edns = {
  udpSize: 1232,
  version: 0,
  dnssecOk: true,
  options: [
    { code: 11, data: Uint8Array.of(0, 100) },
    { code: 12, data: new Uint8Array(4) },
  ],
};

function response(types: readonly number[], section: "answer" | "authority", more: Partial<Message> = {}) {
  const records = types.map((type) => ({ owner: ROOT, type, class: 1, ttl: 0, rdata: new Uint8Array(0) }));
  const message: Message = {
    id: 0,
    flags: Flag.QR | Flag.CD,
    opcode: 0,
    rcode: 0,
    questions: [],
    answer: section === "answer" ? records : [],
    authority: section === "authority" ? records : [],
    additional: [],
    edns,
    ...more,
  };
  return { message, took: 12.4 } satisfies ProbeResponse;
}

const keys = response([Type.DNSKEY, Type.RRSIG], "answer");
const denial = response([Type.SOA, Type.NSEC, Type.RRSIG], "authority");

function probe(more: Partial<Probe> = {}): Probe {
  const info = {
    encrypted: true,
    authenticated: true,
    resumed: false,
    protocol: "TLSv1.3",
    certificateEnd: Date.parse("2027-01-31T00:00:00Z"),
  };
  return { info, connecting: 30, first: keys, denial, minimisation: undefined, ...more };
}

function told(more: Partial<Probe> = {}, own: Partial<ServerOptions> = {}, validates = true): string[] {
  return probeFindings("lab", { ...server, ...own }, probe(more), { ...circumstances, validates }).map(
    ({ ok, text }) => `${ok ? "ok" : "FAULT"} ${text}`,
  );
}

describe("what the doctor says of an upstream", () => {
  it("that is well sums it up in one line", () => {
    expect(told()).toEqual([
      "ok TLSv1.3, name verified, certificate until 2027-01-31, 12 ms, keepalive 10 s, pads responses, passes DNSSEC",
    ]);
  });

  it.each([
    [{ pins: ["p"] }, "name and pin verified"],
    [{ pins: ["p"], pinPolicy: "name_or_pin" }, "name or pin verified"],
    [{ pins: ["p"], pinPolicy: "pin_only" }, "pin verified"],
    [{ dane: true }, "name and TLSA record verified"],
    [{ authName: "", discover: { address: "192.0.2.1", port: 53 } }, "designation verified"],
  ] as const)("names the proofs of %j", (own, text) => {
    expect(told({}, own)[0]).toContain(`, ${text}, `);
  });

  it("says what makes a peer of the opportunistic profile doubtful", () => {
    const info = { ...probe().info, authenticated: false, doubt: "the certificate is not for x" };

    expect(told({ info })[0]).toContain("not authenticated (the certificate is not for x)");
  });

  it("says that clear text is clear", () => {
    const info = { encrypted: false, authenticated: false, resumed: false, protocol: "" };

    expect(told({ info })[0]).toMatch(/^ok in clear: everybody on the way reads the names, 12 ms/);
  });

  it("notes what is not a fault: no keepalive, no padding", () => {
    const bare = response([Type.DNSKEY, Type.RRSIG], "answer", { edns: { ...edns, options: [] } });

    expect(told({ first: bare })).toHaveLength(1);
    expect(told({ first: bare })[0]).toMatch(/no keepalive, does not pad responses/);
  });

  const plain = (message: Partial<Message>) => response([Type.DNSKEY, Type.RRSIG], "answer", message);
  it.each([
    ["no answer", { first: undefined }, /takes connections but answers no query/],
    ["REFUSED", { first: plain({ rcode: 5 }) }, /answers REFUSED to a question about the root/],
    ["no EDNS", { first: plain({ edns: undefined }) }, /does not speak EDNS/],
    ["no signatures", { first: response([Type.DNSKEY], "answer") }, /strips DNSSEC signatures/],
    ["no proofs", { denial: response([Type.SOA], "authority") }, /strips the proofs/],
    ["no CD", { first: plain({ flags: Flag.QR }) }, /does not copy the CD bit/],
    [
      "a certificate near its end",
      { info: { ...probe().info, certificateEnd: NOW + 86_400_000 } },
      /its certificate ends on 2026-11-25/,
    ],
  ] as const)("names a fault: %s", (_what, more, text) => {
    const findings = probeFindings("lab", server, probe(more), circumstances).filter(({ ok }) => !ok);

    expect(findings.map((finding) => finding.text)).toEqual([expect.stringMatching(text)]);
    expect(findings[0]?.remedy).toBeTruthy();
  });

  it("does not say that what refuses passes DNSSEC", () => {
    expect(told({ first: plain({ rcode: 5 }) })[0]).not.toContain("passes DNSSEC");
  });

  it("asks nothing of a server of `domains` that only the root can show", () => {
    const soa = response([Type.SOA], "answer", { flags: Flag.QR, edns: undefined });

    expect(told({ first: soa, denial: undefined }, { domains: [name("corp.example")] })).toEqual([
      expect.stringMatching(/^ok TLSv1.3, name verified, certificate until 2027-01-31, 12 ms, no keepalive/),
    ]);
    expect(told({ first: plain({ rcode: 5 }) }, { domains: [name("corp.example")] })[1]).toBe(
      "FAULT answers REFUSED to a question about corp.example.",
    );
  });

  it("does not ask for signatures where nothing is validated", () => {
    expect(told({ first: response([Type.DNSKEY], "answer") }, {}, false)).toHaveLength(1);
  });

  it.each([
    ["HOORAY - QNAME minimisation is enabled", true, ["minimises QNAMEs"]],
    ["NO - QNAME minimisation is NOT enabled", true, ["does not minimise QNAMEs"]],
    ["NO - QNAME minimisation is NOT enabled", false, []],
  ])("reads the minimisation test: %s, minimises = %s", (text, minimises, expected) => {
    const rdata = Buffer.from(`${String.fromCharCode(text.length)}${text}`, "latin1");
    const answer = [{ owner: ROOT, type: Type.TXT, class: 1, ttl: 0, rdata }];
    const minimisation = response([], "answer", { answer });

    const lines = told({ minimisation }, { minimises }).join("\n");

    expect(["minimises QNAMEs", "does not minimise QNAMEs"].filter((each) => lines.includes(each))).toEqual(
      expected,
    );
  });

  it.each([
    "refused",
    "unreachable",
    "timed-out",
    "closed",
    "tls",
    "unauthenticated",
    "proxy",
    "aborted",
  ] as const)("has a remedy for an address that is %s", (fault) => {
    const finding = failureFinding("lab", { fault, detail: "why" });

    expect(finding).toMatchObject({ ok: false, subject: "lab", text: "why" });
    expect(finding.remedy).toBeTruthy();
  });
});
