import { describe, expect, it } from "vitest";
import {
  addressToText,
  isLoopback,
  isWildcard,
  parsePrefix,
  parseProxy,
  parseSocketAddress,
  Wrong,
} from "../../../src/config/addresses.ts";

describe("an address with a port", () => {
  it("is IPv4 with a colon", () => {
    expect(parseSocketAddress("192.0.2.1:853", 853)).toEqual({ ip: "192.0.2.1", port: 853, family: 4 });
  });

  it("is IPv6 in brackets (RFC 5952 §6)", () => {
    expect(parseSocketAddress("[2001:db8::1]:853", 853)).toEqual({ ip: "2001:db8::1", port: 853, family: 6 });
  });

  it("may hold a scope (RFC 4007 §11)", () => {
    const address = { ip: "fe80::1", port: 853, family: 6, scope: "eth0" };

    expect(parseSocketAddress("[fe80::1%eth0]:853", 853)).toEqual(address);
  });

  it.each([
    "192.0.2.1:853",
    "[2001:db8::1]:53",
    "[fe80::1%eth0]:853",
    "[fe8::1]:853",
    "223.255.255.255:53",
    "240.0.0.1:53",
    "[ff::1]:53",
  ])("is written as it was read: %s", (text) => {
    const address = parseSocketAddress(text, 853);

    expect(address instanceof Wrong ? address.text : addressToText(address)).toBe(text);
  });

  it.each([
    ["192.0.2.1", 'has no port: write "192.0.2.1:853"'],
    ["2001:db8::1", 'has no port: write "[2001:db8::1]:853"'],
    ["[2001:db8::1]", 'has no port: write "[2001:db8::1]:853"'],
    ["[::ffff:192.0.2.1]:53", 'is an IPv4 address in the form of an IPv6 one: write "192.0.2.1:53"'],
    ["[::FFFF:c000:201]:853", 'is an IPv4 address in the form of an IPv6 one: write "192.0.2.1:853"'],
    ["192.0.2.1@853", 'has "@" before the port: write "192.0.2.1:853"'],
    ["2001:db8::1@853", 'has "@" before the port: write "[2001:db8::1]:853"'],
    ["[FE80::1]:53", 'is link-local and needs its interface: write "[fe80::1%eth0]:53"'],
    ["[febf::1]:53", 'is link-local and needs its interface: write "[febf::1%eth0]:53"'],
    ["224.0.0.251:53", "is the address of a group, not of one machine"],
    ["239.255.255.250:53", "is the address of a group, not of one machine"],
    ["255.255.255.255:53", "is the address of a group, not of one machine"],
    ["[FF02::1%eth0]:53", "is the address of a group, not of one machine"],
    ["[ff0e::1]:53", "is the address of a group, not of one machine"],
    ["[::ffff:224.0.0.1]:53", 'is an IPv4 address in the form of an IPv6 one: write "224.0.0.1:53"'],
    ["192.0.2.256:53", "does not hold a valid IP address"],
    ["[192.0.2.1]:53", "does not hold a valid IP address"],
    ["192.0.2.1:65536", "has a port out of range (1 to 65535)"],
    ["192.0.2.1:0", "has a port out of range (1 to 65535)"],
    ["dns.example.com:853", "does not hold a valid IP address"],
    ["nonsense", "is not an address with a port"],
  ])("is not %j, which %s", (text, why) => {
    expect(parseSocketAddress(text, 853)).toEqual(new Wrong(why));
  });

  it("may have port 0 where any free port will do", () => {
    expect(parseSocketAddress("127.0.0.1:0", 53, true)).toEqual({ ip: "127.0.0.1", port: 0, family: 4 });
  });

  it.each([
    ["0.0.0.0:53", true],
    ["[::]:53", true],
    ["[0:0:0:0:0:0:0:0]:53", true],
    ["127.0.0.1:53", false],
    ["[::1]:53", false],
  ])("knows whether %s is every address of the machine", (text, wildcard) => {
    const address = parseSocketAddress(text, 53);

    expect(!(address instanceof Wrong) && isWildcard(address)).toBe(wildcard);
  });

  it("knows loopback in both families", () => {
    expect(["127.0.0.1", "127.8.8.8", "::1", "0:0:0:0:0:0:0:1"].every(isLoopback)).toBe(true);
    expect(["192.0.2.1", "::", "2001:db8::1", "fe80::1"].some(isLoopback)).toBe(false);
  });
});

describe("a block of addresses", () => {
  it.each([
    ["192.168.0.0/16", { ip: "192.168.0.0", bits: 16, family: 4 }],
    ["fd00::/8", { ip: "fd00::", bits: 8, family: 6 }],
    ["192.0.2.1", { ip: "192.0.2.1", bits: 32, family: 4 }],
    ["2001:db8::1", { ip: "2001:db8::1", bits: 128, family: 6 }],
  ])("is read from %s", (text, prefix) => {
    expect(parsePrefix(text)).toEqual(prefix);
  });

  it.each(["192.168.0.0/33", "fd00::/129", "192.168.0.0/", "192.168.0/16", "any", "10.0.0.0/8/8"])(
    "is not %j",
    (text) => {
      expect(parsePrefix(text)).toBeInstanceOf(Wrong);
    },
  );
});

describe("a proxy", () => {
  it("is a SOCKS5 address", () => {
    expect(parseProxy("socks5://127.0.0.1:9050")).toEqual({ host: "127.0.0.1", port: 9050 });
  });

  it("may want a user and a password (RFC 1929)", () => {
    const proxy = { host: "::1", port: 1080, username: "a@b", password: "c d" };

    expect(parseProxy("socks5://a%40b:c%20d@[::1]:1080")).toEqual(proxy);
  });

  it("may end with a slash, as URLs do", () => {
    expect(parseProxy("socks5://127.0.0.1:9050/")).toEqual({ host: "127.0.0.1", port: 9050 });
  });

  it("takes as much of either as one octet can tell the length of (RFC 1929 §2)", () => {
    const longest = "u".repeat(255);
    const umlauts = "%C3%BC".repeat(128);

    expect(parseProxy(`socks5://${longest}:${longest}@127.0.0.1:1`)).toMatchObject({ password: longest });
    for (const login of [`${longest}u:p`, `u:${longest}p`, umlauts]) {
      expect(parseProxy(`socks5://${login}@127.0.0.1:1`)).toEqual(
        new Wrong("has a user or password of more than 255 octets"),
      );
    }
  });

  it.each([
    "127.0.0.1:9050",
    "http://127.0.0.1:9050",
    "socks5://127.0.0.1",
    "socks5://proxy.example.com:1080",
    "socks5://127.0.0.1:0",
    "socks5://%zz@127.0.0.1:1",
    "socks5://user:%zz@127.0.0.1:1",
    "socks5://:secret@127.0.0.1:1",
    "socks5://127.0.0.1:1/path",
    "socks5://127.0.0.1:1?isolate=yes",
    "socks5://127.0.0.1:1#tor",
  ])("is not %j", (text) => {
    expect(parseProxy(text)).toBeInstanceOf(Wrong);
  });
});
