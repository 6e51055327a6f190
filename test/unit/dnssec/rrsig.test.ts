import { describe, expect, it } from "vitest";
import {
  canCover,
  type ClockSkew,
  DEFAULT_CLOCK_SKEW,
  isWildcard,
  readSignature,
  secondsLeft,
  type Signature,
  signedLabels,
  timeFault,
} from "../../../src/dnssec/rrsig.ts";
import { Type } from "../../../src/wire/codes.ts";
import { name } from "../../support/records.ts";

const HOUR = 3_600;
const DAY = 86_400;
const NONE: ClockSkew = { share: 0, least: 0, most: 0 };

describe("RRSIG RDATA (RFC 4034 §3.1)", () => {
  const signer = Buffer.from(name("Example.COM"), "latin1");
  const rdata = Buffer.concat([
    Buffer.from([0, 15, 13, 2, 0, 0, 0x0e, 0x10, 0x80, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0xab, 0xcd]),
    signer,
    Buffer.from([1, 2, 3]),
  ]);

  it("is read field by field", () => {
    expect(readSignature(rdata, 60)).toEqual({
      algorithm: 13,
      labels: 2,
      originalTtl: 3_600,
      expiration: 0x8000_0001,
      inception: 0x7fff_ffff,
      keyTag: 0xabcd,
      signer: name("example.com"),
      ttl: 60,
      rdata,
      octets: Buffer.from([1, 2, 3]),
    });
  });

  it.each([
    ["its fixed part is cut off", rdata.subarray(0, 17)],
    ["there is no signer", rdata.subarray(0, 18)],
    ["the signer is cut off", rdata.subarray(0, 22)],
    ["there is no signature", rdata.subarray(0, 18 + signer.length)],
    ["the signer is a pointer", Buffer.concat([rdata.subarray(0, 18), Buffer.from([0xc0, 12, 1, 2])])],
  ])("is none where %s", (_why, octets) => {
    expect(readSignature(octets, 60)).toBeUndefined();
  });
});

