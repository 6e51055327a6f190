/**
 * What is known about a name as the top of a zone: the one kind of fact the chain of trust is made of. Data,
 * shared by every flight that needs it, and rich enough for `sotto explain` to tell the chain from it.
 *
 * Source: RFC 4033 §5, RFC 4035 §5.2, RFC 6840 §4.4.
 */
import type { Instant } from "../ports/clock.ts";
import type { Name } from "../ports/message.ts";
import type { TrustAnchor } from "./anchors.ts";
import type { Denial } from "./denial.ts";
import type { DelegationSigner } from "./digest.ts";
import type { HelperAnswer } from "./helper-answer.ts";
import type { Reason } from "./reasons.ts";
import type { SignedBy } from "./verify.ts";
import type { ZoneKey } from "./zone-key.ts";

interface Known {
  readonly name: Name;
  readonly settledAt: Instant;
  readonly expiresAt: Instant;
  /** What the DS question brought, where it was asked and no alias came: a client that asks it too is answered from this. */
  readonly ds: HelperAnswer | undefined;
  /** The zone above, where its keys were found authentic. */
  readonly above: SecureZone | undefined;
}

/** What names a zone's keys: the parent's DS records, or an anchor. */
export type Link =
  | { readonly by: "ds"; readonly set: readonly DelegationSigner[]; readonly signedBy: SignedBy }
  | { readonly by: "anchor"; readonly anchor: TrustAnchor };

/** The name is the apex of a zone whose keys are authentic. */
export interface SecureZone extends Known {
  readonly kind: "secure";
  readonly link: Link;
  readonly keys: readonly ZoneKey[];
  /** Those of the keys that DS or anchor name. */
  readonly entryKeys: readonly ZoneKey[];
  readonly keysSignedBy: SignedBy;
  readonly dnskey: HelperAnswer;
}

/** At or above the name the chain of trust ends, and that is proven or decided. */
export interface InsecureZone extends Known {
  readonly kind: "insecure";
  /** Where it ends. */
  readonly cut: Name;
  readonly cause: InsecureCause;
}

export type InsecureCause =
  /** The zone above proves that the delegation has no DS (RFC 4035 §5.2). */
  | { readonly by: "delegation"; readonly parent: Name; readonly denial: Denial }
  /** The DS or anchor records name only what this program may not use. */
  | { readonly by: "unsupported"; readonly reason: Reason; readonly set: readonly DelegationSigner[] }
  /** The zone above denies with more NSEC3 iterations than allowed (RFC 9276 §3.2). */
  | { readonly by: "iterations" }
  | { readonly by: "negative-anchor" | "insecure-zone" | "no-anchor" };

/** The name is not the top of a zone: what is there belongs to the zone above. */
export interface NoCut extends Known {
  readonly kind: "no-cut";
  readonly above: SecureZone;
  /** False where the zone above proves that the name does not exist. */
  readonly exists: boolean;
  /** Absent where an alias at or above the name shows it. */
  readonly denial: Denial | undefined;
}

/** DS or DNSKEY that should be good are not. */
export interface BogusZone extends Known {
  readonly kind: "bogus";
  /** Where the chain is broken: the name, or an ancestor. */
  readonly at: Name;
  readonly part: "ds" | "dnskey";
  readonly reason: Reason;
  /** What the keys were held against, where it came to that. */
  readonly link: Link | undefined;
  /** The keys that came, of `at`. */
  readonly dnskey: HelperAnswer | undefined;
}

/** DS or DNSKEY could not be had: nothing is known, least of all that the zone is unsigned. */
export interface UnknownZone extends Known {
  readonly kind: "indeterminate";
  readonly at: Name;
  readonly part: "ds" | "dnskey";
  readonly reason: Reason;
  /** The flight that asked ran out of time or work: others may fare better, and the fact is not kept. */
  readonly isOfFlight: boolean;
}

export type ZoneStatus = SecureZone | InsecureZone | NoCut | BogusZone | UnknownZone;

/** The status of `name` where the chain of trust ends or breaks above it. Which keys broke it stays to be told. */
export function inherited(name: Name, above: InsecureZone | BogusZone | UnknownZone): ZoneStatus {
  return { ...above, name, ds: undefined };
}
