import { describe, expect, it } from "vitest";
import { readDnskey } from "../../../src/dnssec/dnskey.ts";
import { publicKeyOf } from "../../../src/dnssec/public-key.ts";
import { makeZoneKey } from "../../lab/zone-key.ts";

/** The public key of DNSKEY RDATA with these octets after the header. */
function keyOf(algorithm: number, octets: Uint8Array, minRsaBits = 1_024): number | undefined {
  const rdata = Buffer.concat([Buffer.from([1, 0, 3, algorithm]), octets]);
  const dnskey = readDnskey(rdata);
  return dnskey === undefined ? undefined : publicKeyOf(dnskey, minRsaBits)?.signatureOctets;
}

const modulus = (bits: number): Buffer => {
  const octets = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  octets[0] = 0xff >> (octets.length * 8 - bits);
  return octets;
};
const F4 = [3, 1, 0, 1];
const rsa = (exponent: readonly number[], bits: number): Buffer =>
  Buffer.concat([Buffer.from(exponent), modulus(bits)]);

describe("an RSA key (RFC 3110 §2, RFC 5702 §2)", () => {
  it.each([
    ["an exponent of F4", F4],
    ["an exponent of 3", [1, 3]],
    ["an exponent whose length has three octets", [0, 0, 3, 1, 0, 1]],
    ["an exponent of eight octets", [8, 1, 0, 0, 0, 0, 0, 0, 1]],
  ])("is usable with %s", (_what, exponent) => {
    expect(keyOf(8, rsa(exponent, 2_048))).toBe(256);
  });

  it.each([
    ["no exponent", [0]],
    ["a length of the exponent that is cut off", [0, 1]],
    ["an exponent longer than the key", [0, 255, 255, 1]],
    ["an exponent of 1, which signs nothing", [1, 1]],
    ["an even exponent", [3, 1, 0, 2]],
    ["an exponent with a leading zero", [3, 0, 0, 3]],
    ["an exponent of nine octets, which costs too much", [9, 1, 0, 0, 0, 0, 0, 0, 0, 1]],
  ])("is not with %s", (_what, exponent) => {
    expect(keyOf(8, rsa(exponent, 2_048))).toBeUndefined();
  });

  it("has as many bits as asked for, and 4,096 at most", () => {
    const usable = [1_023, 1_024, 2_047, 2_048, 4_096, 4_097].filter((bits) =>
      keyOf(8, rsa(F4, bits), 1_024),
    );

    expect(usable).toEqual([1_024, 2_047, 2_048, 4_096]);
    expect([keyOf(8, rsa(F4, 2_047), 2_048), keyOf(8, rsa(F4, 2_048), 2_048)]).toEqual([undefined, 256]);
    // RFC 5702 §2.2: at least 1,024 bits with SHA-512, whatever is asked for.
    expect([keyOf(10, rsa(F4, 1_023), 512), keyOf(10, rsa(F4, 1_024), 512)]).toEqual([undefined, 128]);
  });

  it("has an odd modulus without a leading zero", () => {
    const even = Buffer.concat([Buffer.from(F4), modulus(2_047), Buffer.from([2])]);
    const padded = Buffer.concat([Buffer.from(F4), Buffer.from([0]), modulus(2_048)]);

    expect([keyOf(8, even), keyOf(8, padded), keyOf(8, Buffer.from(F4))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a key of an elliptic curve (RFC 6605 §4, RFC 8080 §3)", () => {
  it.each([
    [13, 64],
    [14, 96],
    [15, 64],
    [16, 114],
  ])("of algorithm %i has exactly its octets, and so have its signatures", (algorithm, signature) => {
    const { rdata } = makeZoneKey({ algorithm, seed: "curves" });
    const octets = rdata.subarray(4);

    expect(keyOf(algorithm, octets)).toBe(signature);
    expect(keyOf(algorithm, octets.subarray(1))).toBeUndefined();
    expect(keyOf(algorithm, Buffer.concat([octets, Buffer.alloc(1)]))).toBeUndefined();
  });

  it("is none where the point is not on the curve", () => {
    expect(keyOf(13, Buffer.alloc(64, 1))).toBeUndefined();
  });
});

it("a key of an algorithm that is not implemented is none", () => {
  expect(
    [1, 3, 6, 12, 17, 23, 253, 254, 255].map((algorithm) => keyOf(algorithm, Buffer.alloc(64, 1))),
  ).toEqual(Array.from({ length: 9 }, () => undefined));
});
