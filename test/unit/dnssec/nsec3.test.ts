import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Denial } from "../../../src/dnssec/denial.ts";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import {
  HashBudgetExceeded,
  type Nsec3,
  Nsec3Set,
  nsec3Hash,
  readNsec3,
  sameParameters,
} from "../../../src/dnssec/nsec3.ts";
import {
  proveExpansionByNsec3,
  proveNameErrorByNsec3,
  proveNoDataByNsec3,
} from "../../../src/dnssec/nsec3-proofs.ts";
import type { Name } from "../../../src/ports/message.ts";
import { Type, typeFromText } from "../../../src/wire/codes.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { type DenialChain, makeChain, type Nsec3Options } from "../../lab/denial.ts";
import { name } from "../../support/records.ts";

const ZONE = name("example");

/** A zone as names with their types; ENTs have none. */
const NAMES: Readonly<Record<string, string>> = {
  "@": "NS SOA DNSKEY NSEC3PARAM",
  a: "A",
  alias: "CNAME",
  cut: "NS",
  signed: "NS DS",
  tree: "DNAME",
  ent: "",
  "x.ent": "A",
  wild: "",
  "*.wild": "A",
};

const PLAIN = chainOf({ kind: "nsec3" });

describe("an NSEC3 proof of NXDOMAIN (RFC 5155 §8.4) [D51, D53]", () => {
  it("matches the closest encloser, covers the next closer name and the wildcard", () => {
    expect(words(nxdomain("nope", ["@", "nope", "*"]))).toEqual(["matches @", "covers nope", "covers *"]);
  });

  it("finds the closest encloser of a deep name", () => {
    expect(words(nxdomain("p.q.r.ent", ["ent", "r.ent", "*.ent"]))).toEqual([
      "matches ent",
      "covers r.ent",
      "covers *.ent",
    ]);
  });

  it.each([
    ["there is no closest encloser", "p.q.r.ent", ["r.ent", "*.ent"]],
    ["the next closer name is not covered", "nope", ["@"]],
    ["the wildcard is not covered", "p.q.r.ent", ["ent", "r.ent"]],
    ["the name exists", "a", ["@", "a", "*"]],
    ["the wildcard exists", "nope.wild", ["wild", "nope.wild", "*.wild"]],
    ["the encloser is a zone cut (§8.3)", "x.cut", ["cut", "x.cut", "*.cut"]],
    ["the encloser is a signed zone cut", "x.signed", ["signed", "x.signed", "*.signed"]],
    ["the encloser has a DNAME (§8.3)", "x.tree", ["tree", "x.tree", "*.tree"]],
  ])("does not hold where %s", (_why, qname, shown) => {
    expect(nxdomain(qname, shown)).toBeUndefined();
  });

  it("is not full in an opt-out span (§9.2)", () => {
    const optOut = chainOf({ kind: "nsec3", optOut: true });

    expect(proveNameErrorByNsec3(rel("nope"), setOf(["@", "nope", "*"], optOut))?.optOut).toBe(true);
    expect(nxdomain("nope", ["@", "nope", "*"])?.optOut).toBe(false);
  });
});

describe("an NSEC3 proof of NODATA (RFC 5155 §8.5 to §8.7) [D52]", () => {
  it("matches the name and lists neither the type nor CNAME", () => {
    expect(words(noData("a", Type.MX, ["a"]))).toEqual(["matches a"]);
  });

  it("matches an empty non-terminal like any other name", () => {
    expect(words(noData("ent", Type.A, ["ent"]))).toEqual(["matches ent"]);
  });

  it("denies the name and matches the wildcard that stands for it (§8.7)", () => {
    expect(words(noData("b.wild", Type.MX, ["wild", "b.wild", "*.wild"]))).toEqual([
      "matches wild",
      "covers b.wild",
      "matches *.wild",
    ]);
  });

  it.each([
    ["the type is listed", "a", Type.A, ["a"]],
    ["there is a CNAME", "alias", Type.A, ["alias"]],
    ["the record stands above a zone cut (RFC 6840 §4.1)", "cut", Type.A, ["cut"]],
    ["the name is not there and no wildcard is", "nope", Type.A, ["@", "nope", "*"]],
    ["the wildcard has the type", "b.wild", Type.A, ["wild", "b.wild", "*.wild"]],
    ["the next closer name is not covered", "b.wild", Type.MX, ["*.wild"]],
    ["nothing is shown of the name", "a", Type.MX, ["ent"]],
  ])("does not hold where %s", (_why, qname, qtype, shown) => {
    expect(noData(qname, qtype, shown)).toBeUndefined();
  });

  it("may be of an unsigned delegation in an opt-out span, and then is not full", () => {
    const optOut = chainOf({ kind: "nsec3", optOut: true });
    const proof = proveNoDataByNsec3(rel("below.hidden"), Type.A, setOf(["@", "hidden"], optOut));

    expect([proof?.kind, proof?.optOut]).toEqual(["nodata", true]);
  });
});

