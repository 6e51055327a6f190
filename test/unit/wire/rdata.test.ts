import { describe, expect, it } from "vitest";
import { Type, typeToText } from "../../../src/wire/codes.ts";
import { canonicalRdata, isRdataValid, namesIn } from "../../../src/wire/rdata.ts";
import { layoutOf } from "../../../src/wire/rdata-layouts.ts";
import { LAID_OUT_TYPES } from "../../support/wire-arbitraries.ts";

const UPPER = "\x03WWW\x07ExAmPlE\x00";
const LOWER = "\x03www\x07example\x00";

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

describe("canonical RDATA", () => {
  // RFC 4034 §6.2, without HINFO, which has no names, and NSEC (RFC 6840 §5.1); A6 has no layout.
  const FOLDED = [
    ...["NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "PTR", "MINFO", "MX", "RP", "AFSDB", "RT", "SIG"],
    ...["PX", "NXT", "NAPTR", "KX", "SRV", "DNAME", "RRSIG"],
  ];

  it("has names in lower case for the types of RFC 4034 §6.2 as amended by RFC 6840 §5.1, and no others [D27]", () => {
    const folded = LAID_OUT_TYPES.filter((type) => layoutOf(type)?.foldsNames).map(typeToText);

    expect(folded.sort()).toEqual(FOLDED.sort());
  });

  it.each<[string, number, string, string]>([
    ["MX", Type.MX, `\0\x0a${UPPER}`, `\0\x0a${LOWER}`],
    ["SOA, both names", Type.SOA, UPPER + UPPER + "A".repeat(20), LOWER + LOWER + "A".repeat(20)],
    ["RRSIG, signature as it is", Type.RRSIG, `${"A".repeat(18)}${UPPER}ABC`, `${"A".repeat(18)}${LOWER}ABC`],
    [
      "NAPTR, strings as they are",
      Type.NAPTR,
      `AAAA\x01U\x03E2U\x00${UPPER}`,
      `AAAA\x01U\x03E2U\x00${LOWER}`,
    ],
  ])("is folded in the names alone: %s", (_, type, rdata, canonical) => {
    expect(canonicalRdata(type, latin1(rdata))).toEqual(latin1(canonical));
  });

  it("is not folded in NSEC (RFC 6840 §5.1)", () => {
    const rdata = latin1(`${UPPER}\x00\x01\x40`);

    expect(canonicalRdata(Type.NSEC, rdata)).toBe(rdata);
  });

  it("leaves its input alone", () => {
    const rdata = latin1(UPPER);

    canonicalRdata(Type.NS, rdata);

    expect(rdata).toEqual(latin1(UPPER));
  });

  it("is the RDATA itself where that is malformed (CVE-2026-56416: a short PX)", () => {
    for (const octets of ["", "\0", "\0\x01", "\0\x01\x03WW", `\0\x01${UPPER}`, `\0\x01${UPPER}\x03WW`]) {
      const rdata = latin1(octets);

      expect(canonicalRdata(Type.PX, rdata)).toBe(rdata);
    }
  });
});

describe("names in RDATA", () => {
  it("are found where they start", () => {
    expect(namesIn(Type.SOA, latin1(UPPER + UPPER + "A".repeat(20)))).toEqual([0, UPPER.length]);
    expect(namesIn(Type.SRV, latin1(`AAAAAA${UPPER}`))).toEqual([6]);
    expect(namesIn(Type.A, latin1("AAAA"))).toEqual([]);
    expect(namesIn(65280, latin1(UPPER))).toEqual([]);
  });
});

describe("a name in RDATA", () => {
  /** A name of that many octets. */
  function long(octets: number): Buffer {
    const label = Buffer.concat([Buffer.of(63), Buffer.alloc(63, 0x61)]);
    const last = octets - 3 * 64 - 2;
    return Buffer.concat([label, label, label, Buffer.of(last), Buffer.alloc(last, 0x61), Buffer.of(0)]);
  }

  it("has 255 octets at most (RFC 1035 §3.1)", () => {
    expect(isRdataValid(Type.DNAME, long(255))).toBe(true);
    expect(isRdataValid(Type.DNAME, long(256))).toBe(false);
  });

  it("has no labels of reserved types and no pointers", () => {
    expect(isRdataValid(Type.DNAME, latin1(`\x40${"a".repeat(64)}\0`))).toBe(false);
    expect(isRdataValid(Type.DNAME, latin1("\x01a\xc0\0"))).toBe(false);
  });
});

describe("RDATA of any type", () => {
  it("is never well formed with an octet missing at its end, unless that ends in octets of any number", () => {
    const endless = new Set(["strings", "text", "hex", "base64", "rest", "bitmap", "params"]);
    const fixed = LAID_OUT_TYPES.filter((type) => !endless.has(layoutOf(type)!.fields.at(-1)!));

    for (const type of fixed) expect(isRdataValid(type, Buffer.alloc(0))).toBe(false);
    expect(fixed.length).toBeGreaterThan(25);
  });
});
