/**
 * Whether a TLS peer is whom the configuration names: name and certificate authority, pins of the leaf or of
 * an issuer, or both. Pure: the peer's certificates go in, a verdict comes out.
 *
 * Source: RFC 8310 §8 (authentication), RFC 7858 §4.2 (SPKI pins), RFC 7469 §2.4 (pin format).
 */
import { createHash, type X509Certificate } from "node:crypto";
import { isInTime, verifiedPath } from "./certificate-path.ts";
import type { PinPolicy } from "./options.ts";

/** What the TLS library found out about the peer. */
export interface Peer {
  /** The peer's own certificate first, then whatever else it sent. */
  readonly presented: readonly X509Certificate[];
  /** Why the chain does not lead to a trusted authority, in OpenSSL's words; `undefined` where it does. */
  readonly chainFault: string | undefined;
}

export interface IdentityPolicy {
  /** `""`: none is known, only pins count. */
  readonly authName: string;
  /** `sha256/BASE64`. */
  readonly pins: readonly string[];
  readonly pinPolicy: PinPolicy;
  /** Milliseconds since 1970; `undefined` while the clock is known to be wrong. */
  readonly now: number | undefined;
}

/** OpenSSL's words for a certificate whose time has not come, or is over. */
const DATE_FAULTS: ReadonlySet<string> = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

/** Why `peer` is not whom we were told to talk to, for the operator's log; `undefined` where it is. */
export function identityFault(peer: Peer, policy: IdentityPolicy): string | undefined {
  const [leaf] = peer.presented;
  if (leaf === undefined) return "the server sent no certificate";
  const isPinned = policy.pins.length > 0 && matchesPin(peer.presented, policy);
  const pinFault = policy.pins.length === 0 || isPinned ? undefined : "no pin matches";
  const nameFault = nameFaultOf(peer, leaf, policy, isPinned);
  if (policy.pins.length === 0) return nameFault;
  switch (policy.pinPolicy) {
    case "name_and_pin":
      return nameFault ?? pinFault;
    case "name_or_pin":
      return isPinned ? dateFault(leaf, policy) : nameFault;
    case "pin_only":
      return pinFault ?? dateFault(leaf, policy);
  }
}

/** `sha256/BASE64` of a certificate's SubjectPublicKeyInfo. */
export function pinOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return `sha256/${createHash("sha256").update(spki).digest("base64")}`;
}

function matchesPin(presented: readonly X509Certificate[], { pins, now }: IdentityPolicy): boolean {
  return verifiedPath(presented, now).some((certificate) => pins.includes(pinOf(certificate)));
}

function nameFaultOf(
  { chainFault }: Peer,
  leaf: X509Certificate,
  { authName, now }: IdentityPolicy,
  isPinned: boolean,
): string | undefined {
  // A key that is pinned is known without a clock; while the clock is wrong its dates say nothing.
  const isWaived = now === undefined && isPinned && DATE_FAULTS.has(chainFault ?? "");
  if (chainFault !== undefined && !isWaived) return `the certificate is not trusted (${chainFault})`;
  if (authName === "") return "there is no auth_name to check";
  return leaf.checkHost(authName, { subject: "never" }) === undefined
    ? `the certificate is not for ${authName}`
    : undefined;
}

function dateFault(leaf: X509Certificate, { now }: IdentityPolicy): string | undefined {
  return isInTime(leaf, now) ? undefined : "the certificate is not valid now";
}
