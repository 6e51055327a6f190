/**
 * Reads a DS response: a delegation with DS, one without, or no zone cut at all. Needs the keys of the zone
 * that signed it; which zone that is, the response says (and the walk proves).
 *
 * Source: RFC 4035 §5.2, §5.3.4, RFC 5155 §8.6, §8.9, RFC 6840 §4.1, §4.4.
 */
import type { Name, Rrset } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import type { Denial } from "./denial.ts";
import { type DelegationSigner, readDs } from "./digest.ts";
import type { HelperAnswer } from "./helper-answer.ts";
import type { Reason } from "./reasons.ts";
import { plausibleSignatures, signersOf } from "./rrsets.ts";
import { allowedTtl } from "./trim.ts";
import { type SignedBy, verifyRrset } from "./verify.ts";
import {
  type DenialContext,
  type DenialResult,
  type ZoneDenials,
  denialSigners,
  denialsOf,
} from "./zone-denials.ts";
import type { SecureZone } from "./zone-status.ts";

/** What a DS response says about `name`, once its signatures hold; `lifetime` is the seconds that they let it be known. */
export type Delegation =
  | {
      readonly kind: "ds";
      readonly set: readonly DelegationSigner[];
      readonly signedBy: SignedBy;
      readonly lifetime: number;
    }
  | { readonly kind: "unsigned"; readonly denial: Denial; readonly lifetime: number }
  | {
      readonly kind: "no-cut";
      readonly exists: boolean;
      readonly denial?: Denial;
      readonly lifetime: number;
    }
  | { readonly kind: "iterations" }
  | { readonly kind: "bogus"; readonly reason: Reason };

/** The RRset in the answer that decides: DS, or the alias that shows `name` to be no zone cut. */
export function decisiveRrset(answer: HelperAnswer, name: Name): Rrset | undefined {
  const own = answer.answer.filter((rrset) => rrset.owner === name);
  return (
    own.find((rrset) => rrset.type === Type.DS) ??
    answer.answer.find((rrset) => rrset.type === Type.DNAME && rrset.owner !== name) ??
    own.find((rrset) => rrset.type === Type.CNAME)
  );
}

/** Zones that claim to have signed what decides, all above `name`, the deepest first. */
export function delegationSigners(answer: HelperAnswer, name: Name): Name[] {
  const rrset = decisiveRrset(answer, name);
  if (rrset === undefined) return denialSigners(answer.authority, name, Type.DS);
  const signers = signersOf(plausibleSignatures(rrset)).filter((signer) => signer !== name);
  return signers.sort((a, b) => b.length - a.length);
}

/** The DS records in an answer, unverified: whether it is worth asking for keys already. */
export function claimedDs(answer: HelperAnswer, name: Name): DelegationSigner[] {
  const rrset = decisiveRrset(answer, name);
  return rrset?.type === Type.DS ? dsOf(rrset) : [];
}

/** Judges the response with the keys of the zone above. */
export function judgeDelegation(
  answer: HelperAnswer,
  name: Name,
  zone: SecureZone,
  context: DenialContext,
): Delegation {
  const rrset = decisiveRrset(answer, name);
  if (rrset === undefined) return judgeDenial(answer, name, zone, context);
  const signedBy = verifyRrset(rrset, zone.name, zone.keys, context);
  if (typeof signedBy === "string") return { kind: "bogus", reason: signedBy };
  const lifetime = allowedTtl(rrset, signedBy);
  const { encloser } = signedBy;
  if (encloser !== undefined) {
    // A wildcard can neither delegate (RFC 4592 §4.2) nor be a DNAME that was expanded (RFC 6672 §3.3).
    if (rrset.type !== Type.CNAME) return { kind: "bogus", reason: "signature-misplaced" };
    const denials = denialsOf(answer.authority, zone.name, zone.keys, context);
    return judgeExpansion(denials.proveExpansion(name, encloser), denials, lifetime);
  }
  if (rrset.type !== Type.DS) return { kind: "no-cut", exists: true, lifetime };
  return { kind: "ds", set: dsOf(rrset), signedBy, lifetime };
}

/** A wildcard's CNAME shows no more than the proof beside it that nothing is closer (RFC 4035 §5.3.4). */
function judgeExpansion(result: DenialResult, denials: ZoneDenials, lifetimeOfAlias: number): Delegation {
  if (!result.found) return unproven(result.reason);
  const { denial } = result;
  const lifetime = Math.min(lifetimeOfAlias, lifetimeOf(denial, denials));
  // An unsigned delegation may stand closer (RFC 5155 §9.2).
  return denial.optOut ? { kind: "unsigned", denial, lifetime } : { kind: "no-cut", exists: true, lifetime };
}

function dsOf(rrset: Rrset): DelegationSigner[] {
  return rrset.records.flatMap((record) => readDs(record.rdata) ?? []);
}

function judgeDenial(answer: HelperAnswer, name: Name, zone: SecureZone, context: DenialContext): Delegation {
  const denials = denialsOf(answer.authority, zone.name, zone.keys, context);
  const noData = denials.proveNoData(name, Type.DS);
  const result = noData.found || answer.rcode !== Rcode.NXDOMAIN ? noData : denials.proveNameError(name);
  if (!result.found) return unproven(result.reason);
  const { denial } = result;
  const lifetime = lifetimeOf(denial, denials);
  if (denial.kind === "delegation") return { kind: "unsigned", denial, lifetime };
  return { kind: "no-cut", exists: denial.kind !== "nxdomain", denial, lifetime };
}

function unproven(reason: Reason): Delegation {
  return reason === "nsec3-iterations" ? { kind: "iterations" } : { kind: "bogus", reason };
}

/** A proof is known no longer than any record that it rests on. */
function lifetimeOf(denial: Denial, { signedBy }: ZoneDenials): number {
  const lifetimes = denial.steps.map(({ record: { rrset } }) => {
    const proof = signedBy.get(rrset);
    return proof === undefined ? 0 : allowedTtl(rrset, proof);
  });
  return Math.min(...lifetimes);
}
