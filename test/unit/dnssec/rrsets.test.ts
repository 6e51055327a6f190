import { describe, expect, it } from "vitest";
import { containerOf, groupRrsets, isProof } from "../../../src/dnssec/rrsets.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { name, record } from "../../support/records.ts";

describe("what an RRset is for", () => {
  it.each([
    ["SOA", Type.SOA, true],
    ["NSEC", Type.NSEC, true],
    ["NSEC3", Type.NSEC3, true],
    ["A", Type.A, false],
    ["DS", Type.DS, false],
    ["NS", Type.NS, false],
  ])("%s proves a denial: %s", (_, type, proves) => {
    expect(isProof({ owner: name("example.com"), type, records: [], signatures: [] })).toBe(proves);
  });

  it.each([
    ["DS", Type.DS, "com"],
    ["NSEC", Type.NSEC, "com"],
    ["NSEC3", Type.NSEC3, "example.com"],
    ["NS", Type.NS, "example.com"],
    ["A", Type.A, "example.com"],
  ])("%s at a cut is the zone's at or above %s (RFC 4035 §2.4, RFC 6840 §4.1)", (_, type, container) => {
    expect(containerOf(name("example.com"), type)).toBe(name(container));
  });

  it("are told apart by owner and type, however many there are", () => {
    const owners = Array.from({ length: 40 }, (_, i) => `n${i}.example.com`);
    const records = owners.flatMap((owner) => [
      record(owner, Type.A, 60, Buffer.from([192, 0, 2, 1])),
      record(owner, Type.TXT, 60, Buffer.from("\x01a", "latin1")),
      record(owner, Type.A, 60, Buffer.from([192, 0, 2, 2])),
    ]);

    const sets = groupRrsets([...records, ...records.slice(0, 3)], Class.IN);

    expect(sets.map((set) => [set.owner, set.type])).toEqual(
      owners.flatMap((owner) => [
        [name(owner), Type.A],
        [name(owner), Type.TXT],
      ]),
    );
  });
});
