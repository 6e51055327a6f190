/** OpenSSL called by name judges as Node's `crypto.verify` does: on others' signatures, on damaged and on odd ones. */
import { generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { schemeOf } from "../../src/dnssec/algorithms.ts";
import { signedData } from "../../src/dnssec/canonical.ts";
import { type Context, openSsl } from "../../src/dnssec/openssl.ts";
import { isSignatureOf } from "../../src/dnssec/public-key.ts";
import { groupRrsets, plausibleSignatures } from "../../src/dnssec/rrsets.ts";
import { keyStoreOf } from "../../src/dnssec/validated.ts";
import { loadKoffi, loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { Class, Type } from "../../src/wire/codes.ts";
import { fixture } from "../unit/dnssec/zone-validator.ts";

const ZONES = [
  ["bind-5.example", 5],
  ["bind-7.example", 7],
  ["bind-8.example", 8],
  ["bind-10.example", 10],
  ["bind-13.example", 13],
  ["bind-14.example", 14],
  ["ldns-7.example", 7],
  ["ldns-8.example", 8],
  ["ldns-13.example", 13],
] as const;

/** The orders of the curves (SEC 2 §2.4.2, §2.5.1). */
const ORDER_256 = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
const ORDER_384 = Buffer.from(
  "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
  "hex",
);

describe.skipIf(typeof loadLinuxSockets() === "string")("OpenSSL, called by name [D33]", () => {
  const library = openSsl(loadKoffi())!;

  function contextFor(key: KeyObject, hash: string, curve?: "P-256" | "P-384"): Context {
    const context = library.contextFor({ key, hash, curve });
    if (context === undefined) throw new Error("no context");
    return context;
  }

  it.each(ZONES)("takes every signature of %s, and none that is altered", (apex, algorithm) => {
    const { zone } = fixture(`${apex}.zone`, `${apex}.`);
    const scheme = schemeOf(algorithm)!;
    const store = keyStoreOf({ insecureAlgorithms: [], minRsaBits: 512 });
    const dnskeys = zone.records.filter(({ type }) => type === Type.DNSKEY);
    const contexts = store.keysOf(dnskeys).map((key) => ({
      key,
      context: contextFor(
        key.publicKey!.key,
        scheme.hash!,
        scheme.family === "ecdsa" ? scheme.curve : undefined,
      ),
    }));

    let held = 0;
    for (const rrset of groupRrsets(zone.records, Class.IN)) {
      for (const signature of plausibleSignatures(rrset)) {
        const { key, context } = contexts.find(({ key: { tag } }) => tag === signature.keyTag)!;
        const data = Buffer.from(signedData(rrset, signature));
        const octets = Buffer.from(signature.octets);
        expect(context.holds(data, octets)).toBe(true);
        for (let bit = 0; bit < octets.length * 8; bit += 61) {
          octets[bit >> 3]! ^= 1 << (bit & 7);
          expect(context.holds(data, octets)).toBe(isSignatureOf(key.publicKey!, data, octets));
          expect(context.holds(data, octets)).toBe(false);
          octets[bit >> 3]! ^= 1 << (bit & 7);
        }
        data[data.length - 1]! ^= 1;
        expect(context.holds(data, octets)).toBe(false);
        held++;
      }
    }

    expect(held).toBeGreaterThan(10);
  });

  it("takes signatures whose numbers begin with zeros, which DER leaves out", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const context = contextFor(publicKey, "sha256", "P-256");

    let short = 0;
    for (let i = 0; i < 1_500; i++) {
      const data = Buffer.from(`data ${i}`);
      const octets = sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" });
      if (octets[0] !== 0 && octets[32] !== 0) continue;
      short++;
      expect(context.holds(data, octets)).toBe(true);
    }

    expect(short).toBeGreaterThan(0);
  });

  it.each([
    ["P-256", "sha256", ORDER_256],
    ["P-384", "sha384", ORDER_384],
  ] as const)("judges of numbers at the edges of what %s has as Node does", (namedCurve, hash, order) => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve });
    const context = contextFor(publicKey, hash, namedCurve);
    const data = Buffer.from("data");
    const numbers = edgesOf(order);

    for (const r of numbers) {
      for (const s of numbers) {
        const octets = Buffer.concat([r, s]);
        const byNode = verify(hash, data, { key: publicKey, dsaEncoding: "ieee-p1363" }, octets);
        expect(context.holds(data, octets)).toBe(byNode);
      }
    }
  });

  it("judges of numbers at the edges of what an RSA key has as Node does", () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const context = contextFor(publicKey, "sha256");
    const data = Buffer.from("data");
    const modulus = Buffer.from(publicKey.export({ format: "jwk" }).n!, "base64url");

    for (const octets of edgesOf(modulus))
      expect(context.holds(data, octets)).toBe(verify("sha256", data, publicKey, octets));
  });

  it("leaves no error behind: TLS would take it for its own", () => {
    const peekError = loadKoffi().load(null).func("unsigned long ERR_peek_error()") as () => number;
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;

    expect(contextFor(rsa, "sha256").holds(Buffer.of(1), Buffer.alloc(128, 0xff))).toBe(false);
    expect(peekError()).toBe(0);
    expect(contextFor(ec, "sha256", "P-256").holds(Buffer.of(1), Buffer.alloc(64))).toBe(false);
    expect(peekError()).toBe(0);
    expect(library.contextFor({ key: rsa, hash: "no such hash", curve: undefined })).toBeUndefined();
    expect(peekError()).toBe(0);
  });
});

/** Numbers of as many octets as `limit`: none, the least, those around `limit`, the largest, one with the first bit alone. */
function edgesOf(limit: Buffer): Buffer[] {
  const { length } = limit;
  return [
    Buffer.alloc(length),
    Buffer.concat([Buffer.alloc(length - 1), Buffer.of(1)]),
    neighbour(limit, -1),
    limit,
    neighbour(limit, 1),
    Buffer.alloc(length, 0xff),
    Buffer.concat([Buffer.of(0x80), Buffer.alloc(length - 1)]),
  ];
}

/** `number` one less or more. */
function neighbour(number: Buffer, distance: 1 | -1): Buffer {
  const other = Buffer.from(number);
  other[other.length - 1]! += distance;
  return other;
}
