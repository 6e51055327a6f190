import { describe, expect, it } from "vitest";
import type { Denial } from "../../../src/dnssec/denial.ts";
import {
  type Nsec,
  proveExpansionByNsec,
  proveNameErrorByNsec,
  proveNoDataByNsec,
  readNsec,
} from "../../../src/dnssec/nsec.ts";
import { groupRrsets } from "../../../src/dnssec/rrsets.ts";
import { Type } from "../../../src/wire/codes.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { isTextFault, recordFromText } from "../../../src/wire/presentation.ts";
import { name } from "../../support/records.ts";

const ZONE = name("example");

describe("an NSEC proof of NXDOMAIN (RFC 4035 §5.4) [D42, D44]", () => {
  it("covers the name and the wildcard at its closest encloser", () => {
    const nsecs = [nsec("b NSEC d A"), nsec("@ NSEC a NS SOA")];

    expect(words(nxdomain("c", nsecs))).toEqual(["covers c by b", "covers * by @"]);
  });

  it("may be one record for both", () => {
    expect(words(nxdomain("c", [nsec("@ NSEC x NS SOA")]))).toEqual(["covers c by @", "covers * by @"]);
  });

  it("wraps around at the last record of the zone [D46]", () => {
    expect(words(nxdomain("z", [nsec("b NSEC @ A"), nsec("@ NSEC b NS SOA")]))).toEqual([
      "covers z by b",
      "covers * by @",
    ]);
  });

  it("is given by the only record of a zone of one name [D46]", () => {
    expect(words(nxdomain("a.b", [nsec("@ NSEC @ NS SOA")]))).toEqual(["covers a.b by @", "covers * by @"]);
  });

  it("finds the closest encloser among the ancestors of both ends of the span", () => {
    const nsecs = [nsec("b.sub NSEC d.sub A"), nsec("sub NSEC b.sub A")];

    expect(words(nxdomain("c.sub", nsecs))).toEqual(["covers c.sub by b.sub", "covers *.sub by sub"]);
  });

  it("finds the closest encloser by the next name where that is closer", () => {
    const nsecs = [nsec("a NSEC x.y.sub A"), nsec("@ NSEC a NS SOA")];

    expect(words(nxdomain("w.y.sub", nsecs))).toEqual(["covers w.y.sub by a", "covers *.y.sub by a"]);
  });

  it.each([
    ["the name is not covered", "c", ["@ NSEC a NS SOA", "d NSEC e A"]],
    ["the name is the owner of the record", "b", ["b NSEC d A", "@ NSEC a NS SOA"]],
    ["the name is the next name", "d", ["b NSEC d A", "@ NSEC a NS SOA"]],
    ["no record covers the wildcard", "c", ["b NSEC d A"]],
    ["the wildcard exists", "c", ["b NSEC d A", "* NSEC a A"]],
    ["the wildcard has names below it (RFC 4592 §2.2.3)", "c", ["b NSEC d A", "@ NSEC x.* A"]],
    ["the name is an empty non-terminal", "c", ["b NSEC x.c A", "@ NSEC a NS SOA"]],
    ["a zone cut is above the name (RFC 6840 §4.1)", "a.b", ["b NSEC d NS", "@ NSEC b NS SOA"]],
    ["a DNAME is above the name (RFC 6672 §5.3.4.1)", "a.b", ["b NSEC d DNAME", "@ NSEC b NS SOA"]],
    ["the span runs backwards", "c", ["d NSEC b A", "@ NSEC a NS SOA"]],
    ["the wildcard's span is from above a zone cut", "x.y.b", ["w.y.b NSEC z.y.b A", "b NSEC c NS"]],
  ])("does not hold where %s", (_why, qname, lines) => {
    expect(nxdomain(qname, lines.map(nsec))).toBeUndefined();
  });

  it("holds beside a DNAME (RFC 6672 §5.3.4.2) [D39]", () => {
    expect(words(nxdomain("c", [nsec("b NSEC d DNAME"), nsec("@ NSEC b NS SOA")]))).toEqual([
      "covers c by b",
      "covers * by @",
    ]);
  });

  it("holds below an apex, which has NS and SOA", () => {
    expect(nxdomain("a", [nsec("@ NSEC b NS SOA")])).toBeDefined();
  });

  it("orders names as RFC 4034 §6.1 does [D46]", () => {
    const between = (name: string, from: string, to: string) =>
      nxdomain(name, [nsec(`${from} NSEC ${to} A`), nsec("@ NSEC +x NS SOA")]) !== undefined;

    expect(between("yljkjljk.a", "a", "z.a")).toBe(true);
    expect(between("b", "z.a", "z")).toBe(true);
    expect(between("b.a", "a.b", "z")).toBe(false);
  });
});

