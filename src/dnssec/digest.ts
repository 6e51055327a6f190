/**
 * DS digests: whether a DS names a DNSKEY, and which DS of a set count.
 *
 * Source: RFC 4034 §5, RFC 4509 §3 (SHA-256 over SHA-1), RFC 6605 §2 (SHA-384), RFC 6840 §5.2.
 */
import { createHash } from "node:crypto";
import type { Name } from "../ports/message.ts";
import type { Dnskey } from "./dnskey.ts";

export const DigestType = { SHA1: 1, SHA256: 2, SHA384: 4 } as const;

/** BOUNDED: by the digest types below; never written to after this. */
const DIGESTS: ReadonlyMap<number, { readonly hash: string; readonly octets: number }> = new Map([
  [DigestType.SHA1, { hash: "sha1", octets: 20 }],
  [DigestType.SHA256, { hash: "sha256", octets: 32 }],
  [DigestType.SHA384, { hash: "sha384", octets: 48 }],
]);

const DIGEST_TEXTS: ReadonlyMap<number, string> = new Map([
  [DigestType.SHA1, "SHA-1"],
  [DigestType.SHA256, "SHA-256"],
  [3, "GOST R 34.11-94"],
  [DigestType.SHA384, "SHA-384"],
  [5, "GOST R 34.11-2012"],
  [6, "SM3"],
]);

export function digestToText(digestType: number): string {
  return DIGEST_TEXTS.get(digestType) ?? `digest type ${digestType}`;
}

export interface DelegationSigner {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: Uint8Array;
}

/** Octets before the digest (RFC 4034 §5.1). */
const HEADER_OCTETS = 4;

/** `undefined` where the RDATA is too short to hold a digest. */
export function readDs(rdata: Uint8Array): DelegationSigner | undefined {
  if (rdata.length <= HEADER_OCTETS) return undefined;
  return {
    keyTag: (rdata[0]! << 8) | rdata[1]!,
    algorithm: rdata[2]!,
    digestType: rdata[3]!,
    digest: rdata.subarray(HEADER_OCTETS),
  };
}

/** The RDATA that `readDs` reads. */
export function dsRdata({ keyTag, algorithm, digestType, digest }: DelegationSigner): Uint8Array {
  return Uint8Array.of(keyTag >> 8, keyTag & 0xff, algorithm, digestType, ...digest);
}

/**
 * Whether the digest type is one we compute. A digest of the wrong length fits no key, and so makes a zone
 * bogus; it does not make it insecure as an unknown type does (RFC 6840 §5.2).
 */
export function isDigestSupported(ds: DelegationSigner): boolean {
  return DIGESTS.has(ds.digestType);
}

/**
 * The DS records a zone's keys may be matched against: those whose digest and algorithm are usable, and
 * without SHA-1 where a stronger one is usable. RFC 4509 §3: "validator implementations SHOULD ignore DS
 * RRs containing SHA-1 digests if DS RRs with SHA-256 digests are present in the DS RRset."
 */
export function usableDs(
  set: readonly DelegationSigner[],
  isAlgorithmUsable: (algorithm: number) => boolean,
): DelegationSigner[] {
  const usable = set.filter((ds) => isDigestSupported(ds) && isAlgorithmUsable(ds.algorithm));
  const strong = usable.filter((ds) => ds.digestType !== DigestType.SHA1);
  return strong.length > 0 ? strong : usable;
}

/** Whether `ds` is the digest of `key` at `owner` (RFC 4034 §5.1.4: owner in canonical form, then RDATA). */
export function isDigestOf(ds: DelegationSigner, owner: Name, key: Dnskey): boolean {
  if (ds.keyTag !== key.tag || ds.algorithm !== key.algorithm) return false;
  const known = DIGESTS.get(ds.digestType);
  if (known === undefined || known.octets !== ds.digest.length) return false;
  const digest = createHash(known.hash).update(owner, "latin1").update(key.rdata).digest();
  return digest.equals(ds.digest);
}
