import type { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { provenIssuers } from "../../../src/upstream/certificate-path.ts";
import { issuerLimits } from "../../../src/upstream/der.ts";
import { Authority, createPki, type Leaf } from "../../lab/pki.ts";
import { certificatesOf } from "./peer.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const YEAR_MS = 365 * 86_400_000;
const pki = createPki({ now: NOW });
const root = certificateOf(pki.authority);

function certificateOf(authority: Authority): X509Certificate {
  return certificatesOf(authority.pem)[0]!;
}

/** Serial numbers of the issuers proven for a leaf, with what it is sent with and `more`. */
function proven(leaf: Leaf, more: readonly X509Certificate[] = [], now: number | undefined = NOW): string[] {
  const [first, ...others] = certificatesOf(leaf.chainPem);
  return provenIssuers(first!, [...others, ...more], now).map(({ subject }) => subject);
}

describe("a path from a leaf upward (RFC 5280 §6.1)", () => {
  it("proves each issuer whose signature holds", () => {
    const middle = pki.authority.intermediate("middle");

    expect(proven(middle.issue(), [root])).toEqual(["CN=middle", "CN=Sotto lab root"]);
  });

  it("proves nobody by a signature of another key under the same name", () => {
    expect(proven(pki.authority.forged(), [root])).toEqual([]);
    expect(proven(pki.foreign, [root])).toEqual([]);
  });

  it("proves nobody above a link that does not hold", () => {
    const middle = pki.authority.intermediate("middle");

    expect(proven(middle.forged(), [root])).toEqual([]);
  });

  it("does not go through a certificate that is no CA, though it signed", () => {
    const leafAsIssuer = pki.authority.intermediate("no authority", { mayIssue: false });

    expect(proven(leafAsIssuer.issue(), [root])).toEqual([]);
  });

  it.each([
    [0, 0, true],
    [0, 1, false],
    [1, 1, true],
    [1, 2, false],
  ])("with a path length of %i and %i certificates between: %s (§4.2.1.9)", (pathLength, between, holds) => {
    const top = new Authority("top", NOW, { pathLength });
    let below = top;
    for (let i = 0; i < between; i++) below = below.intermediate(`between ${i}`);

    expect(proven(below.issue(), [certificateOf(top)]).includes("CN=top")).toBe(holds);
  });

  it("does not go through an issuer out of its time, unless dates do not count", () => {
    const leaf = pki.authority.issue({ notAfter: NOW + 20 * YEAR_MS });

    expect(proven(leaf, [root], NOW + 11 * YEAR_MS)).toEqual([]);
    expect(provenIssuers(certificatesOf(leaf.chainPem)[0]!, [root], undefined)).toHaveLength(1);
  });

  it("ends where issuers certify one another", () => {
    const key = pki.authority.intermediate("a");
    const candidates = Array.from({ length: 12 }, () => certificateOf(key.intermediate("a")));

    expect(() => proven(key.issue(), candidates)).not.toThrow();
  });

  it("looks at a bounded bag of candidates only", () => {
    const junk = Array.from({ length: 12 }, (_, i) => certificateOf(new Authority(`junk ${i}`, NOW)));

    expect(provenIssuers(certificatesOf(pki.good.chainPem)[0]!, [...junk, root], NOW)).toEqual([]);
  });
});

describe("the limits of an issuer, read from octets of strangers", () => {
  it("are those of the certificate", () => {
    expect(issuerLimits(root.raw)).toEqual({ mayIssue: true, pathLength: Number.POSITIVE_INFINITY });
    expect(issuerLimits(new Authority("x", NOW, { pathLength: 3 }).der).pathLength).toBe(3);
    expect(issuerLimits(pki.good.der).mayIssue).toBe(false);
  });

  it("never throw, and allow nothing where octets are missing", () => {
    for (let length = 0; length < root.raw.length; length++) {
      expect(issuerLimits(root.raw.subarray(0, length)).mayIssue).toBe(false);
    }
  });

  it("never throw, whatever octets are changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(root.raw.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(changes, (each) => {
        const octets = Buffer.from(root.raw);
        for (const [at, value] of each) octets[at] = value;
        expect(typeof issuerLimits(octets).mayIssue).toBe("boolean");
      }),
      { numRuns: 2_000, seed: 5280 },
    );
  });
});