describe("an NSEC proof of NODATA (RFC 4035 §5.4) [D43]", () => {
  it("matches the name and lists neither the type nor CNAME", () => {
    expect(words(noData("b", Type.MX, [nsec("b NSEC c A TXT")]))).toEqual(["matches b by b"]);
  });

  it.each([
    ["the type is listed", "b", Type.A, ["b NSEC c A"]],
    ["there is a CNAME (RFC 6840 §4.3)", "b", Type.MX, ["b NSEC c CNAME"]],
    ["the record stands above a zone cut (RFC 6840 §4.1)", "b", Type.MX, ["b NSEC c NS"]],
    ["the record is of another name", "b", Type.MX, ["c NSEC d A"]],
    ["the name is covered and no wildcard is shown", "b", Type.MX, ["a NSEC c A"]],
    ["the wildcard has the type", "b", Type.MX, ["a NSEC c A", "* NSEC a MX"]],
    ["the wildcard is an alias", "b", Type.MX, ["a NSEC c A", "* NSEC a CNAME"]],
    [
      "the wildcard is not that of the closest encloser",
      "b.sub",
      Type.MX,
      ["a.sub NSEC c.sub A", "* NSEC a A"],
    ],
    ["a wildcard is shown but the name not denied", "b", Type.MX, ["* NSEC a A"]],
  ])("does not hold where %s", (_why, qname, qtype, lines) => {
    expect(noData(qname, qtype, lines.map(nsec))).toBeUndefined();
  });

  it("covers an empty non-terminal by a span that ends below it", () => {
    expect(words(noData("b", Type.A, [nsec("a NSEC x.b A")]))).toEqual(["covers b by a"]);
  });

  it("denies the name and matches the wildcard that stands for it", () => {
    expect(words(noData("b", Type.MX, [nsec("a NSEC c A"), nsec("* NSEC a A")]))).toEqual([
      "covers b by a",
      "matches * by *",
    ]);
  });

  it("denies the name where an empty non-terminal is the wildcard that stands for it (RFC 4592 §4.9)", () => {
    expect(words(noData("c", Type.A, [nsec("b.* NSEC d A"), nsec("@ NSEC b.* NS SOA")]))).toEqual([
      "covers c by b.*",
      "covers * by @",
    ]);
    expect(noData("c", Type.A, [nsec("b.* NSEC d A")])).toBeUndefined();
    expect(noData("c", Type.A, [nsec("b NSEC d A"), nsec("@ NSEC b NS SOA")])).toBeUndefined();
    expect(noData("x.y.b", Type.A, [nsec("w.y.b NSEC z.y.b A"), nsec("b NSEC a.*.y.b NS")])).toBeUndefined();
  });

  it("takes the child's side of a zone cut for the child's types [D45]", () => {
    expect(noData("@", Type.MX, [nsec("@ NSEC a NS SOA")])).toBeDefined();
  });

  it("of CNAME itself needs the CNAME bit clear", () => {
    expect(noData("b", Type.CNAME, [nsec("b NSEC c A")])).toBeDefined();
    expect(noData("b", Type.CNAME, [nsec("b NSEC c CNAME")])).toBeUndefined();
  });

  it("of ANY needs a name without any type, signatures and NSEC aside", () => {
    expect(noData("b", Type.ANY, [nsec("b NSEC c RRSIG NSEC")])).toBeDefined();
    expect(noData("b", Type.ANY, [nsec("b NSEC c RRSIG NSEC NSEC3")])).toBeDefined();
    expect(noData("b", Type.ANY, [nsec("b NSEC c A RRSIG NSEC")])).toBeUndefined();
  });

  it("reads types of every window (RFC 4034 §4.1.2)", () => {
    const nsecs = [nsec("b NSEC c A CAA TYPE65280")];

    expect([noData("b", 257, nsecs), noData("b", 65_280, nsecs)]).toEqual([undefined, undefined]);
    expect([noData("b", 258, nsecs), noData("b", 65_281, nsecs)].map((each) => each?.kind)).toEqual([
      "nodata",
      "nodata",
    ]);
  });
});

