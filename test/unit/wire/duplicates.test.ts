import { describe, expect, it } from "vitest";
import { Type } from "../../../src/wire/codes.ts";
import { withoutDuplicates } from "../../../src/wire/duplicates.ts";
import { a, record } from "../../support/records.ts";

const TEXT = Buffer.from([192, 0, 2, 1]);

describe("records that came more than once (RFC 2181 §5)", () => {
  it.each([2, 40])("are kept once, of %i different ones, in the order they first came", (count) => {
    const records = Array.from({ length: count }, (_, i) => a("www.example.com", 300, `192.0.2.${i}`));

    expect(withoutDuplicates([...records, ...records])).toEqual(records);
  });

  it.each([3, 40])("are told from others, of which there are %i: the very list is given back", (count) => {
    const records = [
      ...Array.from({ length: count }, (_, i) => a("www.example.com", 300, `192.0.2.${i}`)),
      record("www.example.com", Type.TXT, 300, TEXT),
      record("www.example.com", Type.TXT, 300, TEXT.subarray(0, 3)),
      a("example.com"),
    ];

    expect(withoutDuplicates(records)).toBe(records);
  });

  it("are the same whatever their TTLs are", () => {
    expect(withoutDuplicates([a("example.com", 300), a("example.com", 60)])).toEqual([a("example.com", 300)]);
  });
});
