import { describe, expect, it } from "vitest";
import { lifetimeOf } from "../../../src/cache/lifetime.ts";
import { Rcode, Type } from "../../../src/wire/codes.ts";
import { a, cname, record, response, rrsig, soa } from "../../support/records.ts";

const LIMITS = { minTtl: 0, maxTtl: 86_400, maxNegativeTtl: 900 };

describe("the lifetime of a positive response", () => {
  it("is its least TTL, of a CNAME on the way too (RFC 2181 §5.2)", () => {
    const answer = [cname("www.example.com", "example.com", 60), a("example.com", 300)];

    expect(lifetimeOf(response({ answer }), LIMITS).seconds).toBe(60);
  });

  it("is cut to the cap where a TTL has its most significant bit set too (RFC 8767 §4)", () => {
    expect(lifetimeOf(response({ answer: [a("example.com", 0x8000_0000)] }), LIMITS).seconds).toBe(86_400);
  });

  it("is cut to the cap (RFC 8767 §4)", () => {
    expect(lifetimeOf(response({ answer: [a("example.com", 0x7fff_ffff)] }), LIMITS).seconds).toBe(86_400);
  });

  it("is raised to the operator's floor", () => {
    const limits = { ...LIMITS, minTtl: 120 };

    expect(lifetimeOf(response({ answer: [a("example.com", 5)] }), limits).seconds).toBe(120);
  });

  it("is that of its proofs where they live less long (RFC 4035 §4.5)", () => {
    const nsec = record("b.example.com", Type.NSEC, 40, Buffer.from("\x01z\0\0\x01\x40", "latin1"));
    const expanded = response({ answer: [a("a.example.com", 300)], authority: [nsec] });

    expect(lifetimeOf(expanded, LIMITS).seconds).toBe(40);
  });

  it("ends with its signatures, floor or not (RFC 4035 §5.3.3) [D61]", () => {
    const signed = response({
      answer: [a("example.com", 300), rrsig("example.com", Type.A)],
      maxLifetime: 17.9,
    });

    expect(lifetimeOf(signed, { ...LIMITS, minTtl: 120 })).toEqual({ seconds: 17, maxTtl: 17 });
  });
});

describe("the lifetime of a negative response (RFC 2308 §5)", () => {
  it("is the SOA's MINIMUM where that is less than its TTL", () => {
    const negative = response({ rcode: Rcode.NXDOMAIN, authority: [soa("example.com", 3_600, 60)] });

    expect(lifetimeOf(negative, LIMITS)).toEqual({ seconds: 60, maxTtl: 60 });
  });

  it("is the SOA's TTL where that is less than its MINIMUM", () => {
    const negative = response({ authority: [soa("example.com", 30, 900)] });

    expect(lifetimeOf(negative, LIMITS).seconds).toBe(30);
  });

  it("is cut to its cap where the MINIMUM has its most significant bit set (RFC 8767 §4)", () => {
    const negative = response({ authority: [soa("example.com", 3_600, 0xffff_ffff)] });

    expect(lifetimeOf(negative, LIMITS).seconds).toBe(900);
  });

  it("is that of an NSEC record that lives less long (RFC 9077 §3)", () => {
    const nsec = record("b.example.com", Type.NSEC, 20, Buffer.from("\x01z\0\0\x01\x40", "latin1"));
    const negative = response({ rcode: Rcode.NXDOMAIN, authority: [soa("example.com"), nsec] });

    expect(lifetimeOf(negative, LIMITS)).toEqual({ seconds: 20, maxTtl: 20 });
  });

  it("is cut to the negative cap", () => {
    const negative = response({ rcode: Rcode.NXDOMAIN, authority: [soa("example.com", 7_200, 7_200)] });

    expect(lifetimeOf(negative, LIMITS).seconds).toBe(900);
  });

  it("is 0 without an SOA", () => {
    expect(lifetimeOf(response({ rcode: Rcode.NXDOMAIN }), LIMITS).seconds).toBe(0);
  });

  it("ends with the CNAME that leads to it", () => {
    const negative = response({
      answer: [cname("www.example.com", "gone.example.com", 10)],
      authority: [soa("example.com")],
    });

    expect(lifetimeOf(negative, LIMITS).seconds).toBe(10);
  });
});

describe("the lifetime of a failure (RFC 9520 §3.2) [D59]", () => {
  it("is one second for an upstream's SERVFAIL", () => {
    expect(lifetimeOf(response({ rcode: Rcode.SERVFAIL }), LIMITS).seconds).toBe(1);
  });

  it("is a minute for a bogus response, whatever its TTLs say", () => {
    const bogus = response({ verdict: "bogus", answer: [a("example.com", 5)] });

    expect(lifetimeOf(bogus, LIMITS).seconds).toBe(60);
  });
});
