/**
 * Denial of existence by NSEC. Pure: every record given here was authenticated as one of `zone`'s before.
 *
 * Source: RFC 4034 §4, RFC 4035 §5.4, RFC 6840 §4, RFC 4592 (wildcards), RFC 6672 §5.3.
 */
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, compareNames, isAtOrBelow, nameFromOctets, parentOf, wildcardOf } from "../wire/names.ts";
import {
  type Denial,
  type DenialRecord,
  type ProofStep,
  deniesType,
  isSilentBelow,
  isUnsignedDelegation,
} from "./denial.ts";
import { soleRdata } from "./rrsets.ts";
import { readSignature } from "./rrsig.ts";
import { listsType } from "./type-bitmap.ts";

export interface Nsec extends DenialRecord {
  readonly owner: Name;
  readonly next: Name;
}

/** The NSEC record of `rrset`; `undefined` where it is malformed or not alone (RFC 4034 §4: one a name). */
export function readNsec(rrset: Rrset): Nsec | undefined {
  const rdata = soleRdata(rrset);
  if (rdata === undefined) return undefined;
  const next = nameFromOctets(rdata);
  return next === undefined ? undefined : { rrset, rdata, owner: rrset.owner, next, typesAt: next.length };
}

/**
 * What of `rrset` is of `zone`. At a zone cut NSEC records are "authoritative data in both the parent and child zones"
 * (RFC 4035 §3.1.5), and a chain of aliases from one to the other may need both. The SOA bit tells which is the child's.
 */
export function nsecRrsetOf(rrset: Rrset, zone: Name): Rrset {
  const { owner, type, records, signatures } = rrset;
  if (records.length === 1) return rrset;
  return {
    owner,
    type,
    records: records.filter(({ rdata }) => isOfApex(rdata) === (owner === zone)),
    signatures: signatures.filter(({ rdata, ttl }) => readSignature(rdata, ttl)?.signer === zone),
  };
}

function isOfApex(rdata: Uint8Array): boolean {
  const next = nameFromOctets(rdata);
  return next !== undefined && listsType(rdata, next.length, Type.SOA);
}

/**
 * Whether `name`, which lies in `zone`, sorts between the record's owner and next name. The last record's
 * next name is the apex; no name lies between an owner and a next name that does not sort after it.
 */
function spans(nsec: Nsec, name: Name, zone: Name): boolean {
  return compareNames(nsec.owner, name) < 0 && (nsec.next === zone || compareNames(name, nsec.next) < 0);
}

/** As `spans`, where the record may also speak: not from above a zone cut or a DNAME (RFC 6840 §4.1). */
function covers(nsec: Nsec, name: Name, zone: Name): boolean {
  return spans(nsec, name, zone) && !(isAtOrBelow(name, nsec.owner) && isSilentBelow(nsec));
}

function covering(name: Name, zone: Name, nsecs: readonly Nsec[]): Nsec | undefined {
  return nsecs.find((nsec) => covers(nsec, name, zone));
}

function matching(name: Name, nsecs: readonly Nsec[]): Nsec | undefined {
  return nsecs.find((nsec) => nsec.owner === name);
}

/** The longest name that is an ancestor of both, or one of them. */
function commonAncestor(a: Name, b: Name): Name {
  let name = a;
  while (!isAtOrBelow(b, name)) name = parentOf(name);
  return name;
}

/** The closest encloser of `name`, which `nsec` covers: both ends of the span exist, and so do their ancestors. */
export function closestEncloser(name: Name, nsec: Nsec): Name {
  const byOwner = commonAncestor(name, nsec.owner);
  const byNext = commonAncestor(name, nsec.next);
  return byOwner.length > byNext.length ? byOwner : byNext;
}

/** Whether `nsec`, which covers `name`, shows that there are names below it: an empty non-terminal exists. */
function isEmptyNonTerminal(name: Name, nsec: Nsec): boolean {
  return isAtOrBelow(nsec.next, name);
}

