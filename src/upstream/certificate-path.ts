/**
 * Which certificates stand above a leaf, proven link by link. The list a peer sends is only a bag of candidates,
 * and so are the issuers that a TLS library derives from names in it: anybody can send a genuine CA certificate
 * beside a leaf of his own making.
 *
 * Source: RFC 5280 §6.1 (signature, validity, CA, path length, key usage); RFC 7671 §5.2 (DANE-TA).
 */
import type { X509Certificate } from "node:crypto";
import { issuerLimits } from "./der.ts";

/** Certificates of a peer that are looked at: real chains hold two to four. */
const MAX_CANDIDATES = 12;
/** CA certificates above a leaf. */
const MAX_DEPTH = 6;
/** Signatures verified for one peer: a bag of cross-signed certificates must not cost us seconds. */
const MAX_VERIFICATIONS = 48;

/** Gives each issuer on a path that holds from the leaf up to it; `now` absent: dates do not count. */
export function provenIssuers(
  leaf: X509Certificate,
  candidates: readonly X509Certificate[],
  now: number | undefined,
): readonly X509Certificate[] {
  const walk = new PathWalk(candidates.slice(0, MAX_CANDIDATES), now);
  walk.climb(leaf, [leaf]);
  return [...walk.proven];
}

export function isValidAt(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

class PathWalk {
  /** BOUNDED: by the candidates. */
  readonly proven = new Set<X509Certificate>();
  readonly #candidates: readonly X509Certificate[];
  readonly #now: number | undefined;
  #verifications = 0;

  constructor(candidates: readonly X509Certificate[], now: number | undefined) {
    this.#candidates = candidates;
    this.#now = now;
  }

  climb(subject: X509Certificate, path: readonly X509Certificate[]): void {
    if (path.length > MAX_DEPTH) return;
    for (const issuer of this.#candidates) {
      if (path.some((below) => below.raw.equals(issuer.raw))) continue;
      if (!this.#mayStandAbove(issuer, path) || !this.#isSigned(subject, issuer)) continue;
      this.proven.add(issuer);
      this.climb(issuer, [...path, issuer]);
    }
  }

  #mayStandAbove(issuer: X509Certificate, path: readonly X509Certificate[]): boolean {
    if (this.#now !== undefined && !isValidAt(issuer, this.#now)) return false;
    const { mayIssue, pathLength } = issuerLimits(issuer.raw);
    // RFC 5280 §6.1.4 (l): self-issued certificates do not count toward the length. The leaf never does.
    const between = path.slice(1).filter(({ subject, issuer: by }) => subject !== by).length;
    return mayIssue && between <= pathLength;
  }

  #isSigned(subject: X509Certificate, issuer: X509Certificate): boolean {
    if (!subject.checkIssued(issuer) || this.#verifications >= MAX_VERIFICATIONS) return false;
    this.#verifications++;
    try {
      return subject.verify(issuer.publicKey);
    } catch {
      // A key or an algorithm that OpenSSL cannot handle proves nothing.
      return false;
    }
  }
}
