/**
 * Whether an RRset was signed by a zone's keys. Every attempt is paid for from the flight's budget.
 *
 * Source: RFC 4035 §5.3, RFC 6840 §5.4 (any valid RRSIG suffices), §5.11, §5.12; CVE-2023-50387 (KeyTrap).
 */
import type { Work } from "../ports/exchange.ts";
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { asBuffer } from "../wire/latin1.ts";
import { ancestorOf } from "../wire/names.ts";
import { signedData } from "./canonical.ts";
import { isRevoked, isZoneKey } from "./dnskey.ts";
import { Generations } from "./generations.ts";
import {
  MAX_ATTEMPTS_PER_RRSET,
  MAX_KEYS_PER_TAG,
  MAX_RECORDS_PER_RRSET,
  MAX_SIGNATURES_PER_RRSET,
} from "./limits.ts";
import { isSignatureOf } from "./public-key.ts";
import type { Reason } from "./reasons.ts";
import { plausibleSignatures } from "./rrsets.ts";
import { type ClockSkew, type Signature, secondsLeft, signedLabels, timeFault } from "./rrsig.ts";
import type { ZoneKey } from "./zone-key.ts";

/** The signature that holds, and what follows from it. */
export interface SignedBy {
  readonly signature: Signature;
  readonly key: ZoneKey;
  /** Seconds until nothing of this may be served as secure any more. */
  readonly lifetime: number;
  /** Where a wildcard was expanded: the wildcard's parent, which is then the closest encloser. */
  readonly encloser: Name | undefined;
}

export interface VerifyContext {
  /** Seconds since 1970. */
  readonly now: number;
  readonly skew: ClockSkew;
  readonly work: Work;
  readonly memory: VerifiedMemory;
}

/** Gives the signature that holds, or why none does. */
export function verifyRrset(
  rrset: Rrset,
  zone: Name,
  keys: readonly ZoneKey[],
  context: VerifyContext,
  signatures: readonly Signature[] = plausibleSignatures(rrset),
): SignedBy | Reason {
  if (rrset.records.length > MAX_RECORDS_PER_RRSET || context.work.failedVerifications <= 0)
    return "work-limit";
  const attemptsUntil = context.work.verifications - MAX_ATTEMPTS_PER_RRSET;
  let tried = 0;
  let reason: SignatureFault = rrset.signatures.length === 0 ? "signature-missing" : "signature-misplaced";
  for (const signature of signatures) {
    if (signature.signer !== zone) continue;
    const result = verifyOne(rrset, signature, keys, context, attemptsUntil);
    if (typeof result !== "string") return result;
    if (FAULTS.indexOf(result) > FAULTS.indexOf(reason)) reason = result;
    // What no key or time allowed to be tried does not count: one good signature is enough (RFC 6840 §5.4).
    if (result === "signature-wrong" && ++tried === MAX_SIGNATURES_PER_RRSET) break;
  }
  if (reason === "signature-wrong" || reason === "work-limit") context.work.failedVerifications -= 1;
  return reason;
}

type SignatureFault = (typeof FAULTS)[number];

/** From the least to the most telling: of several signatures that fail, the last of these is reported. */
const FAULTS = [
  "signature-missing",
  "signature-misplaced",
  "key-unknown",
  "key-revoked",
  "zone-key-bit-clear",
  "key-unusable",
  "signature-expired-before-valid",
  "signature-not-yet-valid",
  "signature-expired",
  "signature-wrong",
  "work-limit",
] as const satisfies readonly Reason[];

function verifyOne(
  rrset: Rrset,
  signature: Signature,
  keys: readonly ZoneKey[],
  context: VerifyContext,
  /** Verifications that must be left. */
  attemptsUntil: number,
): SignedBy | SignatureFault {
  const fault = timeFault(signature, context.now, context.skew);
  if (fault !== undefined) return `signature-${fault}`;
  let reason: SignatureFault = "key-unknown";
  let tried = 0;
  for (const key of keys) {
    if (key.tag !== signature.keyTag || key.algorithm !== signature.algorithm) continue;
    if (!isZoneKey(key)) {
      if (reason === "key-unknown") reason = isRevoked(key) ? "key-revoked" : "zone-key-bit-clear";
      continue;
    }
    if (key.publicKey === undefined) {
      if (reason !== "signature-wrong") reason = "key-unusable";
      continue;
    }
    if (tried === MAX_KEYS_PER_TAG) break;
    const { verifications } = context.work;
    if (verifications <= 0 || verifications <= attemptsUntil) return "work-limit";
    tried += 1;
    if (holds(rrset, signature, key, context)) {
      context.memory.wasMade(signature, context.now);
      return signedBy(rrset, signature, key, context.now);
    }
    reason = "signature-wrong";
  }
  return reason;
}