describe("the Labels field (RFC 4034 §3.1.3) [D24]", () => {
  it.each([
    [".", 0],
    ["example", 1],
    ["www.example", 2],
    ["*.example", 1],
    ["*", 0],
    ["a.*.example", 3],
    ["**.example", 2],
  ])("of %s counts %i", (owner, labels) => {
    expect(signedLabels(name(owner))).toBe(labels);
  });

  it("takes only a lone asterisk for a wildcard", () => {
    expect(["*.a", "**.a", "a.*", "*a.b"].map((each) => isWildcard(name(each)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("a signature can cover an RRset (RFC 4035 §5.3.1) [D24]", () => {
  const covers = (owner: string, type: number, signer: string, labels: number): boolean =>
    canCover(signature({ signer: name(signer), labels }), { owner: name(owner), type });

  it("of the signer's zone", () => {
    expect(covers("www.example.com", Type.A, "example.com", 3)).toBe(true);
    expect(covers("example.com", Type.A, "example.com", 2)).toBe(true);
    expect(covers("com", Type.NS, ".", 1)).toBe(true);
  });

  it("of no other zone", () => {
    expect(covers("www.example.com", Type.A, "example.org", 3)).toBe(false);
    expect(covers("example.com", Type.A, "www.example.com", 2)).toBe(false);
    expect(covers("www.badexample.com", Type.A, "example.com", 3)).toBe(false);
  });

  it("with no more labels than the owner has", () => {
    expect(covers("www.example.com", Type.A, "example.com", 4)).toBe(false);
    expect(covers("*.example.com", Type.A, "example.com", 3)).toBe(false);
    expect(covers("*.example.com", Type.A, "example.com", 2)).toBe(true);
  });

  it("with no fewer labels than the signer has: a wildcard above the apex is another zone's (CVE-2026-44690)", () => {
    expect(covers("www.example.com", Type.A, "example.com", 2)).toBe(true);
    expect(covers("www.example.com", Type.A, "example.com", 1)).toBe(false);
  });

  it("of DS from above only [D18]", () => {
    expect(covers("example.com", Type.DS, "com", 2)).toBe(true);
    expect(covers("example.com", Type.DS, "example.com", 2)).toBe(false);
  });

  it.each([
    ["DNSKEY", Type.DNSKEY],
    ["SOA", Type.SOA],
    ["NSEC3PARAM", Type.NSEC3PARAM],
  ])("of %s from the zone it stands at the top of", (_text, type) => {
    expect(covers("example.com", type, "example.com", 2)).toBe(true);
    expect(covers("example.com", type, "com", 2)).toBe(false);
  });

  it("of signatures never (RFC 4035 §2.2) [D30]", () => {
    expect(covers("example.com", Type.RRSIG, "example.com", 2)).toBe(false);
  });
});

describe("the times of a signature (RFC 4034 §3.1.5) [D25]", () => {
  const at = (now: number, inception: number, expiration: number, skew = NONE) =>
    timeFault(signature({ inception: inception >>> 0, expiration: expiration >>> 0 }), now, skew);

  it("hold from the first second to the last", () => {
    expect([at(100, 100, 200), at(150, 100, 200), at(200, 100, 200)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("do not hold before or after", () => {
    expect([at(99, 100, 200), at(201, 100, 200)]).toEqual(["not-yet-valid", "expired"]);
  });

  it("cannot end before they begin (EDE 25)", () => {
    expect(at(150, 200, 100)).toBe("expired-before-valid");
  });

  it("may begin and end at once", () => {
    expect([at(100, 100, 100), at(101, 100, 100)]).toEqual([undefined, "expired"]);
  });

  it("wrap around in 2106 (RFC 1982)", () => {
    const end = 2 ** 32;

    expect([at(end - 10, end - 100, end + 100), at(end + 50, end - 100, end + 100)]).toEqual([
      undefined,
      undefined,
    ]);
    expect([at(end + 101, end - 100, end + 100), at(end - 101, end - 100, end + 100)]).toEqual([
      "expired",
      "not-yet-valid",
    ]);
  });

  it("allow for a clock that is off by a tenth of the validity", () => {
    const [inception, expiration] = [0x6000_0000, 0x6000_0000 + 40 * HOUR];
    const fault = (now: number) => at(now, inception, expiration, DEFAULT_CLOCK_SKEW);

    expect([fault(inception - 4 * HOUR), fault(expiration + 4 * HOUR)]).toEqual([undefined, undefined]);
    expect([fault(inception - 4 * HOUR - 1), fault(expiration + 4 * HOUR + 1)]).toEqual([
      "not-yet-valid",
      "expired",
    ]);
  });

  it("allow for an hour at least", () => {
    const fault = (now: number) => at(now, 0x6000_0000, 0x6000_0000 + HOUR, DEFAULT_CLOCK_SKEW);

    expect([fault(0x6000_0000 + 2 * HOUR), fault(0x6000_0000 + 2 * HOUR + 1)]).toEqual([
      undefined,
      "expired",
    ]);
  });

  it("allow for a day at most", () => {
    const expiration = 0x6000_0000 + 400 * DAY;
    const fault = (now: number) => at(now, 0x6000_0000, expiration, DEFAULT_CLOCK_SKEW);

    expect([fault(expiration + DAY), fault(expiration + DAY + 1)]).toEqual([undefined, "expired"]);
  });

  it("leave the seconds until the end, none after it", () => {
    const one = signature({ expiration: 200 });

    expect([secondsLeft(one, 150), secondsLeft(one, 200), secondsLeft(one, 201)]).toEqual([50, 0, 0]);
    expect(secondsLeft(signature({ expiration: 5 }), 2 ** 32 - 5)).toBe(10);
  });
});

function signature(parts: Partial<Signature>): Signature {
  return {
    algorithm: 13,
    labels: 2,
    originalTtl: 3_600,
    expiration: 200,
    inception: 100,
    keyTag: 1,
    signer: name("example.com"),
    ttl: 60,
    rdata: new Uint8Array(),
    octets: new Uint8Array(),
    ...parts,
  };
}
