import { describe, expect, it } from "vitest";
import { matchesTlsa, type Tlsa, tlsaOf, usable } from "../../../src/upstream/tlsa.ts";
import { Authority, createPki, type Leaf } from "../../lab/pki.ts";
import { type TlsaFields, tlsaRdata } from "../../lab/tlsa.ts";
import { certificatesOf } from "./peer.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const pki = createPki({ now: NOW });

function record(der: Buffer, fields: TlsaFields): Tlsa {
  return tlsaOf(tlsaRdata(der, fields))!;
}

function matches(records: readonly Tlsa[], leaf: Leaf): boolean {
  const [first, ...others] = certificatesOf(leaf.chainPem);
  return matchesTlsa(usable(records), first!, others, NOW);
}

const combinations = ([0, 1] as const).flatMap((selector) =>
  ([0, 1, 2] as const).map((matching) => ({ selector, matching })),
);

describe("a TLSA record (RFC 6698 §2.1)", () => {
  it.each(combinations)("3 $selector $matching is of one certificate", ({ selector, matching }) => {
    const own = record(pki.good.der, { usage: 3, selector, matching });

    expect(matches([own], pki.good)).toBe(true);
    expect(matches([own], pki.wrongName)).toBe(false);
  });

  it.each(combinations)("2 $selector $matching is of an issuer that is sent", ({ selector, matching }) => {
    const middle = pki.authority.intermediate("middle");
    const anchor = record(middle.der, { usage: 2, selector, matching });

    expect(matches([anchor], middle.issue())).toBe(true);
    expect(matches([anchor], middle.forged())).toBe(false);
    expect(matches([anchor], pki.good)).toBe(false);
  });

  it("2 0 0 names an issuer that need not be sent (RFC 7671 §5.2.2)", () => {
    const fields = { usage: 2, selector: 0, matching: 0 } as const;

    expect(matches([record(pki.authority.der, fields)], pki.good)).toBe(true);
    expect(matches([record(new Authority("other", NOW).der, fields)], pki.good)).toBe(false);
    expect(matches([tlsaOf(Buffer.from("0200003001", "hex"))!], pki.good)).toBe(false);
  });

  it("2 x x is not of the leaf itself, which certifies nobody", () => {
    expect(matches([record(pki.good.der, { usage: 2, selector: 1, matching: 1 })], pki.good)).toBe(false);
  });

  it("3 1 x outlives a renewal with the same key, 3 0 x does not", () => {
    const renewed = pki.authority.issue({ key: pki.good.key });

    expect(matches([record(pki.good.der, { usage: 3, selector: 1, matching: 1 })], renewed)).toBe(true);
    expect(matches([record(pki.good.der, { usage: 3, selector: 0, matching: 1 })], renewed)).toBe(false);
  });

  it.each([0, 1] as const)("of usage %i is as if it were not there", (usage) => {
    expect(usable([record(pki.good.der, { usage, selector: 0, matching: 1 })])).toEqual([]);
  });

  it.each([
    ["an unknown usage", "040101"],
    ["an unknown selector", "030201"],
    ["an unknown matching type", "030103"],
  ])("with %s is as if it were not there (RFC 7671 §4)", (_what, head) => {
    expect(usable([tlsaOf(Buffer.from(head + "00".repeat(32), "hex"))!])).toEqual([]);
  });

  it("with a digest of the wrong length is as if it were not there (RFC 7671 §9)", () => {
    expect(usable([tlsaOf(Buffer.from(`030101${"00".repeat(31)}`, "hex"))!])).toEqual([]);
    expect(usable([tlsaOf(Buffer.from(`030102${"00".repeat(32)}`, "hex"))!])).toEqual([]);
  });

  it("that is too short is none", () => {
    expect(tlsaOf(Buffer.from("0301", "hex"))).toBeUndefined();
    expect(tlsaOf(Buffer.from("030101", "hex"))).toBeUndefined();
  });
});

describe("several TLSA records", () => {
  const of = (der: Buffer, matching: 0 | 1 | 2) => record(der, { usage: 3, selector: 1, matching });

  it("need one that matches: a roll publishes the next one beside it (RFC 7671 §8.1)", () => {
    expect(matches([of(pki.expired.der, 1), of(pki.good.der, 1)], pki.good)).toBe(true);
  });

  it("count by their strongest digest only (RFC 7671 §9)", () => {
    expect(matches([of(pki.good.der, 1), of(pki.expired.der, 2)], pki.good)).toBe(false);
    expect(matches([of(pki.good.der, 2), of(pki.expired.der, 1)], pki.good)).toBe(true);
    expect(matches([of(pki.good.der, 0), of(pki.expired.der, 2)], pki.good)).toBe(true);
  });

  it("of another selector have a strongest digest of their own", () => {
    const whole = record(pki.good.der, { usage: 3, selector: 0, matching: 1 });

    expect(matches([whole, of(pki.expired.der, 2)], pki.good)).toBe(true);
  });
});
