/**
 * Which NSEC or NSEC3 RRsets of a zone go with which negative or wildcard answer.
 *
 * Source: RFC 4035 §3.1.3; RFC 5155 §7.2.
 */
import type { Name } from "../../src/ports/message.ts";
import { labelCount, ancestorOf, parentOf, wildcardOf } from "../../src/wire/names.ts";
import type { RRset } from "./signer.ts";
import type { Zone } from "./zone.ts";

/** The name is there and the type is not; empty non-terminals and delegations without DS too. */
export function nodataProof(zone: Zone, qname: Name): RRset[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  const match = chain.match(qname);
  if (match >= 0) return picked(zone, [match]);
  return chain.kind === "nsec"
    ? picked(zone, [chain.cover(qname)])
    : picked(zone, closestEncloser(zone, qname));
}

export function nxdomainProof(zone: Zone, qname: Name): RRset[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  const wildcard = wildcardOf(zone.closestEncloser(qname)) ?? qname;
  if (chain.kind === "nsec") return picked(zone, [chain.cover(qname), chain.cover(wildcard)]);
  return picked(zone, [...closestEncloser(zone, qname), chain.cover(wildcard)]);
}

/** Nothing closer than the wildcard that answered. */
export function expansionProof(zone: Zone, qname: Name): RRset[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  if (chain.kind === "nsec") return picked(zone, [chain.cover(qname)]);
  return picked(zone, [chain.cover(nextCloser(qname, zone.closestEncloser(qname)))]);
}

export function wildcardNodataProof(zone: Zone, qname: Name, wildcard: Name): RRset[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  const match = chain.match(wildcard);
  // With NSEC an empty non-terminal has no record of its own.
  if (chain.kind === "nsec")
    return picked(zone, [chain.cover(qname), match >= 0 ? match : chain.cover(wildcard)]);
  return picked(zone, [...closestEncloser(zone, qname), match]);
}

/** The one record of the chain that matches the name, or else covers it. */
export function matchingOrCovering(zone: Zone, name: Name): RRset[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  const match = chain.match(name);
  return picked(zone, [match >= 0 ? match : chain.cover(name)]);
}

/** Match of the closest provable encloser, cover of the next closer name (RFC 5155 §7.2.1). */
function closestEncloser(zone: Zone, qname: Name): number[] {
  const { chain } = zone;
  if (chain === undefined) return [];
  let encloser = parentOf(qname);
  while (encloser !== zone.apex && chain.match(encloser) < 0) encloser = parentOf(encloser);
  return [chain.match(encloser), chain.cover(nextCloser(qname, encloser))];
}

function nextCloser(qname: Name, encloser: Name): Name {
  return ancestorOf(qname, labelCount(encloser) + 1);
}

function picked(zone: Zone, positions: readonly number[]): RRset[] {
  return [...new Set(positions)].flatMap((at) => zone.denials[at] ?? []);
}
