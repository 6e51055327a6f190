import { describe, expect, it } from "vitest";
import { listsType, typesListed } from "../../../src/dnssec/type-bitmap.ts";

describe("type bit maps (RFC 4034 §4.1.2)", () => {
  // A, then window 1 with CAA (257), behind two octets of something else.
  const octets = Uint8Array.of(9, 9, 0, 1, 0x40, 1, 1, 0x40);

  it("list a type by its bit, window by window", () => {
    const listed = Array.from({ length: 1_024 }, (_, type) => type).filter((type) =>
      listsType(octets, 2, type),
    );

    expect(listed).toEqual([1, 257]);
  });

  it("end where their length says, not where the next window has bits", () => {
    // The octet after the only one of window 0 is the number of window 1, whose lowest bit is set.
    expect([15, 22, 23].map((type) => listsType(octets, 2, type))).toEqual([false, false, false]);
  });

  it("list nothing where they are cut off", () => {
    for (const cut of [[], [0], [0, 1], [0, 2, 0]]) expect(listsType(Uint8Array.from(cut), 0, 1)).toBe(false);
  });

  it("are told without the bits that a validator must ignore (RFC 4035 §5.4)", () => {
    // RRSIG, NSEC and NSEC3 beside A; and the bit of type 0.
    expect(typesListed(Uint8Array.of(0, 7, 0xc0, 0, 0, 0, 0, 0x03, 0x20), 0)).toEqual([1]);
  });
});