describe("an NSEC proof about DS (RFC 4035 §5.2, RFC 6840 §4.4) [D16, D18, D45]", () => {
  const ds = (qname: string, ...lines: string[]) =>
    proveNoDataByNsec(rel(qname), Type.DS, ZONE, lines.map(nsec));

  it("is a delegation without DS where there is NS alone", () => {
    expect(ds("b", "b NSEC c NS")?.kind).toBe("delegation");
  });

  it("is no zone cut where there is no NS", () => {
    expect(ds("b", "b NSEC c A")?.kind).toBe("nodata");
  });

  it("is no zone cut at an empty non-terminal or where a wildcard stands for the name", () => {
    expect(ds("b", "a NSEC x.b A")?.kind).toBe("nodata");
    expect(ds("b", "a NSEC c A", "* NSEC a A")?.kind).toBe("nodata");
  });

  it.each([
    ["DS is listed", ["b NSEC c NS DS"]],
    ["it is from the child's apex (RFC 4035 §5.2)", ["b NSEC c NS SOA"]],
    ["there is a CNAME (RFC 5155 §8.6)", ["b NSEC c CNAME"]],
  ])("is none where %s", (_why, lines) => {
    expect(ds("b", ...lines)).toBeUndefined();
  });

  it("is taken from the apex at the root, which has no parent", () => {
    const root = readNsec(groupRrsets([record(". 300 IN NSEC com. NS SOA")], 1)[0]!)!;

    expect(proveNoDataByNsec(name("."), Type.DS, name("."), [root])?.kind).toBe("nodata");
  });
});

describe("an NSEC proof of a wildcard's expansion (RFC 4035 §5.3.4) [D34]", () => {
  const expansion = (qname: string, encloser: string, ...lines: string[]) =>
    proveExpansionByNsec(rel(qname), rel(encloser), ZONE, lines.map(nsec));

  it("denies the name, with that very encloser", () => {
    expect(words(expansion("b", "@", "a NSEC c A"))).toEqual(["covers b by a"]);
    expect(words(expansion("b.sub", "sub", "a.sub NSEC c.sub A"))).toEqual(["covers b.sub by a.sub"]);
  });

  it.each([
    ["the name exists", "b", "@", ["b NSEC c A"]],
    [
      "a closer name exists, so the wildcard does not apply (CVE-2026-44690)",
      "b.sub",
      "@",
      ["a.sub NSEC c.sub A"],
    ],
    ["the encloser does not exist", "b.sub", "sub", ["a NSEC z A"]],
    ["the name is an empty non-terminal", "b", "@", ["a NSEC x.b A"]],
    ["a zone cut is above the name", "x.b", "@", ["b NSEC c NS"]],
    ["it is another name of that encloser that is denied", "d.sub", "sub", ["a.sub NSEC c.sub A"]],
  ])("does not hold where %s", (_why, qname, encloser, lines) => {
    expect(expansion(qname, encloser, ...lines)).toBeUndefined();
  });
});

