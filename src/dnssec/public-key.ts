/**
 * Public keys of DNSKEY RDATA as node:crypto wants them, and whether this build of OpenSSL can use them. A
 * key that is odd in any way is unusable, which is a fact about the key and never an exception.
 *
 * Source: RFC 3110 §2 (RSA), RFC 5702 §2, RFC 6605 §4 (ECDSA), RFC 8080 §3, §4 (EdDSA).
 */
import { type KeyObject, createPublicKey, verify } from "node:crypto";
import { DNSKEY_HEADER_OCTETS, type Dnskey } from "./dnskey.ts";
import { type SigningScheme, schemeOf } from "./algorithms.ts";
import { Frequent } from "./frequent.ts";
import type { OpenSsl } from "./openssl.ts";

export interface PublicKey {
  readonly scheme: SigningScheme;
  readonly key: KeyObject;
  /** What `crypto.verify` takes: made once, so that no verification builds it. */
  readonly input: KeyObject | { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" };
  /** Octets every good signature of this key has. */
  readonly signatureOctets: number;
  /** The shorter way that a key may have which verifies often; `undefined` where its algorithm has none. */
  readonly frequent: Frequent | undefined;
}

/** RFC 5702 §2: "MUST NOT be more than 4096 bits". */
const MAX_RSA_BITS = 4_096;
/** A long exponent makes one verification cost as much as a hundred (F4 has 17 bits). */
const MAX_RSA_EXPONENT_OCTETS = 8;

/** How OpenSSL is called by name, once that is worth it; gives `undefined` where it cannot be. */
export type OpenSslByName = () => OpenSsl | undefined;

/** The usable public key in `dnskey`; `undefined` where there is none. RSA moduli have at least `minRsaBits`. */
export function publicKeyOf(
  dnskey: Dnskey,
  minRsaBits: number,
  byName: OpenSslByName = () => undefined,
): PublicKey | undefined {
  const scheme = schemeOf(dnskey.algorithm);
  if (scheme === undefined) return undefined;
  const octets = Buffer.from(dnskey.rdata.subarray(DNSKEY_HEADER_OCTETS));
  try {
    switch (scheme.family) {
      case "rsa":
        return rsaKey(scheme, octets, Math.max(scheme.minBits, minRsaBits), byName);
      case "ecdsa":
        return ecdsaKey(scheme, octets, byName);
      case "eddsa":
        return eddsaKey(scheme, octets);
    }
  } catch {
    return undefined; // OpenSSL refuses the key: a point that is not on the curve, a policy of the system.
  }
}

/** Whether `octets` is the signature of `data` by `key`. Never throws: what OpenSSL refuses is no signature. */
export function isSignatureOf(key: PublicKey, data: Uint8Array, octets: Uint8Array): boolean {
  if (octets.length !== key.signatureOctets) return false;
  const known = key.frequent?.judge(data, octets);
  if (known !== undefined) return known;
  try {
    if (!verify(key.scheme.hash, data, key.input, octets)) return false;
  } catch {
    return false;
  }
  key.frequent?.held(data, octets);
  return true;
}

function rsaKey(
  scheme: SigningScheme & { family: "rsa" },
  octets: Buffer,
  minBits: number,
  byName: OpenSslByName,
): PublicKey | undefined {
  const long = octets[0] === 0;
  const exponentStart = long ? 3 : 1;
  const exponentOctets = long ? (octets.length < 3 ? 0 : octets.readUInt16BE(1)) : (octets[0] ?? 0);
  const exponent = octets.subarray(exponentStart, exponentStart + exponentOctets);
  const modulus = octets.subarray(exponentStart + exponentOctets);
  if (exponent.length !== exponentOctets || !isExponent(exponent) || !isModulus(modulus, minBits))
    return undefined;
  const key = createPublicKey({
    key: { kty: "RSA", n: modulus.toString("base64url"), e: exponent.toString("base64url") },
    format: "jwk",
  });
  const frequent = new Frequent({ key, hash: scheme.hash, curve: undefined }, byName);
  return { scheme, key, input: key, signatureOctets: modulus.length, frequent };
}

/** Odd, above 1, without leading zeros (RFC 3110 §2), and short. */
function isExponent(octets: Buffer): boolean {
  const last = octets.at(-1) ?? 0;
  return (
    octets.length >= 1 &&
    octets.length <= MAX_RSA_EXPONENT_OCTETS &&
    octets[0] !== 0 &&
    (last & 1) === 1 &&
    (octets.length > 1 || last > 1)
  );
}

/** Odd, without leading zeros, and of a length in bits that is allowed. */
function isModulus(octets: Buffer, minBits: number): boolean {
  const first = octets[0] ?? 0;
  const bits = octets.length * 8 - Math.clz32(first) + 24;
  return first !== 0 && (octets.at(-1)! & 1) === 1 && bits >= minBits && bits <= MAX_RSA_BITS;
}

function ecdsaKey(
  scheme: SigningScheme & { family: "ecdsa" },
  octets: Buffer,
  byName: OpenSslByName,
): PublicKey | undefined {
  if (octets.length !== 2 * scheme.octets) return undefined;
  const x = octets.subarray(0, scheme.octets).toString("base64url");
  const y = octets.subarray(scheme.octets).toString("base64url");
  const key = createPublicKey({ key: { kty: "EC", crv: scheme.curve, x, y }, format: "jwk" });
  const frequent = new Frequent({ key, hash: scheme.hash, curve: scheme.curve }, byName);
  const input = { key, dsaEncoding: "ieee-p1363" } as const;
  return { scheme, key, input, signatureOctets: 2 * scheme.octets, frequent };
}

function eddsaKey(scheme: SigningScheme & { family: "eddsa" }, octets: Buffer): PublicKey | undefined {
  if (octets.length !== scheme.keyOctets) return undefined;
  const key = createPublicKey({
    key: { kty: "OKP", crv: scheme.curve, x: octets.toString("base64url") },
    format: "jwk",
  });
  // Not worth another way: few zones, and OpenSSL hashes and verifies in one.
  return { scheme, key, input: key, signatureOctets: scheme.signatureOctets, frequent: undefined };
}

/** What `verifiesHere` found. BOUNDED: by the algorithms there are numbers for, 256. */
const found = new Map<number, boolean>();

/**
 * Whether this build of OpenSSL really verifies with an algorithm. A system policy may forbid SHA-1
 * signatures or a curve; then `crypto.verify` throws instead of answering, and zones of that algorithm must
 * be insecure rather than bogus (RFC 4035 §5.2). Tried once, when first asked: most never are.
 */
export function verifiesHere(algorithm: number): boolean {
  const known = found.get(algorithm);
  if (known !== undefined) return known;
  const verifies = canVerify(algorithm);
  found.set(algorithm, verifies);
  return verifies;
}

function canVerify(algorithm: number): boolean {
  const scheme = schemeOf(algorithm);
  if (scheme === undefined) return false;
  const rdata = Buffer.concat([Buffer.from([1, 0, 3, algorithm]), probeKey(scheme)]);
  const key = publicKeyOf({ flags: 256, protocol: 3, algorithm, tag: 0, rdata }, 0);
  if (key === undefined) return false;
  try {
    verify(scheme.hash, Buffer.alloc(1), key.input, Buffer.alloc(key.signatureOctets));
    return true;
  } catch {
    return false;
  }
}

/** Any well-formed key of the scheme: the base point of the curve, an odd modulus of 2048 bits. */
function probeKey(scheme: SigningScheme): Buffer {
  switch (scheme.family) {
    case "rsa":
      return Buffer.concat([Buffer.from([3, 1, 0, 1]), Buffer.alloc(256, 0xff)]);
    case "ecdsa":
      return Buffer.from(BASE_POINTS[scheme.curve], "hex");
    case "eddsa":
      return Buffer.from(BASE_POINTS[scheme.curve], "hex");
  }
}

/** FIPS 186-4 D.1.2; RFC 8032 §5.1, §5.2, encoded. */
const BASE_POINTS = {
  "P-256":
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
  "P-384":
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7" +
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
  Ed25519: "5866666666666666666666666666666666666666666666666666666666666666",
  Ed448:
    "14fa30f25b790898adc8d74e2c13bdfdc4397ce61cffd33ad7c2a0051e9c78874098a36c7373ea4b62c7c9563720768824bcb66e71463f6900",
} as const;
