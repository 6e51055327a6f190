import { describe, expect, it } from "vitest";
import {
  expandAddresses,
  hasFamilyOf,
  type Interfaces,
  isWildcard,
} from "../../../src/listen/local-addresses.ts";

const interfaces: Interfaces = {
  lo: [
    { address: "127.0.0.1", family: "IPv4" },
    { address: "::1", family: "IPv6" },
  ],
  eth0: [
    { address: "192.0.2.5", family: "IPv4" },
    { address: "2001:db8::5", family: "IPv6" },
    { address: "fe80::5", family: "IPv6" },
  ],
};

describe("a wildcard listener", () => {
  it("stands for every local address of its family", () => {
    expect(expandAddresses([{ host: "0.0.0.0", port: 53 }], interfaces).map(({ host }) => host)).toEqual([
      "127.0.0.1",
      "192.0.2.5",
    ]);
  });

  it("gives link-local addresses their scope", () => {
    expect(expandAddresses([{ host: "::", port: 53 }], interfaces).map(({ host }) => host)).toEqual([
      "::1",
      "2001:db8::5",
      "fe80::5%eth0",
    ]);
  });

  it("names no address twice", () => {
    const wanted = [
      { host: "192.0.2.5", port: 53 },
      { host: "0.0.0.0", port: 53 },
    ];

    expect(expandAddresses(wanted, interfaces)).toHaveLength(2);
  });

  it.each([
    ["0.0.0.0", true],
    ["::", true],
    ["0:0:0:0:0:0:0:0", true],
    ["127.0.0.1", false],
    ["::1", false],
  ])("is %s: %s", (host, expected) => {
    expect(isWildcard(host)).toBe(expected);
  });
});

describe("a host without IPv6", () => {
  it("is known by its addresses", () => {
    const only4: Interfaces = { lo: [{ address: "127.0.0.1", family: "IPv4" }] };

    expect([hasFamilyOf("::1", only4), hasFamilyOf("127.0.0.1", only4)]).toEqual([false, true]);
  });
});