describe("what a proof by NSEC rests on", () => {
  it("is told with the part that each name has in it", () => {
    const roles = (denial: Denial | undefined) => [
      denial?.kind,
      ...(denial?.steps.map(({ role }) => role) ?? []),
    ];

    expect(
      roles(proveNameErrorByNsec(rel("b"), ZONE, [nsec("a NSEC c A"), nsec("@ NSEC a NS SOA")])),
    ).toEqual(["nxdomain", "qname", "wildcard"]);
    expect(roles(noData("b", Type.A, [nsec("b NSEC c TXT")]))).toEqual(["nodata", "qname"]);
    expect(roles(noData("b", Type.A, [nsec("a NSEC x.b A")]))).toEqual(["nodata", "empty-non-terminal"]);
    expect(roles(noData("b", Type.A, [nsec("a NSEC c A"), nsec("* NSEC a TXT")]))).toEqual([
      "nodata",
      "qname",
      "wildcard",
    ]);
    expect(roles(proveExpansionByNsec(rel("b"), ZONE, ZONE, [nsec("a NSEC c A")]))).toEqual([
      "expansion",
      "qname",
    ]);
  });

  it("is never an opt-out span, which NSEC does not have", () => {
    const all = [
      proveNameErrorByNsec(rel("b"), ZONE, [nsec("a NSEC c A"), nsec("@ NSEC a NS SOA")]),
      noData("b", Type.A, [nsec("b NSEC c TXT")]),
      noData("b", Type.A, [nsec("a NSEC x.b A")]),
      noData("b", Type.A, [nsec("a NSEC c A"), nsec("* NSEC a TXT")]),
      proveExpansionByNsec(rel("b"), ZONE, ZONE, [nsec("a NSEC c A")]),
    ];

    expect(all.map((denial) => denial?.optOut)).toEqual(all.map(() => false));
  });
});

describe("an NSEC RRset", () => {
  it("is one record (RFC 4034 §4)", () => {
    const [rrset] = groupRrsets([record("a. 1 IN NSEC b. A"), record("a. 1 IN NSEC c. A")], 1);

    expect(readNsec(rrset!)).toBeUndefined();
  });

  it("has a next name", () => {
    const broken = { owner: name("a"), type: Type.NSEC, class: 1, ttl: 1, rdata: Uint8Array.of(3, 1) };

    expect(
      readNsec({ owner: name("a"), type: Type.NSEC, records: [broken], signatures: [] }),
    ).toBeUndefined();
  });
});

function nxdomain(qname: string, nsecs: readonly Nsec[]): Denial | undefined {
  return proveNameErrorByNsec(rel(qname), ZONE, nsecs);
}

function noData(qname: string, qtype: number, nsecs: readonly Nsec[]): Denial | undefined {
  return proveNoDataByNsec(rel(qname), qtype, ZONE, nsecs);
}

/** `OWNER NSEC NEXT TYPES`, names relative to the zone. */
function nsec(text: string): Nsec {
  const [owner = "", , next = "", ...types] = text.split(" ");
  const line = `${abs(owner)} 300 IN NSEC ${abs(next)} ${types.join(" ")}`;
  return readNsec(groupRrsets([record(line)], 1)[0]!)!;
}

function record(line: string) {
  const made = recordFromText(line);
  if (isTextFault(made)) throw new Error(`${made.fault}: ${line}`);
  return made;
}

function abs(text: string): string {
  return text === "@" ? "example." : `${text}.example.`;
}

function rel(text: string) {
  return name(abs(text));
}

function words(denial: Denial | undefined): string[] | undefined {
  const short = (text: string): string => (text === "example." ? "@" : text.replace(".example.", ""));
  return denial?.steps.map(
    ({ relation, name: subject, record: { rrset } }) =>
      `${relation} ${short(nameToText(subject))} by ${short(nameToText(rrset.owner))}`,
  );
}