describe("an NSEC3 proof about DS (RFC 5155 §8.6, §8.9) [D16, D52]", () => {
  it("is a delegation without DS where there is NS alone [D55]", () => {
    expect(noData("cut", Type.DS, ["cut"])?.kind).toBe("delegation");
  });

  it("is no zone cut where there is no NS", () => {
    expect(noData("a", Type.DS, ["a"])?.kind).toBe("nodata");
  });

  it("is a delegation that may hide in an opt-out span", () => {
    const optOut = chainOf({ kind: "nsec3", optOut: true });
    const proof = proveNoDataByNsec3(rel("hidden"), Type.DS, setOf(["@", "hidden"], optOut));

    expect([proof?.kind, proof?.optOut, words(proof)]).toEqual([
      "delegation",
      true,
      ["matches @", "covers hidden"],
    ]);
  });

  it.each([
    ["DS is listed", "signed", ["signed"]],
    ["it is from the child's apex", "@", ["@"]],
    ["there is a CNAME", "alias", ["alias"]],
    ["the span that covers the name is not opt-out", "hidden", ["@", "hidden"]],
  ])("is none where %s", (_why, qname, shown) => {
    expect(noData(qname, Type.DS, shown)).toBeUndefined();
  });
});

describe("an NSEC3 proof of a wildcard's expansion (RFC 5155 §8.8) [D34]", () => {
  const expansion = (qname: string, encloser: string, shown: readonly string[], chain = PLAIN) =>
    proveExpansionByNsec3(rel(qname), rel(encloser), setOf(shown, chain));

  it("covers the next closer name below the wildcard's parent", () => {
    expect(words(expansion("q.b.wild", "wild", ["b.wild"]))).toEqual(["covers b.wild"]);
    expect(words(expansion("nope", "@", ["nope"]))).toEqual(["covers nope"]);
  });

  it.each([
    ["the next closer name exists", "x.ent", "@", ["ent", "x.ent"]],
    ["the next closer name is not covered", "b.wild", "wild", ["@"]],
    ["the name is not below the wildcard's parent", "a", "wild", ["a"]],
    ["the name is the zone itself", "@", "@", ["a"]],
  ])("does not hold where %s", (_why, qname, encloser, shown) => {
    expect(expansion(qname, encloser, shown)).toBeUndefined();
  });

  it("is not full in an opt-out span (§9.2)", () => {
    expect(expansion("nope", "@", ["nope"], chainOf({ kind: "nsec3", optOut: true }))?.optOut).toBe(true);
  });
});

describe("what a proof by NSEC3 rests on", () => {
  it("is told with the part that each name has in it", () => {
    const roles = (denial: Denial | undefined) => [
      denial?.kind,
      ...(denial?.steps.map(({ role }) => role) ?? []),
    ];

    expect(roles(nxdomain("nope", ["@", "nope", "*"]))).toEqual([
      "nxdomain",
      "closest-encloser",
      "next-closer",
      "wildcard",
    ]);
    expect(roles(noData("a", Type.MX, ["a"]))).toEqual(["nodata", "qname"]);
    expect(roles(noData("x.wild", Type.MX, ["wild", "x.wild", "*.wild"]))).toEqual([
      "nodata",
      "closest-encloser",
      "next-closer",
      "wildcard",
    ]);
    expect(roles(proveExpansionByNsec3(rel("x.wild"), rel("wild"), setOf(["x.wild"], PLAIN)))).toEqual([
      "expansion",
      "next-closer",
    ]);
  });
});

