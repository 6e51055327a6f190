import { describe, expect, it } from "vitest";
import type { TraceStep } from "../../../src/ports/trace.ts";
import { Type } from "../../../src/wire/codes.ts";
import { damagedZones, damageRewrites } from "../../lab/damage.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import { buildTree } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { makeZoneKey, REVOKE_FLAG, SEP_FLAG, ZONE_FLAG } from "../../lab/zone-key.ts";
import { name } from "../../support/records.ts";
import {
  freshBudget,
  labValidator,
  type LabValidatorOptions,
  PERIOD,
  queryFor,
  usualTree,
} from "./lab-validator.ts";

describe("a verdict told (`sotto explain`)", () => {
  it("begins at the anchor and goes down zone by zone, with who signed what until when", async () => {
    const lines = await told("www.example.com", "A");

    expect(lines.map((line) => line.split(":")[0])).toEqual([
      ".",
      "com.",
      "example.com.",
      "www.example.com. A",
      "www.example.com. A is secure",
    ]);
    expect(lines[0]).toMatch(
      /^\.: trust anchor DS \d+ \(ECDSAP256SHA256, SHA-256\); DNSKEY .* KSK\), .* signed by its own \d+ until /,
    );
    expect(lines[1]).toMatch(/^com\.: DS \d+ \(.*\), signed by key \d+ of \. until 2026-12-20T12:00:00Z; /);
    expect(lines.at(-1)).toBe("www.example.com. A is secure");
  });

  it("has the denial in words, by NSEC and by NSEC3", async () => {
    expect((await told("nope.example.com", "A")).join("\n")).toMatch(
      /example\.com\. proves: the name does not exist: nope\.example\.com\. covered by NSEC \S+ -> \S+; wildcard \*\.example\.com\. covered by NSEC/,
    );
    expect((await told("nope.example.org", "A")).join("\n")).toMatch(
      /closest encloser example\.org\. matched by NSEC3 \S+ -> \S+ \(.*SOA.*\); next closer name nope\.example\.org\. covered by NSEC3/,
    );
    expect((await told("any.wild.example.com", "A")).join("\n")).toMatch(
      /no closer name than the wildcard exists/,
    );
    expect((await told("b.ent.example.com", "A")).join("\n")).toMatch(
      /empty non-terminal b\.ent\.example\.com\. covered by/,
    );
    expect((await told("b.ent.example.org", "A")).join("\n")).toMatch(
      /the name has no such type: .* \(no types\)/,
    );
  });

  it.each([
    [
      "www.unsigned.example.com",
      /unsigned: example\.com\. delegates it without DS/,
      /below unsigned\.example\.com\. nothing is signed/,
    ],
    [
      "www.insecure.com",
      /opt-out: an unsigned delegation may be there/,
      /below insecure\.com\. nothing is signed/,
    ],
    ["nope.com", /opt-out/, /the proof rests on an opt-out span/],
    [
      "www.rsasha1.example",
      /treated as unsigned: the zone is signed with unsupported algorithms only \(DS \d+ \(RSASHA1, SHA-1\)\)/,
      /insecure/,
    ],
    ["www.unknown-digest.example", /digest type 200/, /unsupported digest types only/],
    ["www.unknown-algorithm.example", /\(\D*200, SHA-256\)/, /insecure/],
    ["nope.iterations51.example", /example/, /iterations exceed the configured limit/],
  ])("says where and why %s is insecure", async (qname, chain, verdict) => {
    const lines = await told(qname, "A");

    expect(lines.join("\n")).toMatch(chain);
    expect(lines.at(-1)).toMatch(verdict);
    expect(lines.at(-1)).toMatch(/ is insecure/);
  });

  it.each([
    [{ negative: ["example.com"] }, /example\.com\.: not validated: negative trust anchor/],
    [{ insecureZones: ["example.com"] }, /not validated: a domain with servers of its own/],
    [
      { anchors: ["island.example. IN DS 1 13 2 " + "ab".repeat(32)] },
      /not validated: no trust anchor at or above/,
    ],
  ])("says that the operator wants it so: %j", async (setup, text) => {
    expect((await told("www.example.com", "A", setup)).join("\n")).toMatch(text);
  });

  it("tells an anchor that is a key, and a zone whose denial asks for too much hashing", async () => {
    const root = usualTree().zones.get(name(""))!.keys.ksk[0]!;
    const anchor = `. IN DNSKEY ${root.flags} 3 ${root.algorithm} ${root.rdata.subarray(4).toString("base64")}`;

    expect((await told("www.example.com", "A", { anchors: [anchor] }))[0]).toMatch(
      /^\.: trust anchor DNSKEY \d+ /,
    );
    expect((await told("nope.iterations501.example", "A")).at(-1)).toMatch(/iterations exceed all bounds/);
  });

  it("names the first broken link, what was there instead, and what would mend it", async () => {
    const steps = await stepsOf("www.wrong-ds.example", "A");
    const [broken, verdict] = steps.slice(-2);

    expect(broken?.text).toMatch(
      /^wrong-ds\.example\. DNSKEY: no DNSKEY record matches .* \(wanted: DS 12345 .*; found: DNSKEY \d+ \(/,
    );
    expect(verdict?.text).toMatch(
      /is bogus: .*; to mend it: the zone's operator has to correct the DS records/,
    );
    expect(verdict?.detail).toMatchObject({
      verdict: "bogus",
      infoCode: 9,
      brokenAt: "wrong-ds.example.",
      brokenType: "DNSKEY",
    });
  });

  it("says of a delegation denied with too many iterations that its zone is treated as unsigned (RFC 9276 §3.2)", async () => {
    const steps = await stepsOf("www.unsigned.iterations51.example", "A", {
      tree: buildTree([
        ...labZones(PERIOD),
        { apex: "unsigned.iterations51.example.", records: ["www A 192.0.2.80"] },
      ]),
    });

    expect(steps.at(-2)).toMatchObject({
      text: expect.stringMatching(
        /^unsigned\.iterations51\.example\.: treated as unsigned: .*iterations exceed the configured limit/,
      ),
      detail: { status: "insecure", cause: "iterations" },
    });
    expect(steps.at(-1)?.text).toMatch(/is insecure: .*iterations exceed the configured limit/);
  });

  it("says which keys of a zone are revoked (RFC 5011 §2.1)", async () => {
    const revoked = makeZoneKey({
      algorithm: 13,
      flags: ZONE_FLAG | REVOKE_FLAG | SEP_FLAG,
      seed: "revoked",
    });
    const zone = {
      apex: "revoking.example.",
      records: ["www A 192.0.2.80"],
      security: { period: PERIOD, extraKeys: [revoked] },
    };

    expect(
      (await told("www.revoking.example", "A", { tree: buildTree([...labZones(PERIOD), zone]) })).join("\n"),
    ).toMatch(new RegExp(`revoking\\.example\\.: DS .* ${revoked.tag} \\(ECDSAP256SHA256 revoked\\)`));
  });

  it("names the anchor that no key of its zone fits, and the keys that are there", async () => {
    const steps = await stepsOf("www.example.com", "A", {
      anchors: [`. IN DS 12345 13 2 ${"ab".repeat(32)}`],
    });

    expect(steps.at(-2)?.text).toMatch(/^\. DNSKEY: .* \(wanted: DS 12345 .*; found: DNSKEY \d+ \(/);
    expect(steps.at(-2)?.detail).toMatchObject({ ds: [], dnskey: [{ algorithm: 13 }, { algorithm: 13 }] });
  });

  it("names no keys where none came, or none that can be read", async () => {
    const only = (records: (response: Response) => Response["answer"]): LabValidatorOptions => ({
      onQuery: ({ question }, response) =>
        question.qname === name("example.com") && question.qtype === Type.DNSKEY
          ? { ...response, answer: records(response) }
          : response,
    });
    const none = await stepsOf(
      "www.example.com",
      "A",
      only(() => []),
    );
    const short = await stepsOf(
      "www.example.com",
      "A",
      only(({ answer }) => answer.map((record) => ({ ...record, rdata: record.rdata.subarray(0, 3) }))),
    );

    for (const steps of [none, short]) {
      expect(steps.at(-1)?.text).toMatch(/ is bogus: /);
      expect(steps.at(-2)?.text).toMatch(/^example\.com\. DNSKEY: /);
      expect(steps.at(-2)?.text).not.toMatch(/found:/);
      expect(steps.at(-2)?.detail).toMatchObject({ ds: [{ algorithm: 13 }], dnskey: [] });
    }
  });

  it("shows DS records that are bogus, those that can be read", async () => {
    const steps = await stepsOf("www.example.com", "A", {
      onQuery: ({ question }, response) => {
        const [ds] = response.answer;
        if (question.qname !== name("example.com") || question.qtype !== Type.DS || ds === undefined)
          return response;
        return { ...response, answer: [...response.answer, { ...ds, rdata: ds.rdata.subarray(0, 4) }] };
      },
    });

    expect(steps.at(-2)?.text).toMatch(/^example\.com\. DS: no signature verifies/);
    expect(steps.at(-2)?.detail).toMatchObject({
      part: "DS",
      ds: [{ algorithm: 13, digestType: 2 }],
      dnskey: [],
    });
  });

  it("shows no DS where their denial is what is bogus", async () => {
    const steps = await stepsOf("www.unsigned.example.com", "A", {
      onQuery: ({ question }, response) =>
        question.qtype === Type.DS && question.qname === name("unsigned.example.com")
          ? { ...response, authority: [] }
          : response,
    });

    expect(steps.at(-1)?.detail).toMatchObject({
      verdict: "bogus",
      brokenAt: "unsigned.example.com.",
      brokenType: "DS",
    });
    expect(steps.at(-2)?.detail).toMatchObject({ ds: [], dnskey: [] });
  });

  it("names the zone above where unsigned data lies at no cut (RFC 4035 §5.2)", async () => {
    const steps = await stepsOf("www.example.com", "A", {
      onQuery: ({ question }, response) =>
        question.qname === name("www.example.com") && question.qtype === Type.A
          ? { ...response, answer: response.answer.filter(({ type }) => type !== Type.RRSIG) }
          : response,
    });

    expect(steps.at(-2)?.text).toMatch(/^www\.example\.com\. A \(zone example\.com\.\): /);
    expect(steps.at(-2)?.detail).toMatchObject({ zone: "example.com.", reason: "signature-missing" });
  });

  it("names the data where that is at fault, and its zone", async () => {
    const tree = buildTree([...labZones(PERIOD), ...damagedZones(PERIOD)]);
    const steps = await stepsOf("www.rrsig-corrupt.damaged.example", "A", {
      tree,
      rewrites: damageRewrites(tree),
    });

    expect(steps.at(-2)?.text).toMatch(
      /^www\.rrsig-corrupt\.damaged\.example\. A \(zone rrsig-corrupt\.damaged\.example\.\): no signature verifies/,
    );
    expect(steps.at(-1)?.detail).toMatchObject({
      brokenAt: "www.rrsig-corrupt.damaged.example.",
      brokenType: "A",
    });
  });

  it("says what could not be fetched", async () => {
    const steps = await stepsOf("www.example.com", "A", {
      onQuery: ({ question }, response) =>
        question.qtype === Type.DNSKEY && question.qname.startsWith("\x07example")
          ? { ...response, rcode: 2 }
          : response,
    });

    expect(steps.at(-1)?.text).toMatch(/is indeterminate: the DNSKEY records could not be fetched/);
    expect(steps.at(-1)?.detail).toMatchObject({ brokenAt: "example.com.", brokenType: "DNSKEY" });
  });

  it("tells each zone once, and carries the same for machines", async () => {
    const steps = await stepsOf("chain.example.com", "A");
    const zones = steps.flatMap(({ detail }) => (detail?.["status"] === "secure" ? [detail["zone"]] : []));

    expect(zones).toEqual([".", "com.", "example.com.", "org.", "example.org."]);
    expect(steps.find(({ detail }) => detail?.["zone"] === "com.")?.detail).toMatchObject({
      parent: ".",
      ds: [{ algorithm: 13, algorithmName: "ECDSAP256SHA256", digestType: 2, digestName: "SHA-256" }],
      dnskeySignedBy: { zone: "com.", expiration: "2026-12-20T12:00:00Z" },
    });
  });

  it("says by which wildcard and which DNAME a name was found", async () => {
    const wild = await stepsOf("any.wild.example.com", "A");

    expect(wild.map(({ detail }) => detail?.["signedBy"])).toContainEqual(
      expect.objectContaining({ wildcard: "*.wild.example.com." }),
    );
    expect((await told("www.tree.example.com", "A")).join("\n")).toMatch(
      /tree\.example\.com\. DNAME: signed by key/,
    );
  });
});

async function stepsOf(qname: string, qtype: string, setup: LabValidatorOptions = {}): Promise<TraceStep[]> {
  const lab = labValidator(setup);
  const steps: TraceStep[] = [];
  const trace = { add: (step: TraceStep) => steps.push(step) };
  await lab.validator.exchange(queryFor(qname, qtype), freshBudget(lab.clock, trace));
  return steps.filter(({ text }) => !text.includes("asking once more"));
}

async function told(qname: string, qtype: string, setup: LabValidatorOptions = {}): Promise<string[]> {
  return (await stepsOf(qname, qtype, setup)).map(({ text }) => text);
}
