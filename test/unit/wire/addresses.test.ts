import { isIPv6, SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipv4FromText, ipv4ToText, ipv6FromText, ipv6ToText } from "../../../src/wire/addresses.ts";
import { base32hexFromText, base32hexToText } from "../../../src/wire/base32hex.ts";
import { FIXED_SEED } from "../../support/wire-arbitraries.ts";

const RUNS = { seed: FIXED_SEED, numRuns: 1000 };
/** Addresses with many zero groups among them. */
const sixteen = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 });

describe("an IPv4 address in text", () => {
  it("is four numbers", () => {
    expect(ipv4FromText("192.0.2.255")).toEqual(Uint8Array.of(192, 0, 2, 255));
    expect(ipv4ToText(Uint8Array.of(9, 192, 0, 2, 1), 1)).toBe("192.0.2.1");
  });

  it.each(["", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", "192.0.2.-1", "192.0.2.1 ", "a.b.c.d"])(
    "is none: %j",
    (text) => {
      expect(ipv4FromText(text)).toBeUndefined();
    },
  );
});

describe("an IPv6 address in text", () => {
  it.each([
    ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ])("is written as RFC 5952 §4 wants it: %s", (text, canonical) => {
    expect(ipv6ToText(ipv6FromText(text)!)).toBe(canonical);
  });

  it.each([
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "192.0.2.1",
    "::192.0.2",
    "192.0.2.1::",
    "1:2:3:4:5:6:7:192.0.2.1",
    "fe80::1%eth0",
  ])("is none: %j", (text) => {
    expect(ipv6FromText(text)).toBeUndefined();
  });

  it("is one to Node.js too, and the same", () => {
    fc.assert(
      fc.property(sixteen, (octets) => {
        const text = ipv6ToText(Uint8Array.from(octets));

        expect(ipv6FromText(text)).toEqual(Uint8Array.from(octets));
        expect(new SocketAddress({ address: text, family: "ipv6" }).family).toBe("ipv6");
      }),
      RUNS,
    );
  });

  it("is accepted only where Node.js accepts it", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f:.]{1,20}$/), (text) => {
        expect(ipv6FromText(text) !== undefined).toBe(isIPv6(text));
      }),
      { ...RUNS, numRuns: 20_000 },
    );
  });
});

describe("base 32 with extended hex alphabet (RFC 4648 §10)", () => {
  it.each([
    ["", ""],
    ["f", "co"],
    ["fo", "cpng"],
    ["foo", "cpnmu"],
    ["foob", "cpnmuog"],
    ["fooba", "cpnmuoj1"],
    ["foobar", "cpnmuoj1e8"],
  ])("has the RFC's test vectors: %j", (octets, text) => {
    expect(base32hexToText(Buffer.from(octets))).toBe(text);
    expect(base32hexFromText(text.toUpperCase())).toEqual(Uint8Array.from(Buffer.from(octets)));
  });

  it.each(["c", "cp1", "co=", "cp", "w0", "cpnmuoj1e"])("is not: %j", (text) => {
    expect(base32hexFromText(text)).toBeUndefined();
  });

  it("gives any octets back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
        expect(base32hexFromText(base32hexToText(octets))).toEqual(Uint8Array.from(octets));
      }),
      RUNS,
    );
  });
});
