import { describe, expect, it } from "vitest";
import type { Edns } from "../../../src/ports/message.ts";
import { OptionCode } from "../../../src/wire/codes.ts";
import { ednsOption, readClientSubnet, readExtendedErrors } from "../../../src/wire/edns.ts";

function edns(...options: [code: number, data: string][]): Edns {
  return {
    udpSize: 1232,
    version: 0,
    dnssecOk: false,
    options: options.map(([code, data]) => ({ code, data: Buffer.from(data, "latin1") })),
  };
}

describe("an EDNS option", () => {
  it("is found by its code, the first of several (CVE-2026-42944)", () => {
    const message = {
      edns: edns([OptionCode.NSID, "one"], [OptionCode.COOKIE, "c"], [OptionCode.NSID, "two"]),
    };

    expect(ednsOption(message, OptionCode.NSID)).toEqual(Buffer.from("one"));
    expect(ednsOption(message, OptionCode.PADDING)).toBeUndefined();
    expect(ednsOption({ edns: undefined }, OptionCode.NSID)).toBeUndefined();
  });
});

describe("extended DNS errors (RFC 8914 §2)", () => {
  it("are read in their order, with their text", () => {
    const read = readExtendedErrors(
      edns([OptionCode.EDE, "\x00\x06bogus"], [OptionCode.COOKIE, "x"], [OptionCode.EDE, "\x01\x02"]),
    );

    expect(read).toEqual([
      { infoCode: 6, text: "bogus" },
      { infoCode: 258, text: "" },
    ]);
  });

  it("may end their text with a NUL, which is no part of it", () => {
    expect(readExtendedErrors(edns([OptionCode.EDE, "\x00\x06bogus\x00"]))).toEqual([
      { infoCode: 6, text: "bogus" },
    ]);
  });

  it("are none where the code is cut off, or where there is no EDNS", () => {
    expect(readExtendedErrors(edns([OptionCode.EDE, "\x06"]))).toEqual([]);
    expect(readExtendedErrors(undefined)).toEqual([]);
  });

  it("are read no further than anybody honest would tell: eight, of 100 octets of whole characters each", () => {
    const many = Array.from({ length: 40 }, (): [number, string] => [
      OptionCode.EDE,
      `\x00\x06${"x".repeat(1_500)}`,
    ]);
    const read = readExtendedErrors(edns(...many));

    expect(read).toHaveLength(8);
    expect(read[0]).toEqual({ infoCode: 6, text: "x".repeat(100) });
    const invalid = readExtendedErrors(edns([OptionCode.EDE, `\x00\x06${"\xff".repeat(20_000)}`]));
    expect(invalid).toEqual([{ infoCode: 6, text: "\ufffd".repeat(33) }]);
  });

  it("have text that is always text", () => {
    expect(readExtendedErrors(edns([OptionCode.EDE, "\x00\x00\xff"]))).toEqual([
      { infoCode: 0, text: "\ufffd" },
    ]);
  });
});

describe("a client subnet (RFC 7871 §6)", () => {
  it("has a family, two prefix lengths and the octets of the source prefix", () => {
    expect(readClientSubnet(Buffer.of(0, 1, 23, 0, 192, 0, 2))).toEqual({
      family: 1,
      sourcePrefix: 23,
      scopePrefix: 0,
      address: Buffer.of(192, 0, 2),
    });
    expect(readClientSubnet(Buffer.of(0, 2, 0, 0))).toMatchObject({ family: 2, sourcePrefix: 0 });
  });

  it.each([
    ["cut off", [0, 1, 0]],
    ["of an unknown family", [0, 3, 0, 0]],
    ["with a prefix too long", [0, 1, 33, 0, 192, 0, 2, 1, 0]],
    ["with fewer octets than its prefix covers", [0, 1, 24, 0, 192, 0]],
    ["with more octets than its prefix covers", [0, 1, 8, 0, 192, 0]],
  ])("is none when it is %s", (_, octets) => {
    expect(readClientSubnet(Uint8Array.from(octets))).toBeUndefined();
  });
});
