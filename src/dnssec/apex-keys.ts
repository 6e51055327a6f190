/**
 * Whether a DNSKEY RRset is the zone's: some key in it is named by an authentic DS record or a trust anchor,
 * and that key signed the whole set.
 *
 * Source: RFC 4035 §5 (anchors), §5.2 (DS); RFC 5011 §2.1 (revoked keys); RFC 6840 §5.11 (any path will do).
 */
import type { Name, Rrset } from "../ports/message.ts";
import type { TrustAnchor } from "./anchors.ts";
import { type DelegationSigner, isDigestOf, isDigestSupported, usableDs } from "./digest.ts";
import { type Dnskey, isRevoked, isZoneKey } from "./dnskey.ts";
import { MAX_DS_PER_ZONE, MAX_KEYS_PER_TAG } from "./limits.ts";
import type { Reason } from "./reasons.ts";
import { type SignedBy, type VerifyContext, verifyRrset } from "./verify.ts";
import type { ZoneKey } from "./zone-key.ts";

export type ApexResult =
  | {
      readonly outcome: "secure";
      readonly keys: readonly ZoneKey[];
      readonly entryKeys: readonly ZoneKey[];
      readonly signedBy: SignedBy;
    }
  | { readonly outcome: "insecure" | "bogus"; readonly reason: Reason };

/** What a zone's keys are held against: the usable records of a DS set or an anchor. */
export interface Entry {
  readonly ds: readonly DelegationSigner[];
  readonly keys: readonly Dnskey[];
}

/**
 * The part of a DS RRset that this program may use, or why none is left: then the zone is insecure (RFC
 * 4035 §5.2, RFC 6840 §5.2).
 */
export function entryFromDs(
  set: readonly DelegationSigner[],
  isUsable: (algorithm: number) => boolean,
): Entry | Reason {
  const ds = usableDs(set, isUsable);
  if (ds.length > 0) return { ds, keys: [] };
  return set.some((each) => isUsable(each.algorithm) && !isDigestSupported(each))
    ? "digest-unsupported"
    : "algorithm-unsupported";
}

/** As `entryFromDs`, of an anchor: DS and DNSKEY alike. */
export function entryFromAnchor(
  anchor: TrustAnchor,
  isUsable: (algorithm: number) => boolean,
): Entry | Reason {
  const keys = anchor.keys.filter((key) => isUsable(key.algorithm) && isZoneKey(key));
  const ds = entryFromDs(anchor.ds, isUsable);
  if (keys.length > 0) return { keys, ds: typeof ds === "string" ? [] : ds.ds };
  return typeof ds === "string" && anchor.ds.length === 0 ? "algorithm-unsupported" : ds;
}

/** Judges the DNSKEY RRset of `zone` by what names its keys. */
export function judgeApexKeys(
  zone: Name,
  rrset: Rrset,
  keys: readonly ZoneKey[],
  entry: Entry,
  context: VerifyContext,
): ApexResult {
  const named = [
    ...namedByDs(zone, keys, entry.ds),
    ...entry.keys.map((anchor) => namedBy(keys, (key) => Buffer.compare(key.rdata, anchor.rdata) === 0)),
  ];
  const found = [...new Set(named.flat())];
  const entryKeys = found.filter((key) => isZoneKey(key) && key.publicKey !== undefined);
  if (entryKeys.length > 0) {
    const signedBy = verifyRrset(rrset, zone, entryKeys, context);
    if (typeof signedBy !== "string") return { outcome: "secure", keys, entryKeys, signedBy };
    return { outcome: "bogus", reason: signedBy };
  }
  // Only where every DS or anchor names a key that is there and that we may not use is the zone insecure: a
  // record whose key is missing may be the good one, left out by an attacker.
  if (found.length > 0 && named.every((each) => each.length > 0) && found.every(isUnusable)) {
    return { outcome: "insecure", reason: "key-unusable" };
  }
  return { outcome: "bogus", reason: whyNone(found) };
}

/** What each DS names. One whose tag no key has costs no digest, and so does not count. */
function namedByDs(zone: Name, keys: readonly ZoneKey[], set: readonly DelegationSigner[]): ZoneKey[][] {
  const named: ZoneKey[][] = [];
  let considered = 0;
  for (const ds of set) {
    const mayFit = keys.some((key) => key.tag === ds.keyTag && key.algorithm === ds.algorithm);
    if (mayFit && ++considered > MAX_DS_PER_ZONE) break;
    named.push(mayFit ? namedBy(keys, (key) => isDigestOf(ds, zone, key)) : []);
  }
  return named;
}

function namedBy(keys: readonly ZoneKey[], isNamed: (key: ZoneKey) => boolean): ZoneKey[] {
  return keys.filter(isNamed).slice(0, MAX_KEYS_PER_TAG);
}

function isUnusable(key: ZoneKey): boolean {
  return isZoneKey(key) && key.publicKey === undefined;
}

function whyNone(found: readonly ZoneKey[]): Reason {
  if (found.length === 0) return "dnskey-missing";
  if (found.some(isUnusable)) return "key-unusable";
  return found.some(isRevoked) ? "key-revoked" : "zone-key-bit-clear";
}
