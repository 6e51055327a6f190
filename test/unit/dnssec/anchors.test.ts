import { describe, expect, it } from "vitest";
import { readAnchorFile, writeAnchorFile } from "../../../src/dnssec/anchor-file.ts";
import { anchorsFromLines, anchorsFromXml } from "../../../src/dnssec/anchor-text.ts";
import { Anchors, type TrustAnchor } from "../../../src/dnssec/anchors.ts";
import { readDnskey } from "../../../src/dnssec/dnskey.ts";
import { anchorInForce, builtInAnchors, givenAnchors } from "../../../src/dnssec/trust-anchors.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import type { TrustPoint } from "../../../src/dnssec/trust-point.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { isTextFault, recordFromText, recordToText } from "../../../src/wire/presentation.ts";
import { name } from "../../support/records.ts";
import { infoCodes, labValidator, usualTree } from "./lab-validator.ts";
import { KSK_2017, KSK_2024 } from "./root-keys.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DS_LINE = `example.com. IN DS 12345 13 2 ${"ab".repeat(32)}`;

describe("the built-in trust anchors", () => {
  it("are the digests of the root's keys of 2017 and 2024 [D1]", () => {
    const [anchor] = builtInAnchors();

    const { zone, ds } = anchor!;
    expect(zone).toBe(ROOT);
    expect(ds.map(({ keyTag, algorithm, digestType }) => [keyTag, algorithm, digestType])).toEqual([
      [20326, 8, 2],
      [38696, 8, 2],
    ]);
    expect(ds.map(({ digest }) => Buffer.from(digest))).toEqual([
      KSK_2017.ds.subarray(4),
      KSK_2024.ds.subarray(4),
    ]);
  });

  it("give way to configured ones of the root", () => {
    const record = recordFromText(`. IN DS 1 13 2 ${"cd".repeat(32)}`);

    const given = givenAnchors(isTextFault(record) ? [] : [record], undefined);

    expect(given.map(({ anchor }) => anchor.ds.map((ds) => ds.keyTag))).toEqual([[1]]);
  });

  it("stay beside configured ones of other zones", () => {
    const record = recordFromText(DS_LINE);

    const given = givenAnchors(isTextFault(record) ? [] : [record], undefined);

    expect(given.map(({ anchor }) => anchor.zone)).toEqual([name("example.com"), ROOT]);
  });
});

describe("a list of trust anchors", () => {
  it("takes DS and DNSKEY records, several a zone [D7]", () => {
    const key = recordToText({
      owner: ROOT,
      type: Type.DNSKEY,
      class: Class.IN,
      ttl: 1,
      rdata: KSK_2024.rdata,
    });

    const source = anchorsFromLines(["; a comment", "", DS_LINE, DS_LINE.replace("12345", "54321"), key]);

    expect(
      source.ok &&
        source.anchors.map(({ zone, ds, keys }) => [zone, ds.length, keys.map((each) => each.tag)]),
    ).toEqual([
      [name("example.com"), 2, []],
      [ROOT, 0, [38696]],
    ]);
  });

  it.each([
    ["example.com. IN A 192.0.2.1", "only DS and DNSKEY records are trust anchors"],
    ["example.com. CH DS 1 13 2 abcd", "the class is not IN"],
    ["example.com. IN DNSKEY 385 3 13 AAAA", "the key is revoked"],
    ["example.com. IN DNSKEY 1 3 13 AAAA", "the key is no zone key"],
  ])("is refused as a whole for %s", (line, fault) => {
    expect(anchorsFromLines([DS_LINE, line])).toEqual({ ok: false, faults: [{ line: 2, fault }] });
  });

  it("is refused for what is no record", () => {
    expect(anchorsFromLines(["example.com. IN DS 1 13"]).ok).toBe(false);
  });
});

