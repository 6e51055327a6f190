import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { isTopLevelDomain, registrableDomain } from "../../../src/privacy/registrable-domain.ts";

function name(text: string): Name {
  const labels = text === "." ? [] : text.split(".");
  return `${labels.map((label) => String.fromCharCode(label.length) + label).join("")}\0` as Name;
}

describe("the registrable domain", () => {
  it.each([
    ["www.example.com", "example.com"],
    ["example.com", "example.com"],
    ["a.b.c.example.co.uk", "example.co.uk"],
    ["example.co.uk", "example.co.uk"],
    ["k.pvt.k12.ma.us", "k.pvt.k12.ma.us"],
    ["a.k.pvt.k12.ma.us", "k.pvt.k12.ma.us"],
    ["a.b.c.kawasaki.jp", "b.c.kawasaki.jp"],
    ["x.y.city.kawasaki.jp", "city.kawasaki.jp"],
    ["x.www.ck", "www.ck"],
    ["_25._tcp.mail.example.org", "example.org"],
    ["a.xn--p1ai", "a.xn--p1ai"],
    ["b.a.xn--55qx5d.cn", "a.xn--55qx5d.cn"],
    ["a.b.unknown-top-level", "b.unknown-top-level"],
    ["4.3.2.192.in-addr.arpa", "192.in-addr.arpa"],
  ])("of %s is %s", (qname, expected) => {
    expect(registrableDomain(name(qname))).toBe(name(expected));
  });

  it.each([".", "com", "co.uk", "kawasaki.jp", "a.kawasaki.jp"])(
    "of %s, which nobody registers, is the name itself",
    (qname) => {
      expect(registrableDomain(name(qname))).toBe(name(qname));
    },
  );

  it("is each name's own, however many are asked in between", () => {
    const numbers = Array.from({ length: 2_000 }, (_, i) => i);
    for (const round of [numbers, [...numbers].reverse()]) {
      for (const i of round) {
        expect(registrableDomain(name(`www.n${i}.co.uk`))).toBe(name(`n${i}.co.uk`));
        expect(registrableDomain(name(`n${i % 50}.example.com`))).toBe(name("example.com"));
      }
    }
  });

  it("heeds the ICANN section only: users of one hosting company share its domain", () => {
    expect(registrableDomain(name("alice.github.io"))).toBe(name("github.io"));
  });

  it("is not fooled by a dot inside a label", () => {
    const odd = "\x0bexample.com\x03com\x00" as Name;

    expect(registrableDomain(odd)).toBe(odd);
  });

  it("keeps labels of any octets apart from those that look like them as text", () => {
    const odd = "\x01a\x03\xff\x00.\x03com\x00" as Name;

    expect(registrableDomain(odd)).toBe("\x03\xff\x00.\x03com\x00");
  });

  it("of the deepest name there can be is found", () => {
    const deep = `${"\x01a".repeat(120)}\x03com\x00` as Name;

    expect(registrableDomain(deep)).toBe("\x01a\x03com\x00");
  });
});

describe("a top-level domain", () => {
  it.each(["com", "uk", "xn--p1ai", "arpa"])("is %s", (qname) => {
    expect(isTopLevelDomain(name(qname))).toBe(true);
  });

  it.each([".", "printer", "co.uk", "example.com", "local"])("is not %s", (qname) => {
    expect(isTopLevelDomain(name(qname))).toBe(false);
  });
});
