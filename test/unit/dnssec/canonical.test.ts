import { describe, expect, it } from "vitest";
import { signedData, signedOwner } from "../../../src/dnssec/canonical.ts";
import { groupRrsets, plausibleSignatures } from "../../../src/dnssec/rrsets.ts";
import { readSignature, type Signature } from "../../../src/dnssec/rrsig.ts";
import { Type } from "../../../src/wire/codes.ts";
import { isTextFault, recordFromText } from "../../../src/wire/presentation.ts";
import type { ResourceRecord, Rrset } from "../../../src/ports/message.ts";
import { name } from "../../support/records.ts";

describe("the signed data of an RRset (RFC 4035 §5.3.2) [D26]", () => {
  it("is the RRSIG RDATA without signature and each record in canonical form", () => {
    const data = dataOf(["www.example.com. 60 IN A 192.0.2.1"], { labels: 3, originalTtl: 3_600 });

    expect(data).toBe(HEAD + hex("www.example.com") + "0001" + "0001" + "00000e10" + "0004" + "c0000201");
  });

  it("has the signer in lower case", () => {
    const upper = Buffer.from(name("example.com"), "latin1");
    upper[1] = 0x45;
    const rdata = Buffer.concat([Buffer.from(HEAD.slice(0, 36), "hex"), upper, Buffer.from([9])]);

    const data = signedData(rrsetOf(["www.example.com. 60 IN A 192.0.2.1"]), readSignature(rdata, 60)!);

    expect(data.toString("hex").startsWith(HEAD)).toBe(true);
  });

  it("sorts records by RDATA as octets, the shorter first (RFC 4034 §6.3)", () => {
    const lines = ["b", "a", "ab", "\\200", ""].map((text) => `www.example.com. 60 IN TXT "${text}"`);

    const texts = rdatasIn(lines);

    expect(texts).toEqual(["00", "0161", "0162", "01c8", "026162"]);
  });

  it("has records that are the same only once (RFC 4034 §6.3)", () => {
    expect(rdatasIn(["a. 1 IN A 192.0.2.2", "a. 1 IN A 192.0.2.1", "a. 1 IN A 192.0.2.2"])).toEqual([
      "c0000201",
      "c0000202",
    ]);
  });

  it("takes records for the same that differ in letter case only, where case does not count", () => {
    expect(rdatasIn(["a. 1 IN NS NS.Example.", "a. 1 IN NS ns.example."])).toEqual([hex("ns.example")]);
  });

  it("has names octet for octet, whatever the octets are (RFC 4343 §2)", () => {
    const zone = "\x02\xc8\xff\0";
    const fixed = Buffer.from("00010d0200000e107fffffff000000000001", "hex");
    const rdata = Buffer.concat([fixed, Buffer.from(zone, "latin1"), Buffer.from([1])]);

    const data = signedData(rrsetOf(["\\128.\\200\\255. 60 IN A 192.0.2.1"]), readSignature(rdata, 60)!);

    expect(data.toString("hex")).toBe(
      `${fixed.toString("hex")}02c8ff00${"018002c8ff00"}00010001${"00000e10"}0004c0000201`,
    );
  });

  it("is not disturbed by the call before it", () => {
    const long = Array.from({ length: 250 }, (_, i) => `a. 1 IN TXT "${"x".repeat(200)}${i}"`);
    const one = dataOf(["b. 1 IN A 192.0.2.1"], {});

    dataOf(long, {});

    expect(dataOf(["b. 1 IN A 192.0.2.1"], {})).toBe(one);
    expect(dataOf(long, {}).length).toBeGreaterThan(2 * 250 * 200);
  });
});