/** The name does not exist, and no wildcard could stand for it (RFC 4035 §5.4). */
export function proveNameErrorByNsec(qname: Name, zone: Name, nsecs: readonly Nsec[]): Denial | undefined {
  const closest = covering(qname, zone, nsecs);
  if (closest === undefined || isEmptyNonTerminal(qname, closest)) return undefined;
  const wildcard = wildcardOf(closestEncloser(qname, closest));
  if (wildcard === undefined) return undefined;
  // A wildcard that is an empty non-terminal exists too, so its span must not end below it.
  const other = nsecs.find((nsec) => covers(nsec, wildcard, zone) && !isEmptyNonTerminal(wildcard, nsec));
  if (other === undefined) return undefined;
  const steps: ProofStep[] = [
    { relation: "covers", name: qname, role: "qname", record: closest },
    { relation: "covers", name: wildcard, role: "wildcard", record: other },
  ];
  return { kind: "nxdomain", steps, optOut: false };
}

/**
 * The name, or the wildcard that stands for it, exists without `qtype` (RFC 4035 §5.4; RFC 6840 §4.3). For
 * DS also tells a delegation without DS from a name that is no zone cut.
 */
export function proveNoDataByNsec(
  qname: Name,
  qtype: number,
  zone: Name,
  nsecs: readonly Nsec[],
): Denial | undefined {
  const exact = matching(qname, nsecs);
  if (exact !== undefined) {
    if (!deniesType(exact, qtype, qname === ROOT)) return undefined;
    const kind = qtype === Type.DS && isUnsignedDelegation(exact) ? "delegation" : "nodata";
    return {
      kind,
      steps: [{ relation: "matches", name: qname, role: "qname", record: exact }],
      optOut: false,
    };
  }
  const closest = covering(qname, zone, nsecs);
  if (closest === undefined) return undefined;
  if (isEmptyNonTerminal(qname, closest)) {
    const step: ProofStep = { relation: "covers", name: qname, role: "empty-non-terminal", record: closest };
    return { kind: "nodata", steps: [step], optOut: false };
  }
  return wildcardNoData(qname, qtype, zone, closest, nsecs);
}

function wildcardNoData(
  qname: Name,
  qtype: number,
  zone: Name,
  closest: Nsec,
  nsecs: readonly Nsec[],
): Denial | undefined {
  const wildcard = wildcardOf(closestEncloser(qname, closest));
  const step = wildcard === undefined ? undefined : wildcardStep(wildcard, qtype, zone, nsecs);
  if (step === undefined) return undefined;
  return {
    kind: "nodata",
    steps: [{ relation: "covers", name: qname, role: "qname", record: closest }, step],
    optOut: false,
  };
}

/** The wildcard's own record without the type, or one that shows it to be an empty non-terminal (RFC 4592 §4.9). */
function wildcardStep(name: Name, qtype: number, zone: Name, nsecs: readonly Nsec[]): ProofStep | undefined {
  const match = matching(name, nsecs);
  if (match !== undefined) {
    return deniesType(match, qtype, false)
      ? { relation: "matches", name, role: "wildcard", record: match }
      : undefined;
  }
  const record = nsecs.find((nsec) => covers(nsec, name, zone) && isEmptyNonTerminal(name, nsec));
  return record && { relation: "covers", name, role: "empty-non-terminal", record };
}

/**
 * No name closer to `qname` than the wildcard at `encloser` exists, so its expansion was right (RFC 4035
 * §5.3.4). The span must end at that encloser: a deeper one would have had its own wildcard or none.
 */
export function proveExpansionByNsec(
  qname: Name,
  encloser: Name,
  zone: Name,
  nsecs: readonly Nsec[],
): Denial | undefined {
  for (const nsec of nsecs) {
    if (!covers(nsec, qname, zone) || isEmptyNonTerminal(qname, nsec)) continue;
    if (closestEncloser(qname, nsec) !== encloser) continue;
    const step: ProofStep = { relation: "covers", name: qname, role: "qname", record: nsec };
    return { kind: "expansion", steps: [step], optOut: false };
  }
  return undefined;
}