describe("root-anchors.xml (RFC 9718) [D6]", () => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="E9724F53-1851-4F86-85E5-F1392102940B" source="http://data.iana.org/root-anchors/root-anchors.xml">
<!-- <KeyDigest validFrom="2000-01-01T00:00:00+00:00"></KeyDigest> -->
  <Zone>.</Zone>
  <KeyDigest id="Kjqmt7v" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00">
    <KeyTag>19036</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Digest>
  </KeyDigest>
  <KeyDigest id="Klajeyz" validFrom="2017-02-02T00:00:00+00:00">
    <KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>
    <PublicKey>AwEAAaz</PublicKey><Flags>257</Flags>
  </KeyDigest>
  <KeyDigest id="Kmyv6jo" validFrom="2024-07-18T00:00:00+00:00">
    <KeyTag>38696</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
    <Digest>683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16</Digest>
  </KeyDigest>
</TrustAnchor>`;

  it("gives the digests that are valid today", () => {
    const source = anchorsFromXml(xml, NOW);

    expect(source.ok && source.anchors).toEqual(builtInAnchors());
  });

  it("gives those that were valid at the time asked for", () => {
    const source = anchorsFromXml(xml, Date.parse("2018-01-01"));

    expect(source.ok && source.anchors[0]?.ds.map((ds) => ds.keyTag)).toEqual([19036, 20326]);
  });

  it.each([
    ["a digest that is not hex", xml.replace("E06D", "XYZ0")],
    ["a missing key tag", xml.replace("<KeyTag>20326</KeyTag>", "")],
    ["a key tag out of range", xml.replace("20326", "99999")],
    ["an element that is not closed", xml.replace(/<\/KeyDigest>\s*<\/TrustAnchor>/, "</TrustAnchor>")],
    ["a time that is none", xml.replace("2024-07-18T00:00:00+00:00", "tomorrow")],
    ["no zone", xml.replace("<Zone>.</Zone>", "")],
    ["nothing valid today", xml.replaceAll(/validFrom="[^"]*"/g, 'validFrom="2099-01-01T00:00:00Z"')],
    ["a length beyond reason", xml + " ".repeat(70_000)],
    ["no anchors at all", "<html></html>"],
  ])("is refused as a whole for %s", (_what, text) => {
    expect(anchorsFromXml(text, NOW).ok).toBe(false);
  });

  it("is known by its first character in an anchor file", () => {
    const file = readAnchorFile(xml, NOW);

    expect(file.ok && file.anchors).toEqual(builtInAnchors());
  });
});

describe("a trust anchor file", () => {
  const point: TrustPoint = {
    zone: ROOT,
    keys: [
      { key: readDnskey(KSK_2017.rdata)!, state: "valid", since: 1_700_000_000, vouchers: [] },
      { key: readDnskey(KSK_2024.rdata)!, state: "add-pend", since: 1_700_000_001, vouchers: [20326] },
    ],
    lastSuccess: 1_700_000_002,
    nextProbe: 1_700_000_003,
  };

  it("is read as it was written", () => {
    const file = readAnchorFile(writeAnchorFile(point), NOW);

    expect(
      file.ok &&
        file.points.map((each) => ({
          ...each,
          keys: each.keys.map(({ key, ...rest }) => ({ ...rest, tag: key.tag })),
        })),
    ).toEqual([
      {
        ...point,
        keys: [
          { tag: 20326, state: "valid", since: 1_700_000_000, vouchers: [] },
          { tag: 38696, state: "add-pend", since: 1_700_000_001, vouchers: [20326] },
        ],
      },
    ]);
  });

  it("may be one that Unbound wrote", () => {
    const key = KSK_2024.rdata.subarray(4).toString("base64");
    const text = `; autotrust trust anchor file
;;id: . 1
;;last_queried: 1763000000 ;;Thu Nov 13 02:13:20 2025
;;last_success: 1763000000 ;;Thu Nov 13 02:13:20 2025
;;next_probe_time: 1763040000 ;;Thu Nov 13 13:20:00 2025
;;query_failed: 0
;;query_interval: 43200
;;retry_time: 8640
.	86400	IN	DNSKEY	257 3 8 ${key} ;{id = 38696 (ksk), size = 2048b} ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1736000000 ;;Sat Jan  4 14:13:20 2025
.	86400	IN	DNSKEY	257 3 8 ${key} ;{id = 38696 (ksk), size = 2048b} ;;state=0 [  START  ] ;;count=0 ;;lastchange=0 ;;Thu Jan  1 00:00:00 1970
`;

    const file = readAnchorFile(text, NOW);

    expect(
      file.ok && file.points[0]?.keys.map(({ key: { tag }, state, since }) => [tag, state, since]),
    ).toEqual([[38696, "valid", 1_736_000_000]]);
    expect(file.ok && file.points[0]?.nextProbe).toBe(1_763_040_000);
  });

  it("anchors by its valid keys and not by those that wait", () => {
    const file = readAnchorFile(writeAnchorFile(point), NOW);
    const [given] = file.ok ? givenAnchors([], file) : [];

    expect(anchorInForce(given!).keys.map((key) => key.tag)).toEqual([20326]);
  });

  it("adds what it learned of a zone's keys to the anchors configured for that zone (RFC 5011 §2)", () => {
    const record = recordFromText(`. IN DS 1 13 2 ${"cd".repeat(32)}`);
    const file = readAnchorFile(writeAnchorFile(point), NOW);

    const given = file.ok && !isTextFault(record) ? givenAnchors([record], file) : [];

    expect(given).toHaveLength(1);
    const { ds, keys } = anchorInForce(given[0]!);
    expect([ds.map(({ keyTag }) => keyTag), keys.map(({ tag }) => tag)]).toEqual([[1], [20326]]);
  });

  it("may hold plain records", () => {
    const file = readAnchorFile(`${DS_LINE}\n`, NOW);

    expect(file.ok && file.anchors.map(({ zone }) => zone)).toEqual([name("example.com")]);
  });

  it.each([
    ["a key that is cut off", writeAnchorFile(point).replace(/DNSKEY 257 3 8 \S+/, "DNSKEY 257 3 8 A")],
    ["a state nobody knows", writeAnchorFile(point).replace("state=2", "state=9")],
    ["a time that is missing", writeAnchorFile(point).replace("lastchange=1700000000", "lastchange=")],
    ["a record of another type", `${DS_LINE}\nexample.com. IN A 192.0.2.1\n`],
    ["a length beyond reason", " ".repeat(300_000)],
  ])("is refused as a whole for %s", (_what, text) => {
    expect(readAnchorFile(text, NOW).ok).toBe(false);
  });
});

describe("the rule that governs a name", () => {
  const anchor = (zone: string): TrustAnchor => ({ zone: name(zone), ds: [ds()], keys: [] });

  it("is the closest anchor at or above it (RFC 6840 §5.10)", () => {
    const anchors = new Anchors({
      anchors: [anchor("."), anchor("example.com")],
      negative: [],
      insecureZones: [],
    });

    expect(
      ["com", "example.com", "a.b.example.com"].map((each) => anchors.governing(name(each)).zone),
    ).toEqual([ROOT, name("example.com"), name("example.com")]);
  });

  it("is a negative anchor over a positive one of the same node (RFC 7646 §3)", () => {
    const anchors = new Anchors({
      anchors: [anchor("example.com")],
      negative: [name("example.com")],
      insecureZones: [],
    });

    expect(anchors.governing(name("example.com")).kind).toBe("negative-anchor");
  });

  it("is a positive anchor below a negative one (RFC 7646 §2.1)", () => {
    const anchors = new Anchors({
      anchors: [anchor("a.example.com")],
      negative: [name("example.com")],
      insecureZones: [],
    });

    expect(anchors.governing(name("x.a.example.com")).kind).toBe("anchor");
  });

  it("is an anchor over a domain with servers of its own", () => {
    const anchors = new Anchors({
      anchors: [anchor("corp.example")],
      negative: [],
      insecureZones: [name("corp.example")],
    });

    expect(anchors.governing(name("corp.example")).kind).toBe("anchor");
  });

  it("is none where there is no anchor at all", () => {
    const anchors = new Anchors({ anchors: [], negative: [], insecureZones: [name("corp.example")] });

    expect([anchors.isEmpty, anchors.governing(ROOT).kind]).toEqual([true, "no-anchor"]);
  });

  it("stays negative when the anchor of the node is replaced", () => {
    const anchors = new Anchors({ anchors: [], negative: [ROOT], insecureZones: [] });

    anchors.replace(anchor("."));

    expect(anchors.governing(ROOT).kind).toBe("negative-anchor");
  });

  it("is gone with the last key of its anchor (RFC 5011 §5)", () => {
    const anchors = new Anchors({ anchors: [anchor(".")], negative: [], insecureZones: [] });

    anchors.replace({ zone: ROOT, ds: [], keys: [] });

    expect(anchors.governing(name("com")).kind).toBe("no-anchor");
  });
});

describe("the keys that anchors name", () => {
  it("are the same by digest and in full, and others for another zone", () => {
    const key = readDnskey(KSK_2017.rdata)!;
    const builtIn = builtInAnchors()[0]!;
    const ds = builtIn.ds.filter(({ keyTag }) => keyTag === key.tag);
    const named = (one: TrustAnchor): readonly string[] =>
      new Anchors({ anchors: [one], negative: [], insecureZones: [name("corp")] }).keyNames;

    expect(named({ zone: ROOT, ds, keys: [] })).toEqual([". 20326 8"]);
    expect(named({ zone: ROOT, ds: [], keys: [key] })).toEqual([". 20326 8"]);
    expect(named({ zone: ROOT, ds, keys: [key] })).toEqual([". 20326 8"]);
    expect(named({ zone: name("com"), ds, keys: [] })).toEqual(["com. 20326 8"]);
  });
});

describe("validation by an anchor", () => {
  it("starts at a zone below the root (RFC 4035 §5.1: an island of security) [D14]", async () => {
    const { ask, asked } = labValidator({ anchors: dsOfZone("island.example") });

    const response = await ask("www.island.example", "A");

    expect(response.verdict).toBe("secure");
    expect(asked).toEqual(["www.island.example. A", "island.example. DNSKEY"]);
  });

  it("leaves what no anchor governs insecure (RFC 4033 §5: indeterminate, so without AD) [D14]", async () => {
    const { ask, asked } = labValidator({ anchors: dsOfZone("island.example") });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, asked]).toEqual(["insecure", ["www.example.com. A"]]);
  });

  it("does not let a signer above the anchor end the chain [D15]", async () => {
    const { ask } = labValidator({
      anchors: dsOfZone("example.com"),
      onQuery: (_query, response) => ({
        ...response,
        answer: response.answer.filter((each) => each.type !== Type.RRSIG),
      }),
    });

    expect((await ask("www.example.com", "A")).verdict).toBe("bogus");
  });

  it("asks for nothing above its anchor, be the registrable domain above it [D14]", async () => {
    let isStripped = false;
    const { ask, asked } = labValidator({
      anchors: dsOfZone("sub.example.com"),
      onQuery: (query, response) =>
        isStripped && query.purpose === "client"
          ? { ...response, answer: response.answer.filter((each) => each.type !== Type.RRSIG) }
          : response,
    });

    expect((await ask("www.sub.example.com", "A")).verdict).toBe("secure");
    expect(asked).toEqual(["www.sub.example.com. A", "sub.example.com. DNSKEY"]);
    isStripped = true;
    expect((await ask("mail.sub.example.com", "A")).verdict).toBe("bogus");
    expect(asked.filter((each) => !/sub\.example\.com\./.test(each))).toEqual([]);
  });

  it.each([
    ["above the anchor", ""],
    ["that is the top of no zone", "b.ent.example.com"],
  ])(
    "does not count what a signer signed %s: DS and data are as if unsigned [D15]",
    async (_where, signer) => {
      const { ask } = labValidator({
        anchors: dsOfZone("example.com"),
        onQuery: ({ question }, response) =>
          question.qname === name("a.b.ent.example.com")
            ? { ...response, authority: response.authority.map((each) => signedBy(each, signer)) }
            : response,
      });

      const denied = await ask("a.b.ent.example.com", "TXT");

      expect([denied.verdict, ...infoCodes(denied)]).toEqual(["bogus", 10, 6]);
    },
  );

  it("takes a DNSKEY for an anchor as well as a DS", async () => {
    const root = usualTree().zones.get(ROOT)!;
    const text = root.keys.ksk.map(({ rdata }) =>
      recordToText({ owner: ROOT, type: Type.DNSKEY, class: Class.IN, ttl: 1, rdata }),
    );
    const { ask } = labValidator({ anchors: text });

    expect((await ask("www.example.com", "A")).verdict).toBe("secure");
  });

  it("is not done at or below a negative trust anchor (RFC 7646) [D7]", async () => {
    const { ask, asked } = labValidator({ negative: ["expired.example"] });

    expect((await ask("www.expired.example", "A")).verdict).toBe("insecure");
    expect(asked).toEqual(["www.expired.example. A"]);
  });

  it("is done above and beside a negative trust anchor (RFC 7646 §2.1)", async () => {
    const { ask } = labValidator({ negative: ["sub.example.com"] });

    expect((await ask("www.example.com", "A")).verdict).toBe("secure");
  });

  it("is not done in a domain with servers of its own, and nothing is asked about it", async () => {
    const { ask, asked } = labValidator({ insecureZones: ["example.com"] });

    expect((await ask("www.example.com", "A")).verdict).toBe("insecure");
    expect(asked).toEqual(["www.example.com. A"]);
  });

  it("finds a zone insecure whose anchor names unsupported algorithms only [D7]", async () => {
    const { ask } = labValidator({ anchors: [`. IN DS 1 200 2 ${"ab".repeat(32)}`] });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["insecure", 1]);
  });

  it("answers a DNSKEY question below a broken zone with what the name has, not with that zone's keys", async () => {
    const { ask, asked } = labValidator({ anchors: [`. IN DS 1 13 2 ${"ab".repeat(32)}`] });
    await ask("www.example.com", "A");

    const response = await ask("example.com", "DNSKEY");

    expect(asked.at(-1)).toBe("example.com. DNSKEY");
    expect(response.verdict).toBe("bogus");
    expect(new Set(response.answer.map(({ owner }) => owner))).toEqual(new Set([name("example.com")]));
  });

  it("is bogus where no key matches the anchor (EDE 9)", async () => {
    const { ask } = labValidator({ anchors: [`. IN DS 1 13 2 ${"ab".repeat(32)}`] });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["bogus", 9, 6]);
  });
});

/** With another name for the signer of an RRSIG (RFC 4034 §3.1). */
function signedBy(record: ResourceRecord, signer: string): ResourceRecord {
  if (record.type !== Type.RRSIG) return record;
  const fixed = record.rdata.subarray(0, 18);
  const signature = record.rdata.subarray(-64);
  return { ...record, rdata: Buffer.concat([fixed, Buffer.from(name(signer), "latin1"), signature]) };
}

function ds() {
  return { keyTag: 1, algorithm: 13, digestType: 2, digest: new Uint8Array(32) };
}

function dsOfZone(apex: string): string[] {
  const zone = usualTree().zones.get(name(apex))!;
  return zone.dsLines();
}

describe("anchors that take the place of others", () => {
  const anchorsOf = (anchor: Partial<TrustAnchor>): Anchors =>
    new Anchors({ anchors: [{ zone: ROOT, ds: [], keys: [], ...anchor }], negative: [], insecureZones: [] });
  const [builtIn] = builtInAnchors();
  const [ds2017, ds2024] = builtIn!.ds;
  const [key2017, key2024] = [KSK_2017, KSK_2024].map(({ rdata }) => readDnskey(rdata)!);

  it.each([
    ["a digest less", { ds: [ds2017!, ds2024!] }, { ds: [ds2024!] }],
    ["a key less", { keys: [key2017!, key2024!] }, { keys: [key2024!] }],
    ["a digest of another key", { ds: [ds2017!] }, { keys: [key2024!] }],
    ["none", { ds: [ds2017!] }, {}],
  ])("lose what was proven where they have %s", (_what, before, after) => {
    expect(anchorsOf(before).lostTo(anchorsOf(after))).toEqual([ROOT]);
  });

  it.each([
    ["a key more", { keys: [key2024!] }, { keys: [key2017!, key2024!] }],
    ["keys in the place of their digests", { ds: [ds2017!, ds2024!] }, { keys: [key2017!, key2024!] }],
    ["digests in the place of their keys", { keys: [key2024!] }, { ds: [ds2024!] }],
  ])("lose nothing where they have %s", (_what, before, after) => {
    expect(anchorsOf(before).lostTo(anchorsOf(after))).toEqual([]);
  });
});
