/**
 * RRSIG RDATA, and every check of RFC 4035 §5.3.1 that needs no key.
 *
 * Source: RFC 4034 §3, RFC 4035 §5.3.1, RFC 1982 (serial number arithmetic).
 */
import type { Name } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, isAtOrBelow, labelCount, nameFromOctets } from "../wire/names.ts";

export interface Signature {
  readonly algorithm: number;
  /** Labels of the owner as signed: neither the root's nor a leading `*` counts. */
  readonly labels: number;
  /** Seconds. */
  readonly originalTtl: number;
  /** Seconds since 1970 modulo 2^32, as are both times. */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  /** TTL of the RRSIG record itself. */
  readonly ttl: number;
  /** The whole RDATA. */
  readonly rdata: Uint8Array;
  /** The Signature field. */
  readonly octets: Uint8Array;
}

/** Octets before the Signer's Name (RFC 4034 §3.1). */
export const RRSIG_HEADER_OCTETS = 18;

/** `undefined` where the RDATA is malformed. */
export function readSignature(rdata: Uint8Array, ttl: number): Signature | undefined {
  const signer = rdata.length > RRSIG_HEADER_OCTETS ? signerIn(rdata) : undefined;
  if (signer === undefined) return undefined;
  const octets = rdata.subarray(RRSIG_HEADER_OCTETS + signer.length);
  if (octets.length === 0) return undefined;
  return {
    algorithm: rdata[2]!,
    labels: rdata[3]!,
    originalTtl: u32(rdata, 4),
    expiration: u32(rdata, 8),
    inception: u32(rdata, 12),
    keyTag: (rdata[16]! << 8) | rdata[17]!,
    signer,
    ttl,
    rdata,
    octets,
  };
}

/** The signer's name read last: most signatures that follow one another are of one zone. */
let latestSigner = ROOT;

function signerIn(rdata: Uint8Array): Name | undefined {
  const { length } = latestSigner;
  for (let i = 0; i < length; i++) {
    if (rdata[RRSIG_HEADER_OCTETS + i] === latestSigner.charCodeAt(i)) continue;
    const signer = nameFromOctets(rdata, RRSIG_HEADER_OCTETS);
    if (signer !== undefined) latestSigner = signer;
    return signer;
  }
  return latestSigner;
}

function u32(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;
}

/** Labels of an owner name as the Labels field counts them (RFC 4034 §3.1.3). */
export function signedLabels(owner: Name): number {
  const labels = labelCount(owner);
  return isWildcard(owner) ? labels - 1 : labels;
}

/** Whether the first label is `*` alone. */
export function isWildcard(name: Name): boolean {
  return name.charCodeAt(0) === 1 && name.charCodeAt(1) === 0x2a;
}

/**
 * Whether `signature` can be about `rrset` at all: the signer is a zone the owner lies in, and the Labels
 * field neither exceeds the owner's nor reaches above the signer (a wildcard above the apex belongs to
 * another zone, CVE-2026-44690). Zone apex types are signed by the zone they stand at the top of, and DS by
 * its parent only.
 */
export function canCover(
  signature: Signature,
  rrset: { readonly owner: Name; readonly type: number },
): boolean {
  const { signer, labels } = signature;
  const { owner, type } = rrset;
  if (!isAtOrBelow(owner, signer)) return false;
  if (labels > signedLabels(owner) || labels < labelCount(signer)) return false;
  if (type === Type.DS) return owner !== signer;
  if (type === Type.DNSKEY || type === Type.SOA || type === Type.NSEC3PARAM) return owner === signer;
  return type !== Type.RRSIG;
}

export type TimeFault = "expired" | "not-yet-valid" | "expired-before-valid";

/** How far the clock may be off, as a share of the signature's validity within bounds in seconds. */
export interface ClockSkew {
  readonly share: number;
  readonly least: number;
  readonly most: number;
}

/** 10 % of the validity, 1 hour to 24 hours, as Unbound does: machines at home keep time badly. */
export const DEFAULT_CLOCK_SKEW: ClockSkew = { share: 0.1, least: 3_600, most: 86_400 };

/**
 * What is wrong with the times of `signature` at `now`, in seconds since 1970. Serial number arithmetic
 * (RFC 4034 §3.1.5): times wrap around in 2106, and the two must be less than 68 years apart.
 */
export function timeFault(signature: Signature, now: number, skew: ClockSkew): TimeFault | undefined {
  const validity = (signature.expiration - signature.inception) | 0;
  if (validity < 0) return "expired-before-valid";
  const slack = Math.min(Math.max(validity * skew.share, skew.least), skew.most) | 0;
  if (((signature.expiration - now) | 0) < -slack) return "expired";
  if (((now - signature.inception) | 0) < -slack) return "not-yet-valid";
  return undefined;
}

/** Seconds until `signature` expires; 0 where it has (within the allowed skew). */
export function secondsLeft(signature: Signature, now: number): number {
  return Math.max(0, (signature.expiration - now) | 0);
}
