/**
 * Denial of existence by NSEC3. Pure but for the flight's budget of hashes: every record of the set was
 * authenticated as one of the zone's before.
 *
 * Source: RFC 5155 §8.3 to §8.9, RFC 6840 §4, RFC 6672 §5.3.
 */
import type { Name } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, parentOf, wildcardOf } from "../wire/names.ts";
import { type Denial, type ProofStep, deniesType, isSilentBelow, isUnsignedDelegation } from "./denial.ts";
import type { Nsec3, Nsec3Spans } from "./nsec3.ts";

interface ClosestEncloserProof {
  readonly encloser: Name;
  readonly nextCloser: Name;
  /** Covers the next closer name. */
  readonly cover: Nsec3;
  readonly steps: readonly ProofStep[];
}

/**
 * RFC 5155 §8.3: the longest existing ancestor of `qname`, and that the name one label longer does not
 * exist. `undefined` where `qname` itself exists or either half is missing.
 */
function proveClosestEncloser(qname: Name, set: Nsec3Spans): ClosestEncloserProof | undefined {
  let nextCloser = qname;
  for (let name = qname; ; name = parentOf(name)) {
    const match = set.matching(name);
    if (match !== undefined) {
      if (name === qname || isSilentBelow(match)) return undefined;
      const cover = set.covering(nextCloser);
      if (cover === undefined) return undefined;
      const steps: ProofStep[] = [
        { relation: "matches", name, role: "closest-encloser", record: match },
        { relation: "covers", name: nextCloser, role: "next-closer", record: cover },
      ];
      return { encloser: name, nextCloser, cover, steps };
    }
    if (name === set.zone) return undefined;
    nextCloser = name;
  }
}

/** RFC 5155 §8.4: a closest encloser proof, and no wildcard at the encloser. */
export function proveNameErrorByNsec3(qname: Name, set: Nsec3Spans): Denial | undefined {
  const proof = proveClosestEncloser(qname, set);
  const wildcard = proof === undefined ? undefined : wildcardOf(proof.encloser);
  if (proof === undefined || wildcard === undefined) return undefined;
  const cover = set.covering(wildcard);
  if (cover === undefined) return undefined;
  const step: ProofStep = { relation: "covers", name: wildcard, role: "wildcard", record: cover };
  return { kind: "nxdomain", steps: [...proof.steps, step], optOut: proof.cover.optOut };
}

/**
 * RFC 5155 §8.5 to §8.7, §8.9: the name, or the wildcard that stands for it, exists without `qtype`; for DS
 * also that an unsigned delegation may hide in an opt-out span.
 */
export function proveNoDataByNsec3(qname: Name, qtype: number, set: Nsec3Spans): Denial | undefined {
  const exact = set.matching(qname);
  if (exact !== undefined) {
    if (!deniesType(exact, qtype, qname === ROOT)) return undefined;
    const kind = qtype === Type.DS && isUnsignedDelegation(exact) ? "delegation" : "nodata";
    return {
      kind,
      steps: [{ relation: "matches", name: qname, role: "qname", record: exact }],
      optOut: false,
    };
  }
  const proof = proveClosestEncloser(qname, set);
  if (proof === undefined) return undefined;
  // A wildcard cannot delegate, and so says nothing about a delegation that may hide in the span (RFC 4592 §4.2).
  if (qtype === Type.DS && proof.cover.optOut)
    return { kind: "delegation", steps: proof.steps, optOut: true };
  const wildcard = wildcardOf(proof.encloser);
  const match = wildcard === undefined ? undefined : set.matching(wildcard);
  if (wildcard !== undefined && match !== undefined && deniesType(match, qtype, false)) {
    const step: ProofStep = { relation: "matches", name: wildcard, role: "wildcard", record: match };
    return { kind: "nodata", steps: [...proof.steps, step], optOut: proof.cover.optOut };
  }
  // In an opt-out span a name may be an unsigned delegation, or below one, whatever the type is.
  return proof.cover.optOut ? { kind: "nodata", steps: proof.steps, optOut: true } : undefined;
}

/**
 * RFC 5155 §8.8: the next closer name to `qname` below the wildcard's `encloser` does not exist. The
 * encloser itself needs no match: the signed wildcard below it proves that it exists.
 */
export function proveExpansionByNsec3(qname: Name, encloser: Name, set: Nsec3Spans): Denial | undefined {
  let nextCloser = qname;
  while (nextCloser !== set.zone && parentOf(nextCloser) !== encloser) nextCloser = parentOf(nextCloser);
  if (nextCloser === set.zone) return undefined;
  const cover = set.covering(nextCloser);
  if (cover === undefined) return undefined;
  const step: ProofStep = { relation: "covers", name: nextCloser, role: "next-closer", record: cover };
  return { kind: "expansion", steps: [step], optOut: cover.optOut };
}
