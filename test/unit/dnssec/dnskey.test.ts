import { describe, expect, it } from "vitest";
import { isRevoked, isZoneKey, keyTag, readDnskey } from "../../../src/dnssec/dnskey.ts";
import { isDigestOf, readDs, usableDs } from "../../../src/dnssec/digest.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { KSK_2017, KSK_2024 } from "./root-keys.ts";

const ANY_ALGORITHM = () => true;

describe("a key tag (RFC 4034 appendix B)", () => {
  it("is 20326 for the root's key of 2017", () => {
    expect(keyTag(KSK_2017.rdata)).toBe(20326);
  });

  it("is 38696 for the root's key of 2024", () => {
    expect(keyTag(KSK_2024.rdata)).toBe(38696);
  });

  it("is 20454 for the root's key of 2017 once it is revoked (RFC 5011 §3) [D4]", () => {
    const revoked = Buffer.from(KSK_2017.rdata);
    revoked[1] = revoked[1]! | 0x80;

    expect(keyTag(revoked)).toBe(20454);
  });

  it("of algorithm 1 is taken from the modulus (RFC 6840 §5.5)", () => {
    expect(keyTag(Uint8Array.of(1, 0, 3, 1, 1, 3, 0xaa, 0x12, 0x34, 0xbb))).toBe(0x1234);
  });
});

describe("a DNSKEY", () => {
  it("is a zone key with flags 256 or 257 and protocol 3 (RFC 4034 §2.1) [D20]", () => {
    const flags = [256, 257, 0, 1, 512].map((value) => isZoneKey(readDnskey(dnskey(value, 3))!));

    expect(flags).toEqual([true, true, false, false, false]);
  });

  it("is no zone key with another protocol (RFC 4034 §2.1.2)", () => {
    expect(isZoneKey(readDnskey(dnskey(257, 2))!)).toBe(false);
  });

  it("is no zone key once it is revoked (RFC 5011 §2.1) [D4]", () => {
    const key = readDnskey(dnskey(385, 3))!;

    expect([isRevoked(key), isZoneKey(key)]).toEqual([true, false]);
  });

  it("without a public key is none", () => {
    expect(readDnskey(Uint8Array.of(1, 1, 3, 13))).toBeUndefined();
  });
});

describe("a DS record", () => {
  it("names the root's keys by their published SHA-256 digests (RFC 4509 §2) [D32]", () => {
    const matches = [KSK_2017, KSK_2024].map((key) =>
      isDigestOf(readDs(key.ds)!, ROOT, readDnskey(key.rdata)!),
    );

    expect(matches).toEqual([true, true]);
  });

  it("does not name a key that differs in one bit", () => {
    const altered = Buffer.from(KSK_2024.rdata);
    altered[40] = altered[40]! ^ 1;

    expect(isDigestOf(readDs(KSK_2024.ds)!, ROOT, { ...readDnskey(altered)!, tag: 38696 })).toBe(false);
  });

  it("of SHA-1 is ignored beside one of SHA-256 (RFC 4509 §3) [D21]", () => {
    const set = [ds(1, 20), ds(2, 32)];

    expect(usableDs(set, ANY_ALGORITHM)).toEqual([set[1]]);
  });

  it("of SHA-1 counts where no stronger one is usable [D32]", () => {
    const set = [ds(1, 20), ds(3, 32)];

    expect(usableDs(set, ANY_ALGORITHM)).toEqual([set[0]]);
  });

  it("of an unknown digest type is ignored (RFC 6840 §5.2) [D21]", () => {
    expect(usableDs([ds(3, 32), ds(5, 32), ds(200, 32)], ANY_ALGORITHM)).toEqual([]);
  });

  it("of an unknown algorithm is ignored (RFC 4035 §5.2) [D21]", () => {
    expect(usableDs([ds(2, 32)], () => false)).toEqual([]);
  });

  it("with a digest of the wrong length counts and names nothing", () => {
    const short = readDs(KSK_2024.ds.subarray(0, 35))!;

    expect(usableDs([short], ANY_ALGORITHM)).toEqual([short]);
    expect(isDigestOf(short, ROOT, readDnskey(KSK_2024.rdata)!)).toBe(false);
  });
});

function dnskey(flags: number, protocol: number): Uint8Array {
  return Uint8Array.of(flags >> 8, flags & 0xff, protocol, 13, 1, 2, 3);
}

function ds(digestType: number, octets: number): NonNullable<ReturnType<typeof readDs>> {
  return readDs(Buffer.concat([Buffer.of(0, 1, 13, digestType), Buffer.alloc(octets)]))!;
}