describe("a span of hashes", () => {
  it("wraps around at the last of the zone, and of one record is all but its own hash", () => {
    const single = makeChain(ZONE, [{ name: ZONE, types: [2, 6] }], { kind: "nsec3" });
    const set = new Nsec3Set(
      ZONE,
      single.records.map((each) => read(each)!),
      { ...FLIGHT_WORK },
    );

    expect(set.covering(rel("anything"))).toBe(set.records[0]);
    expect(set.covering(ZONE)).toBeUndefined();
    expect(set.matching(ZONE)).toBe(set.records[0]);
  });

  it("covers every name that is not there by one record, and matches every one that is", () => {
    const set = setOf(Object.keys(NAMES), PLAIN);

    for (let i = 0; i < 30; i++)
      expect([set.matching(rel(`n${i}`)), set.covering(rel(`n${i}`)) !== undefined]).toEqual([
        undefined,
        true,
      ]);
    for (const each of Object.keys(NAMES))
      expect([set.covering(rel(each)), set.matching(rel(each)) !== undefined]).toEqual([undefined, true]);
  });
});

describe("the hashes of one message [D56]", () => {
  it("are computed once a name", () => {
    const work = { ...FLIGHT_WORK, nsec3Hashes: 100 };
    const set = new Nsec3Set(ZONE, setOf(["@", "nope", "*"], PLAIN).records, work);

    proveNameErrorByNsec3(rel("nope"), set);
    proveNameErrorByNsec3(rel("nope"), set);

    expect(100 - work.nsec3Hashes).toBe(3);
  });

  it("are as many as the budget has, and not one more", () => {
    const shown = setOf(["@", "nope", "*"], PLAIN).records;
    const prove = (nsec3Hashes: number) =>
      proveNameErrorByNsec3(rel("nope"), new Nsec3Set(ZONE, shown, { ...FLIGHT_WORK, nsec3Hashes }));

    expect(prove(3)).toBeDefined();
    expect(() => prove(2)).toThrow(HashBudgetExceeded);
  });

  it("are those of the name's and the salt's octets, whatever they are (RFC 5155 §5)", () => {
    const odd = "\x02\xc8\xff\x07example\0" as Name;
    const salt = "\x80\xff";
    const once = (...parts: Buffer[]) => createHash("sha1").update(Buffer.concat(parts)).digest();
    const first = once(Buffer.from(odd, "latin1"), Buffer.from(salt, "latin1"));

    expect(nsec3Hash(odd, salt, 0)).toBe(first.toString("latin1"));
    expect(nsec3Hash(odd, salt, 1)).toBe(once(first, Buffer.from(salt, "latin1")).toString("latin1"));
  });

  it("are bounded by the flight's budget (CVE-2023-50868)", () => {
    const deep = Array.from({ length: 100 }, () => "a").join(".");
    const set = new Nsec3Set(ZONE, setOf(["@"], PLAIN).records, { ...FLIGHT_WORK });

    expect(() => proveNameErrorByNsec3(rel(deep), set)).toThrow(HashBudgetExceeded);
  });
});

