import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientKey, octetsOfAddress, octetsOfKey, textOfAddress } from "../../../src/listen/inet.ts";

describe("an IP address in text", () => {
  it.each([
    ["192.0.2.255", "192.0.2.255"],
    ["::", "0:0:0:0:0:0:0:0"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["2001:db8::", "2001:db8:0:0:0:0:0:0"],
    ["2001:DB8:0:1::f00d:7", "2001:db8:0:1:0:0:f00d:7"],
    ["::ffff:192.0.2.1", "0:0:0:0:0:ffff:c000:201"],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ])("%s is %s", (text, expanded) => {
    expect(textOfAddress(octetsOfAddress(text)!)).toBe(expanded);
  });

  it.each(["", "localhost", "192.0.2", "192.0.2.256", ":::", "1:2:3:4:5:6:7:8:9", "::g"])(
    "%j is none",
    (text) => {
      expect(octetsOfAddress(text)).toBeUndefined();
    },
  );
});

describe("a client's key", () => {
  it("gives its address back", () => {
    const addresses = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).filter((octets) => octets[0] !== 0),
    );
    fc.assert(
      fc.property(addresses, (octets) => {
        expect(octetsOfKey(clientKey(octets, 0, octets.length))).toEqual(octets);
      }),
      { seed: 1 },
    );
  });

  it("is the same for an IPv4 address and its mapped form", () => {
    const mapped = octetsOfAddress("::ffff:192.0.2.7")!;
    const plain = octetsOfAddress("192.0.2.7")!;

    expect(clientKey(mapped, 0, 16)).toBe(clientKey(plain, 0, 4));
  });
});
