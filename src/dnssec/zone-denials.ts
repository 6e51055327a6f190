/**
 * The NSEC and NSEC3 records that one zone signed in one message, and what they prove. One complete proof of
 * either kind is enough; records that fail are as if they were not there.
 *
 * Source: RFC 4035 §5.4, RFC 5155 §8, RFC 9276 §3.2.
 */
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, isAtOrBelow } from "../wire/names.ts";
import type { Denial } from "./denial.ts";
import { MAX_DENIAL_RECORDS, MAX_NSEC3_ITERATIONS } from "./limits.ts";
import {
  type Nsec,
  nsecRrsetOf,
  proveExpansionByNsec,
  proveNameErrorByNsec,
  proveNoDataByNsec,
  readNsec,
} from "./nsec.ts";
import { HashBudgetExceeded, type Nsec3, Nsec3Set, readNsec3, sameParameters } from "./nsec3.ts";
import { proveExpansionByNsec3, proveNameErrorByNsec3, proveNoDataByNsec3 } from "./nsec3-proofs.ts";
import type { Reason } from "./reasons.ts";
import { plausibleSignatures } from "./rrsets.ts";
import { type SignedBy, type VerifyContext, verifyRrset } from "./verify.ts";
import type { ZoneKey } from "./zone-key.ts";

export interface DenialContext extends VerifyContext {
  /** NSEC3 iterations above which a denial is insecure. */
  readonly maxIterations: number;
}

/** What a look for a proof ended in. */
export type DenialResult =
  | { readonly found: true; readonly denial: Denial }
  | { readonly found: false; readonly reason: Reason };

export interface ZoneDenials {
  readonly zone: Name;
  /** By the RRset: what each authenticated record was signed with. */
  readonly signedBy: ReadonlyMap<Rrset, SignedBy>;
  proveNameError(qname: Name): DenialResult;
  proveNoData(qname: Name, qtype: number): DenialResult;
  proveExpansion(qname: Name, encloser: Name): DenialResult;
}

/**
 * Signers of the NSEC and NSEC3 records in `authority`, in whose zones `name` lies, the deepest first: for
 * DS below the root only those above the name.
 */
export function denialSigners(authority: readonly Rrset[], name: Name, qtype: number): Name[] {
  const signers: Name[] = [];
  for (const rrset of authority) {
    if (rrset.type !== Type.NSEC && rrset.type !== Type.NSEC3) continue;
    for (const { signer } of plausibleSignatures(rrset)) {
      if (!signers.includes(signer) && enclosesForDenial(signer, name, qtype)) signers.push(signer);
    }
  }
  return signers.sort((a, b) => b.length - a.length);
}

function enclosesForDenial(signer: Name, name: Name, qtype: number): boolean {
  return isAtOrBelow(name, signer) && (qtype !== Type.DS || signer !== name || name === ROOT);
}

/** Verifies the denial records that `zone` signed. */
export function denialsOf(
  authority: readonly Rrset[],
  zone: Name,
  keys: readonly ZoneKey[],
  context: DenialContext,
): ZoneDenials {
  const signedBy = new Map<Rrset, SignedBy>();
  const nsecs: Nsec[] = [];
  const nsec3s: Nsec3[] = [];
  let failure: Reason | undefined;
  for (const each of authority) {
    if (signedBy.size === MAX_DENIAL_RECORDS) break;
    if (each.type !== Type.NSEC && each.type !== Type.NSEC3) continue;
    const rrset = each.type === Type.NSEC ? nsecRrsetOf(each, zone) : each;
    const nsec = rrset.type === Type.NSEC ? readNsec(rrset) : undefined;
    const nsec3 = rrset.type === Type.NSEC3 ? readNsec3(rrset, zone) : undefined;
    if (nsec === undefined && nsec3 === undefined) continue;
    const signatures = plausibleSignatures(rrset);
    if (!signatures.some((signature) => signature.signer === zone)) continue;
    const result = verifyRrset(rrset, zone, keys, context, signatures);
    // A denial record that a wildcard was expanded to is no statement about its owner (RFC 4035 §5.4).
    if (typeof result === "string") failure ??= result;
    else if (result.encloser === undefined) {
      signedBy.set(rrset, result);
      if (nsec !== undefined) nsecs.push(nsec);
      if (nsec3 !== undefined) nsec3s.push(nsec3);
    }
  }
  return new Denials({ zone, signedBy, nsecs, nsec3s, failure, context });
}

interface Collected {
  readonly zone: Name;
  readonly signedBy: ReadonlyMap<Rrset, SignedBy>;
  readonly nsecs: readonly Nsec[];
  readonly nsec3s: readonly Nsec3[];
  readonly failure: Reason | undefined;
  readonly context: DenialContext;
}

class Denials implements ZoneDenials {
  readonly #of: Collected;
  readonly #nsec3: Nsec3Set | Reason | undefined;

  constructor(collected: Collected) {
    this.#of = collected;
    this.#nsec3 = usableNsec3(collected);
  }

  get zone(): Name {
    return this.#of.zone;
  }

  get signedBy(): ReadonlyMap<Rrset, SignedBy> {
    return this.#of.signedBy;
  }

  proveNameError(qname: Name): DenialResult {
    const { zone, nsecs } = this.#of;
    return this.#first(
      () => proveNameErrorByNsec(qname, zone, nsecs),
      (set) => proveNameErrorByNsec3(qname, set),
    );
  }

  proveNoData(qname: Name, qtype: number): DenialResult {
    const { zone, nsecs } = this.#of;
    return this.#first(
      () => proveNoDataByNsec(qname, qtype, zone, nsecs),
      (set) => proveNoDataByNsec3(qname, qtype, set),
    );
  }

  proveExpansion(qname: Name, encloser: Name): DenialResult {
    const { zone, nsecs } = this.#of;
    const result = this.#first(
      () => proveExpansionByNsec(qname, encloser, zone, nsecs),
      (set) => proveExpansionByNsec3(qname, encloser, set),
    );
    if (result.found || (result.reason !== "denial-missing" && result.reason !== "denial-wrong"))
      return result;
    return { found: false, reason: "wildcard-unproven" };
  }

  #first(byNsec: () => Denial | undefined, byNsec3: (set: Nsec3Set) => Denial | undefined): DenialResult {
    const denial = this.#of.nsecs.length > 0 ? byNsec() : undefined;
    if (denial !== undefined) return { found: true, denial };
    if (typeof this.#nsec3 === "string") return { found: false, reason: this.#nsec3 };
    try {
      const other = this.#nsec3 === undefined ? undefined : byNsec3(this.#nsec3);
      if (other !== undefined) return { found: true, denial: other };
    } catch (error) {
      if (!(error instanceof HashBudgetExceeded)) throw error;
      return { found: false, reason: "work-limit" };
    }
    const { failure, signedBy } = this.#of;
    return { found: false, reason: failure ?? (signedBy.size > 0 ? "denial-wrong" : "denial-missing") };
  }
}

/** The set to prove by; a reason where the zone asks for more hashing than is allowed (RFC 9276 §3.2). */
function usableNsec3({ zone, nsec3s, context }: Collected): Nsec3Set | Reason | undefined {
  const records = sameParameters(nsec3s);
  const first = records[0];
  if (first === undefined) return undefined;
  if (first.iterations > MAX_NSEC3_ITERATIONS) return "nsec3-iterations-excessive";
  if (first.iterations > context.maxIterations) return "nsec3-iterations";
  return new Nsec3Set(zone, records, context.work);
}
