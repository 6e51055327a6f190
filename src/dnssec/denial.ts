/**
 * What NSEC and NSEC3 proofs have in common: the shape of a proof, and what a type bit map at a name says.
 * Proofs are data: which record matches or covers which name. Words are made of them only for `sotto
 * explain`.
 *
 * Source: RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4.
 */
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { listsType, typesListed } from "./type-bitmap.ts";

/** An authenticated NSEC or NSEC3 record with its type bit map. */
export interface DenialRecord {
  readonly rrset: Rrset;
  /** RDATA, and where the type bit maps start in it. */
  readonly rdata: Uint8Array;
  readonly typesAt: number;
}

/** One fact a proof rests on. */
export interface ProofStep {
  readonly relation: "matches" | "covers";
  readonly name: Name;
  /** What `name` is in the proof. */
  readonly role: "qname" | "wildcard" | "closest-encloser" | "next-closer" | "empty-non-terminal";
  readonly record: DenialRecord;
}

export interface Denial {
  /**
   * `nxdomain`: the name does not exist. `nodata`: it does, or a wildcard does, without the type.
   * `expansion`: no name closer than the wildcard exists. `delegation`: there is a zone cut without DS.
   */
  readonly kind: "nxdomain" | "nodata" | "expansion" | "delegation";
  readonly steps: readonly ProofStep[];
  /** An opt-out span covers the next closer name: an unsigned delegation may be there (RFC 5155 §9.2). */
  readonly optOut: boolean;
}

export function lists(record: DenialRecord, type: number): boolean {
  return listsType(record.rdata, record.typesAt, type);
}

/** NS without SOA: the record stands on the parent's side of a zone cut (RFC 6840 §4.1). */
export function isParentSide(record: DenialRecord): boolean {
  return lists(record, Type.NS) && !lists(record, Type.SOA);
}

/**
 * Whether the record says nothing about names below its own: RFC 6840 §4.1, "MUST NOT be used to assume
 * nonexistence" below a zone cut, or "of any subdomain" where there is a DNAME.
 */
export function isSilentBelow(record: DenialRecord): boolean {
  return isParentSide(record) || lists(record, Type.DNAME);
}

/**
 * Whether a record that matches a name proves that the name has no `qtype`. The CNAME bit must be clear too
 * (RFC 6840 §4.3). The parent's side of a cut speaks for DS only, and the child's apex never does, but at
 * the root, which has no parent (RFC 4035 §5.2).
 */
export function deniesType(record: DenialRecord, qtype: number, isRoot: boolean): boolean {
  if (lists(record, Type.CNAME) && qtype !== Type.CNAME) return false;
  if (qtype === Type.DS) return !lists(record, Type.DS) && (isRoot || !lists(record, Type.SOA));
  if (isParentSide(record)) return false;
  if (qtype === Type.ANY) return typesListed(record.rdata, record.typesAt).length === 0;
  return !lists(record, qtype);
}

/** Whether a record that matches a name proves an unsigned delegation there (RFC 6840 §4.4, RFC 5155 §8.9). */
export function isUnsignedDelegation(record: DenialRecord): boolean {
  return isParentSide(record) && !lists(record, Type.DS);
}
