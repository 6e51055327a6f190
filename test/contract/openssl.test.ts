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

/** The order of P-256 (RFC 6090, SEC 2 §2.4.2). */
const ORDER = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");

describe.skipIf(typeof loadLinuxSockets() === "string")("OpenSSL, called by name", () => {
  const library = openSsl(loadKoffi())!;

  function contextFor(key: KeyObject, hash: string, isEcdsa: boolean): Context {
    const context = library.contextFor({ key, hash, isEcdsa });
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
      context: contextFor(key.publicKey!.key, scheme.hash!, scheme.family === "ecdsa"),
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
    const context = contextFor(publicKey, "sha256", true);

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

  it("judges of numbers at the edges of what they may be as Node does", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const context = contextFor(publicKey, "sha256", true);
    const numbers = [
      Buffer.alloc(32),
      Buffer.concat([Buffer.alloc(31), Buffer.of(1)]),
      neighbour(ORDER, -1),
      ORDER,
      neighbour(ORDER, 1),
      Buffer.alloc(32, 0xff),
      Buffer.concat([Buffer.of(0x80), Buffer.alloc(31)]),
    ];
    const data = Buffer.from("data");

    for (const r of numbers) {
      for (const s of numbers) {
        const octets = Buffer.concat([r, s]);
        const byNode = verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, octets);
        expect(context.holds(data, octets)).toBe(byNode);
      }
    }
  });

  it("leaves no error behind: TLS would take it for its own", () => {
    const peekError = loadKoffi().load(null).func("unsigned long ERR_peek_error()") as () => number;
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;

    expect(contextFor(rsa, "sha256", false).holds(Buffer.of(1), Buffer.alloc(128, 0xff))).toBe(false);
    expect(peekError()).toBe(0);
    expect(contextFor(ec, "sha256", true).holds(Buffer.of(1), Buffer.alloc(64))).toBe(false);
    expect(peekError()).toBe(0);
    expect(library.contextFor({ key: rsa, hash: "no such hash", isEcdsa: false })).toBeUndefined();
    expect(peekError()).toBe(0);
  });
});

function neighbour(number: Buffer, distance: 1 | -1): Buffer {
  const other = Buffer.from(number);
  other[other.length - 1]! += distance;
  return other;
}