function holds(rrset: Rrset, signature: Signature, key: ZoneKey, context: VerifyContext): boolean {
  if (key.publicKey === undefined) return false;
  const data = signedData(rrset, signature);
  const recurs = isRecurring(rrset, signature);
  if (recurs && context.memory.has(key, data, signature.octets)) return true;
  context.work.verifications -= 1;
  if (!isSignatureOf(key.publicKey, data, signature.octets)) return false;
  if (recurs) context.memory.add(key, data, signature.octets);
  return true;
}

/** RRsets that come again with other questions: proofs, and what a wildcard or a DNAME stands for. */
function isRecurring(rrset: Rrset, signature: Signature): boolean {
  switch (rrset.type) {
    case Type.SOA:
    case Type.NSEC:
    case Type.NSEC3:
    case Type.DNAME:
      return true;
    default:
      return signature.labels < signedLabels(rrset.owner);
  }
}

function signedBy(rrset: Rrset, signature: Signature, key: ZoneKey, now: number): SignedBy {
  const expanded = signature.labels < signedLabels(rrset.owner);
  return {
    signature,
    key,
    lifetime: secondsLeft(signature, now),
    encloser: expanded ? ancestorOf(rrset.owner, signature.labels) : undefined,
  };
}

/** Octets of data above which a verification is not remembered: proofs are far smaller. */
const MAX_REMEMBERED_OCTETS = 2_048;
/** Twice as many are kept at most: about 2 MiB with P-256. */
const REMEMBERED = 2_048;

/** One verification: strings of octets, compared with what comes as it lies. */
interface Verified {
  readonly key: ZoneKey;
  readonly data: string;
  readonly signature: string;
}

/**
 * Verifications that succeeded, octet for octet: the same key over the same data with the same signature
 * has the same result. Times are not part of it; they are checked each time.
 */
export class VerifiedMemory {
  /** By the last octets of the signature: of two that share them, one is verified again. BOUNDED: by 4,096 entries of at most 2 KiB each. */
  readonly #known = new Generations<number, Verified>(REMEMBERED);
  /** The latest time, in seconds since 1970, at which a signature that held was made: it has passed, whatever the clock shows. */
  passed: number | undefined;

  has(key: ZoneKey, data: Buffer, signature: Uint8Array): boolean {
    if (!isRemembered(key, data, signature)) return false;
    const known = this.#known.get(lastOctets(signature));
    return known?.key === key && isSame(known.signature, signature) && isSame(known.data, data);
  }

  add(key: ZoneKey, data: Buffer, signature: Uint8Array): void {
    if (!isRemembered(key, data, signature)) return;
    const verified = { key, data: data.latin1Slice(), signature: asBuffer(signature).latin1Slice() };
    this.#known.set(lastOctets(signature), verified);
  }

  /** Serial number arithmetic, as in `timeFault`. */
  wasMade({ inception }: Signature, now: number): void {
    this.passed = Math.max(this.passed ?? 0, now + ((inception - now) | 0));
  }

  clear(): void {
    this.#known.clear();
  }
}

/** All signatures of a key are of one length. */
function isRemembered({ publicKey }: ZoneKey, data: Buffer, signature: Uint8Array): boolean {
  return data.length <= MAX_REMEMBERED_OCTETS && signature.length === publicKey?.signatureOctets;
}

/** A small integer, which a `Map` finds without a string to hash. */
function lastOctets(octets: Uint8Array): number {
  const at = octets.length - 4;
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}

function isSame(known: string, octets: Uint8Array): boolean {
  if (known.length !== octets.length) return false;
  for (let i = 0; i < known.length; i++) if (known.charCodeAt(i) !== octets[i]) return false;
  return true;
}