/** RFC 4034 §6.2 as amended by RFC 6840 §5.1. */
describe("names in RDATA [D27]", () => {
  it.each([
    ["NS NS.Example.", "ns.example"],
    ["MD A.Example.", "a.example"],
    ["MF A.Example.", "a.example"],
    ["CNAME WWW.Example.", "www.example"],
    ["MB A.Example.", "a.example"],
    ["MG A.Example.", "a.example"],
    ["MR A.Example.", "a.example"],
    ["PTR A.Example.", "a.example"],
    ["DNAME A.Example.", "a.example"],
    ["MX 10 A.Example.", "a.example"],
    ["AFSDB 10 A.Example.", "a.example"],
    ["RT 10 A.Example.", "a.example"],
    ["KX 10 A.Example.", "a.example"],
    ["SRV 1 2 3 A.Example.", "a.example"],
    ["SOA A.Example. B.Example. 1 2 3 4 5", "a.example"],
    ["SOA A.Example. B.Example. 1 2 3 4 5", "b.example"],
    ["MINFO A.Example. B.Example.", "b.example"],
    ["RP A.Example. B.Example.", "b.example"],
    ["PX 10 A.Example. B.Example.", "b.example"],
    ['NAPTR 1 2 "S" "E2U" "" A.Example.', "a.example"],
  ])("of %s are folded", (text, folded) => {
    expect(rdatasIn([`x. 1 IN ${text}`])[0]).toContain(hex(folded));
  });

  it.each([
    ["NSEC A.Example. A", "A.Example"],
    ["HTTPS 1 A.Example. alpn=h2", "A.Example"],
    ["SVCB 1 A.Example.", "A.Example"],
    ["LP 10 A.Example.", "A.Example"],
  ])("of %s keep their case", (text, kept) => {
    const [octets] = rdatasIn([`x. 1 IN ${text}`]);

    expect(octets).toContain(hex(kept));
  });

  it("that are no names keep their case: TXT, HINFO, unknown types", () => {
    const upper = Buffer.from("ABC").toString("hex");

    for (const text of ['TXT "ABC"', 'HINFO "ABC" "X"', "TYPE65280 \\# 4 03414243", 'CAA 0 issue "ABC"']) {
      expect(rdatasIn([`x. 1 IN ${text}`])[0]).toContain(upper);
    }
  });

  it("of A6 are folded after the address suffix (RFC 2874 §3.1.1)", () => {
    const rdata = Buffer.concat([
      Buffer.from([64]),
      Buffer.alloc(8, 0x41),
      Buffer.from("\x01A\x02BC\0", "latin1"),
    ]);
    const record = { owner: name("x"), type: Type.A6, class: 1, ttl: 1, rdata };

    const data = signedData(
      { owner: name("x"), type: Type.A6, records: [record], signatures: [] },
      signature({}),
    );

    expect(data.subarray(-rdata.length).toString("latin1")).toBe(`\x40${"A".repeat(8)}\x01a\x02bc\0`);
  });

  it("of A6 without a prefix name are none", () => {
    const rdata = Buffer.concat([Buffer.from([0]), Buffer.alloc(16, 0x41)]);
    const record = { owner: name("x"), type: Type.A6, class: 1, ttl: 1, rdata };

    const data = signedData(
      { owner: name("x"), type: Type.A6, records: [record], signatures: [] },
      signature({}),
    );

    expect(data.subarray(-17).equals(rdata)).toBe(true);
  });
});

describe("the owner as it was signed [D26]", () => {
  it.each([
    ["www.example.com", 3, "www.example.com"],
    ["a.b.example.com", 2, "*.example.com"],
    ["a.b.example.com", 3, "*.b.example.com"],
    ["*.example.com", 2, "*.example.com"],
    ["a.example", 0, "*"],
  ])("of %s with %i labels is %s", (owner, labels, signed) => {
    expect(signedOwner(name(owner), labels)).toBe(name(signed));
  });
});

