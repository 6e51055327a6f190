import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rrset } from "../../../src/ports/message.ts";
import { PackedRrset } from "../../../src/resolve/packed.ts";
import { Type } from "../../../src/wire/codes.ts";
import { name, record } from "../../support/records.ts";

const OWNER = name("a.example");

function rrsetOf(data: readonly Uint8Array[], signatures: readonly Uint8Array[], ttl = 0): Rrset {
  return {
    owner: OWNER,
    type: Type.TXT,
    records: data.map((rdata) => record("a.example", Type.TXT, ttl, rdata)),
    signatures: signatures.map((rdata) => record("a.example", Type.RRSIG, ttl, rdata)),
  };
}

function plain({ owner, type, records, signatures }: Rrset) {
  const octets = (all: Rrset["records"]) => all.map((each) => ({ ...each, rdata: [...each.rdata] }));
  return { owner, type, records: octets(records), signatures: octets(signatures) };
}

const anyRdata = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 4 });

describe("a packed RRset", () => {
  it("is unpacked as it was, but for its TTLs", () => {
    fc.assert(
      fc.property(anyRdata, anyRdata, (data, signatures) => {
        const unpacked = new PackedRrset(rrsetOf(data, signatures, 300), OWNER).unpacked();
        expect(plain(unpacked)).toEqual(plain(rrsetOf(data, signatures)));
      }),
    );
  });

  it("keeps its octets when the message they were read from is gone", () => {
    const chunk = Buffer.from("abcdef");
    const packed = new PackedRrset(rrsetOf([chunk.subarray(1, 3)], []), OWNER);
    chunk.fill(0);
    expect(packed.unpacked().records[0]?.rdata).toEqual(Buffer.from("bc"));
  });

  it("equals one with the same records and signatures, whatever their TTLs", () => {
    const [one, two] = [Buffer.from("one"), Buffer.from("two")];
    const packed = (data: Buffer[], signatures: Buffer[], ttl = 0) =>
      new PackedRrset(rrsetOf(data, signatures, ttl), OWNER);
    expect(packed([one], [two]).equals(packed([one], [two], 300))).toBe(true);
    expect(packed([one], [two]).equals(packed([one], [one]))).toBe(false);
    expect(packed([one, two], []).equals(packed([one], [two]))).toBe(false);
  });
});
