/**
 * Decides whether a TLS peer is whom the configuration names, before one octet of DNS is written to it.
 *
 * By name: a chain to an authority we trust, verified by OpenSSL, and the name as a dNSName of the subject
 * alternative names. By pin: the SubjectPublicKeyInfo of the leaf, or of an issuer on a path whose every link
 * we verified. By DANE: a secure TLSA record, beside the other checks and not instead of them. Dates always count,
 * but for one case: while the clock is known to be wrong they are waived where a pin matches, because a key
 * needs no clock and a household needs DNS to set one.
 *
 * Source: RFC 8310 §8.1, §8.2; RFC 7858 §4.2, appendix A; RFC 6125 §6.4 (no CN); RFC 7671 §5; RFC 9462 §4.2.
 */
import { createHash, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { isValidAt, provenIssuers } from "./certificate-path.ts";
import type { Identity } from "./dial-target.ts";
import { matchesTlsa, type Tlsa, usable } from "./tlsa.ts";

/** What a handshake told of the peer. */
export interface Peer {
  readonly leaf: X509Certificate;
  /** Other certificates of the peer, unproven and in no order. */
  readonly others: readonly X509Certificate[];
  /** OpenSSL's verdict on the chain to the trusted authorities; `undefined`: it holds. */
  readonly chainError: string | undefined;
}

/** What the verdict depends on beside peer and configuration. */
export interface Circumstances {
  /** Wall clock: milliseconds since 1970. */
  readonly now: number;
  /** The wall clock is known to be wrong. */
  readonly isClockWrong: boolean;
  /** Secure TLSA records of the server; `undefined` where none were asked for. */
  readonly tlsa?: readonly Tlsa[];
  /** The trusted authorities, for the rare path that has to be built here. */
  readonly authorities: () => readonly X509Certificate[];
}

/** `undefined` where the peer is the right one; else which check failed, for the operator's log. */
export function identityFault(
  identity: Identity,
  peer: Peer,
  circumstances: Circumstances,
): string | undefined {
  return new Examination(identity, peer, circumstances).fault();
}

/** `sha256/BASE64` of a certificate's SubjectPublicKeyInfo. */
export function pinOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return `sha256/${createHash("sha256").update(spki).digest("base64")}`;
}

/** OpenSSL's words for a chain that would hold at another time. */
const DATE_ERRORS = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);

/** No CN, and a wildcard stands for one whole label (RFC 6125 §6.4.3, §6.4.4). */
const NAME_CHECK = { subject: "never", partialWildcards: false } as const;

class Examination {
  readonly #identity: Identity;
  readonly #peer: Peer;
  readonly #circumstances: Circumstances;

  constructor(identity: Identity, peer: Peer, circumstances: Circumstances) {
    this.#identity = identity;
    this.#peer = peer;
    this.#circumstances = circumstances;
  }

  fault(): string | undefined {
    const isPinned = this.#isPinned();
    const areDatesWaived = isPinned && this.#circumstances.isClockWrong;
    return (
      this.#dateFault(areDatesWaived) ??
      this.#policyFault(isPinned, areDatesWaived) ??
      this.#coverageFault(areDatesWaived) ??
      this.#daneFault(areDatesWaived)
    );
  }

  #dateFault(areWaived: boolean): string | undefined {
    const { leaf } = this.#peer;
    const { now } = this.#circumstances;
    if (areWaived || isValidAt(leaf, now)) return undefined;
    return Date.parse(leaf.validTo) < now
      ? `the certificate expired on ${leaf.validTo}`
      : `the certificate is not valid before ${leaf.validFrom}`;
  }

  #policyFault(isPinned: boolean, areDatesWaived: boolean): string | undefined {
    const { pins, pinPolicy, authName, coveredAddress } = this.#identity;
    if (pins.length === 0) {
      if (authName === "" && coveredAddress === undefined) return "there is no name or pin to know it by";
      return this.#nameFault(areDatesWaived);
    }
    const pinFault = isPinned ? undefined : `no pin matches; the certificate has ${pinOf(this.#peer.leaf)}`;
    switch (pinPolicy) {
      case "pin_only":
        return pinFault;
      case "name_or_pin":
        return isPinned || authName === "" ? pinFault : this.#nameFault(areDatesWaived);
      case "name_and_pin":
        return pinFault ?? this.#nameFault(areDatesWaived);
    }
  }

  /** The name as a dNSName, never the subject's CN (RFC 8310 §8.1), and a chain that holds. */
  #nameFault(areDatesWaived: boolean): string | undefined {
    const { authName } = this.#identity;
    if (authName !== "" && this.#peer.leaf.checkHost(authName, NAME_CHECK) === undefined) {
      return `the certificate is not for ${authName}`;
    }
    return this.#chainFault(areDatesWaived);
  }

  #chainFault(areDatesWaived: boolean): string | undefined {
    const { leaf, others, chainError } = this.#peer;
    if (chainError === undefined) return undefined;
    // OpenSSL tells one error of perhaps several, so a waived date means building the path ourselves.
    if (areDatesWaived && DATE_ERRORS.has(chainError)) {
      const authorities = this.#circumstances.authorities();
      const issuers = provenIssuers(
        leaf,
        [...others, ...authoritiesFor([leaf, ...others], authorities)],
        undefined,
      );
      if (issuers.some((issuer) => authorities.some(({ raw }) => raw.equals(issuer.raw)))) return undefined;
    }
    return `no chain to a trusted authority (${chainError})`;
  }

  /** The resolver that designated this one must be named in its certificate (RFC 9462 §4.2). */
  #coverageFault(areDatesWaived: boolean): string | undefined {
    const { coveredAddress } = this.#identity;
    if (coveredAddress === undefined) return undefined;
    if (isIP(coveredAddress) === 0 || this.#peer.leaf.checkIP(coveredAddress) === undefined) {
      return `the certificate does not cover ${coveredAddress}, which designated this resolver`;
    }
    return this.#chainFault(areDatesWaived);
  }

  #daneFault(areDatesWaived: boolean): string | undefined {
    if (!this.#identity.dane) return undefined;
    const { tlsa, now } = this.#circumstances;
    const records = usable(tlsa ?? []);
    if (records.length === 0) return "there is no usable TLSA record";
    const { leaf, others } = this.#peer;
    return matchesTlsa(records, leaf, others, areDatesWaived ? undefined : now)
      ? undefined
      : "no TLSA record matches the certificate";
  }

  #isPinned(): boolean {
    const { pins } = this.#identity;
    if (pins.length === 0) return false;
    const { leaf, others } = this.#peer;
    if (pins.includes(pinOf(leaf))) return true;
    const { isClockWrong, now } = this.#circumstances;
    return provenIssuers(leaf, others, isClockWrong ? undefined : now).some((issuer) =>
      pins.includes(pinOf(issuer)),
    );
  }
}

/** Those authorities that could have issued one of the certificates. */
function authoritiesFor(
  certificates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] {
  return authorities.filter(({ subject }) => certificates.some(({ issuer }) => issuer === subject));
}
