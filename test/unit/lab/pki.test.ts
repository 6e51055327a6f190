import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { AUTH_NAME, createPki } from "../../lab/pki.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");

describe("a leaf of the lab", () => {
  it("is accepted by node:crypto: signature, issuer, names", () => {
    const pki = createPki({ now: NOW });

    const leaf = new X509Certificate(pki.good.chainPem);

    const root = new X509Certificate(pki.caPem);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.checkHost(AUTH_NAME)).toBe(AUTH_NAME);
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(leaf.checkIP("::1")).toBe("::1");
    expect(leaf.ca).toBe(false);
    expect(root.ca).toBe(true);
  });

  it("is renewed with the same key, so that its pin holds", () => {
    const pki = createPki({ now: NOW });

    const renewed = pki.authority.issue({ key: pki.good.key });

    expect(renewed.pin).toBe(pki.good.pin);
    expect(renewed.der.equals(pki.good.der)).toBe(false);
  });

  it("is sent with its intermediates", () => {
    const pki = createPki({ now: NOW });

    const chain = pki.viaIntermediate.chainPem.split(/(?=-----BEGIN)/).map((pem) => new X509Certificate(pem));

    expect(chain).toHaveLength(2);
    expect(chain[0]?.verify(chain[1]?.publicKey as never)).toBe(true);
    expect(chain[1]?.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true);
  });

  it.each(["expired", "notYetValid", "wrongName"] as const)("%s is wrong in that alone", (kind) => {
    const pki = createPki({ now: NOW });

    const leaf = new X509Certificate(pki[kind].chainPem);

    expect(leaf.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true);
    const holds = Date.parse(leaf.validFrom) <= NOW && NOW <= Date.parse(leaf.validTo);
    expect(holds).toBe(kind === "wrongName");
    expect(leaf.checkHost(AUTH_NAME)).toBe(kind === "wrongName" ? undefined : AUTH_NAME);
  });

  it.each(["foreign", "forged"] as const)("%s names the authority, which did not sign it", (kind) => {
    const pki = createPki({ now: NOW });

    const leaf = new X509Certificate(pki[kind].chainPem);

    const root = new X509Certificate(pki.caPem);
    expect(leaf.issuer).toBe(root.subject);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });
});
