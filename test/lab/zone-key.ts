/**
 * DNSSEC keys of the lab: made from a seed where the algorithm allows it, so that a zone's key tags are the
 * same in every run. RSA cannot be had from a seed: one RSA key a size is made for the whole process.
 *
 * Source: RFC 4034 §2, §5, appendix B; RFC 3110 (RSA); RFC 6605 (ECDSA); RFC 8080 (EdDSA); RFC 4509, 6605 §2.
 */
import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import type { Name } from "../../src/ports/message.ts";

export const ZONE_FLAG = 0x0100;
export const REVOKE_FLAG = 0x0080;
export const SEP_FLAG = 0x0001;

const DIGESTS: Readonly<Record<number, string>> = { 1: "sha1", 2: "sha256", 4: "sha384" };
const RSA_HASHES: Readonly<Record<number, string>> = { 5: "sha1", 7: "sha1", 8: "sha256", 10: "sha512" };

export interface ZoneKey {
  readonly flags: number;
  readonly algorithm: number;
  readonly tag: number;
  /** DNSKEY RDATA. */
  readonly rdata: Buffer;
  readonly privateKey: KeyObject;
}

export interface KeyRequest {
  readonly algorithm: number;
  /** Default ZONE | SEP. */
  readonly flags?: number;
  /** Equal seeds give equal keys (not for RSA). */
  readonly seed: string;
  /** Default 1024: quick to make and sign with. */
  readonly rsaBits?: number;
}

export function makeZoneKey(request: KeyRequest): ZoneKey {
  const { algorithm, flags = ZONE_FLAG | SEP_FLAG, seed, rsaBits = 1024 } = request;
  const privateKey = makePrivateKey(algorithm, seed, rsaBits);
  return zoneKey(algorithm, flags, privateKey);
}

/** The same key pair under other flags or another algorithm number: other RDATA, another tag. */
export function zoneKey(algorithm: number, flags: number, privateKey: KeyObject): ZoneKey {
  const rdata = Buffer.concat([
    Buffer.from([flags >> 8, flags & 0xff, 3, algorithm]),
    publicOctets(privateKey),
  ]);
  return { flags, algorithm, tag: keyTag(rdata), rdata, privateKey };
}

/** RFC 4034 appendix B. */
export function keyTag(rdata: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rdata.length; i++) sum += i % 2 === 0 ? (rdata[i] ?? 0) << 8 : (rdata[i] ?? 0);
  return (sum + (sum >>> 16)) & 0xffff;
}

/** DS RDATA of a key (RFC 4034 §5.1). */
export function dsOf(apex: Name, key: Pick<ZoneKey, "rdata" | "tag" | "algorithm">, digestType = 2): Buffer {
  const hash = createHash(DIGESTS[digestType] ?? "sha256");
  const digest = hash.update(apex, "latin1").update(key.rdata).digest();
  const head = Buffer.from([key.tag >> 8, key.tag & 0xff, key.algorithm, digestType]);
  return Buffer.concat([head, digest]);
}

/** The signature field of an RRSIG over `octets`. */
export function signOctets(key: ZoneKey, octets: Buffer): Buffer {
  const { algorithm, privateKey } = key;
  if (algorithm === 13) return sign("sha256", octets, { key: privateKey, dsaEncoding: "ieee-p1363" });
  if (algorithm === 14) return sign("sha384", octets, { key: privateKey, dsaEncoding: "ieee-p1363" });
  if (algorithm === 15 || algorithm === 16) return sign(null, octets, privateKey);
  return sign(RSA_HASHES[algorithm] ?? "sha256", octets, privateKey);
}

// BOUNDED: by the RSA sizes asked for, two or three.
const rsaKeys = new Map<number, KeyObject>();

function makePrivateKey(algorithm: number, seed: string, rsaBits: number): KeyObject {
  switch (algorithm) {
    case 13:
      return ecKey("prime256v1", "P-256", createHash("sha256").update(seed).digest());
    case 14:
      return ecKey("secp384r1", "P-384", createHash("sha384").update(seed).digest());
    case 15:
      return edKey("302e020100300506032b657004220420", createHash("sha256").update(seed).digest());
    case 16:
      return edKey(
        "3047020100300506032b6571043b0439",
        createHash("shake256", { outputLength: 57 }).update(seed).digest(),
      );
    default: {
      const made = rsaKeys.get(rsaBits) ?? generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
      rsaKeys.set(rsaBits, made);
      return made;
    }
  }
}

function ecKey(curve: string, crv: string, secret: Buffer): KeyObject {
  const pair = createECDH(curve);
  pair.setPrivateKey(secret);
  const point = pair.getPublicKey();
  const half = (point.length - 1) / 2;
  const jwk = {
    kty: "EC",
    crv,
    d: secret.toString("base64url"),
    x: point.subarray(1, 1 + half).toString("base64url"),
    y: point.subarray(1 + half).toString("base64url"),
  };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

/** `prefix` is the PKCS #8 head of the curve, in hex. */
function edKey(prefix: string, secret: Buffer): KeyObject {
  const der = Buffer.concat([Buffer.from(prefix, "hex"), secret]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function publicOctets(privateKey: KeyObject): Buffer {
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const part = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");
  if (jwk.kty === "RSA") {
    const exponent = part(jwk.e);
    return Buffer.concat([Buffer.from([exponent.length]), exponent, part(jwk.n)]);
  }
  return jwk.kty === "EC" ? Buffer.concat([part(jwk.x), part(jwk.y)]) : part(jwk.x);
}