describe("records grouped into RRsets (RFC 2181 §5)", () => {
  it("have the signatures that cover them, in whatever order they came", () => {
    const [sig, other] = [rrsigOf("a.", Type.A), rrsigOf("a.", Type.AAAA)];
    const a1 = recordOf("a. 1 IN A 192.0.2.1");
    const a2 = recordOf("a. 1 IN A 192.0.2.2");

    const sets = groupRrsets([sig, a1, other, a2], 1);

    expect(sets).toEqual([{ owner: name("a"), type: Type.A, records: [a1, a2], signatures: [sig] }]);
  });

  it("are apart by owner, type and nothing else", () => {
    const lines = ["a. 1 IN A 192.0.2.1", "b. 1 IN A 192.0.2.1", "a. 2 IN AAAA ::1", "a. 3 IN A 192.0.2.3"];

    expect(
      groupRrsets(lines.map(recordOf), 1).map(({ owner, type, records }) => [owner, type, records.length]),
    ).toEqual([
      [name("a"), Type.A, 2],
      [name("b"), Type.A, 1],
      [name("a"), Type.AAAA, 1],
    ]);
  });

  it("leave out another class", () => {
    expect(groupRrsets([recordOf("a. 1 CH TXT x")], 1)).toEqual([]);
  });

  it("are the same however many there are", () => {
    const lines = (last: number) =>
      Array.from({ length: 40 }, (_, i) => [
        `n${i}. 1 IN A 192.0.2.${last}`,
        `n${i}. 1 IN AAAA ::${last}`,
      ]).flat();
    const records = [...lines(1), ...lines(2)].map(recordOf);

    const sets = groupRrsets(records, 1);

    expect(sets).toHaveLength(80);
    expect(sets.every((set) => set.records.length === 2)).toBe(true);
  });

  it("have a malformed RRSIG nowhere", () => {
    const broken: ResourceRecord = {
      owner: name("a"),
      type: Type.RRSIG,
      class: 1,
      ttl: 1,
      rdata: Uint8Array.of(1),
    };

    expect(groupRrsets([recordOf("a. 1 IN A 192.0.2.1"), broken], 1)[0]?.signatures).toEqual([]);
  });

  it("have no signature looked at that cannot be about them", () => {
    const signatures = [
      rrsigOf("www.example.com.", Type.A),
      {
        ...rrsigOf("www.example.com.", Type.A),
        rdata: rrsigOf("www.example.com.", Type.A).rdata.slice(0, 20),
      },
    ];
    const looked = (owner: string) =>
      plausibleSignatures({ owner: name(owner), type: Type.A, records: [], signatures }).length;

    expect([looked("www.example.com"), looked("www.example.org"), looked("com")]).toEqual([1, 0, 0]);
  });

  it("have at most 64 signatures looked at [D29]", () => {
    const signatures = Array.from({ length: 100 }, (_, tag) => rrsigOf("www.example.com.", Type.A, tag));
    const [rrset] = groupRrsets([recordOf("www.example.com. 1 IN A 192.0.2.1"), ...signatures], 1);

    expect(plausibleSignatures(rrset!)).toHaveLength(64);
  });
});

/** The RRSIG RDATA of `signature({ labels: 3 })` up to and with the signer. */
const HEAD = `00010d03${"00000e10"}${"7fffffff"}${"00000000"}0001${hex("example.com")}`;

function signature({
  labels = 1,
  originalTtl = 3_600,
}: {
  labels?: number;
  originalTtl?: number;
}): Signature {
  const fixed = Buffer.from(`00010d0300000e107fffffff000000000001`, "hex");
  fixed[3] = labels;
  fixed.writeUInt32BE(originalTtl, 4);
  const rdata = Buffer.concat([fixed, Buffer.from(name("example.com"), "latin1"), Buffer.from([1])]);
  return readSignature(rdata, 60)!;
}

function dataOf(lines: readonly string[], fields: { labels?: number; originalTtl?: number }): string {
  return signedData(rrsetOf(lines), signature(fields)).toString("hex");
}

/** RDATA of the records in the signed data, one after the other, as hex. */
function rdatasIn(lines: readonly string[]): string[] {
  const rrset = rrsetOf(lines);
  const sig = signature({ labels: rrset.owner === name("x") || rrset.owner === name("a") ? 1 : 3 });
  const data = Buffer.from(signedData(rrset, sig));
  const rdatas: string[] = [];
  let at = 18 + sig.signer.length;
  while (at < data.length) {
    at += rrset.owner.length + 8;
    const length = data.readUInt16BE(at);
    rdatas.push(data.toString("hex", at + 2, at + 2 + length));
    at += 2 + length;
  }
  return rdatas;
}

function rrsetOf(lines: readonly string[]): Rrset {
  const records = lines.map(recordOf);
  return { owner: records[0]!.owner, type: records[0]!.type, records, signatures: [] };
}

function recordOf(line: string): ResourceRecord {
  const record = recordFromText(line);
  if (isTextFault(record)) throw new Error(`${record.fault}: ${line}`);
  return record;
}

function rrsigOf(owner: string, type: number, tag = 1): ResourceRecord {
  const rdata = Buffer.from(signature({}).rdata);
  rdata.writeUInt16BE(type, 0);
  rdata.writeUInt16BE(tag, 16);
  rdata[3] = 3;
  return { owner: name(owner), type: Type.RRSIG, class: 1, ttl: 1, rdata };
}

/** A name in wire format, letter case kept. */
function hex(text: string): string {
  const labels = text.split(".").map((label) => String.fromCharCode(label.length) + label);
  return Buffer.from(`${labels.join("")}\0`, "latin1").toString("hex");
}