describe("an NSEC3 record [D49]", () => {
  const good = PLAIN.records[PLAIN.match(ZONE)]!;
  const altered = (edit: (rdata: Buffer) => Buffer | undefined, owner = good.owner) => {
    const rdata = Buffer.from(good.rdata);
    return read({ ...good, owner, rdata: edit(rdata) ?? rdata });
  };

  it("is read field by field", () => {
    const salted = chainOf({ kind: "nsec3", salt: "aabb", iterations: 258, optOut: true });
    const record = read(salted.records[salted.match(ZONE)]!)!;

    expect([record.salt, record.iterations, record.optOut, record.hash.length, record.next.length]).toEqual([
      "\xaa\xbb",
      258,
      true,
      20,
      20,
    ]);
  });

  it("is ignored with another hash algorithm (RFC 5155 §8.1)", () => {
    expect(altered((rdata) => void (rdata[0] = 2))).toBeUndefined();
  });

  it("is ignored with flags other than 0 and 1 (RFC 5155 §8.2)", () => {
    expect(altered((rdata) => void (rdata[1] = 2))).toBeUndefined();
    expect(altered((rdata) => void (rdata[1] = 0x81))).toBeUndefined();
    expect(altered((rdata) => void (rdata[1] = 1))?.optOut).toBe(true);
  });

  it("is ignored where its next hash is of another length", () => {
    expect(altered((rdata) => void (rdata[5] = 19))).toBeUndefined();
  });

  it("is ignored where it is cut off", () => {
    expect(altered((rdata) => rdata.subarray(0, 4))).toBeUndefined();
    expect(altered((rdata) => rdata.subarray(0, 25))).toBeUndefined();
    expect(altered((rdata) => void (rdata[4] = 255))).toBeUndefined();
  });

  it("is ignored where its owner is no hash right below the zone (BIND's F-006)", () => {
    expect(altered(() => undefined, ("\x04host" + ZONE) as Name)).toBeUndefined();
    expect(altered(() => undefined, `${good.owner.slice(0, 33)}\x03sub${ZONE}` as Name)).toBeUndefined();
    expect(altered(() => undefined, `\x20${"z".repeat(32)}${ZONE}` as Name)).toBeUndefined();
    expect(altered(() => undefined)).toBeDefined();
  });

  it("is ignored where there are two of one owner", () => {
    const rr = { owner: good.owner, type: Type.NSEC3, class: 1, ttl: 1, rdata: good.rdata };
    const other = { ...rr, rdata: Buffer.from([...good.rdata, 1, 1, 64]) };
    const of = (...records: (typeof rr)[]): unknown =>
      readNsec3({ owner: good.owner, type: Type.NSEC3, records, signatures: [] }, ZONE);

    expect(of(rr, other)).toBeUndefined();
    expect(of(rr)).toBeDefined();
  });

  it("counts only with the salt and iterations of the first (RFC 5155 §8.2)", () => {
    const others = [
      chainOf({ kind: "nsec3", salt: "01" }),
      chainOf({ kind: "nsec3", iterations: 1 }),
      PLAIN,
    ].map((chain) => read(chain.records[0]!)!);
    const first = read(good)!;

    expect(sameParameters([first, ...others])).toEqual([first, others[2]]);
    expect(sameParameters([])).toEqual([]);
  });
});

function chainOf(options: Nsec3Options): DenialChain {
  const entries = Object.entries(NAMES).map(([each, types]) => ({
    name: rel(each),
    types: types === "" ? [] : types.split(" ").map((type) => typeFromText(type)!),
  }));
  return makeChain(ZONE, entries, options);
}

function read(record: { owner: Name; rdata: Buffer }): Nsec3 | undefined {
  const { owner, rdata } = record;
  const rr = { owner, type: Type.NSEC3, class: 1, ttl: 300, rdata };
  return readNsec3({ owner, type: Type.NSEC3, records: [rr], signatures: [] }, ZONE);
}

/** The records that match or cover these names. */
function setOf(shown: readonly string[], chain: DenialChain): Nsec3Set {
  const places = new Set(
    shown.map((each) => (chain.match(rel(each)) >= 0 ? chain.match(rel(each)) : chain.cover(rel(each)))),
  );
  const records = [...places].map((place) => read(chain.records[place]!)!);
  return new Nsec3Set(ZONE, records, { ...FLIGHT_WORK });
}

function nxdomain(qname: string, shown: readonly string[]): Denial | undefined {
  return proveNameErrorByNsec3(rel(qname), setOf(shown, PLAIN));
}

function noData(qname: string, qtype: number, shown: readonly string[]): Denial | undefined {
  return proveNoDataByNsec3(rel(qname), qtype, setOf(shown, PLAIN));
}

function rel(text: string): Name {
  return name(text === "@" ? "example" : `${text}.example`);
}

function words(denial: Denial | undefined): string[] | undefined {
  return denial?.steps.map(({ relation, name: subject }) => {
    const text = nameToText(subject);
    return `${relation} ${text === "example." ? "@" : text.replace(".example.", "")}`;
  });
}
