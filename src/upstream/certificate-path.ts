/**
 * The path from a peer's certificate to its issuers, every link verified here. The list a peer sends is its
 * own word, and so are the issuer links that TLS libraries derive from it by name: a forged leaf sent with a
 * genuine issuer certificate must not profit from that issuer's pin.
 *
 * Source: RFC 5280 §4.2.1.9 (basic constraints), §6.1 (path validation), RFC 7858 §4.2 (pins of issuers).
 */
import type { X509Certificate } from "node:crypto";

/** Longest path looked at. Public ones have 3 or 4 certificates. */
const MAX_PATH = 8;

/**
 * `presented[0]` and, after it, each issuer among `presented` that verifiably signed the one before.
 * @param now milliseconds since 1970; `undefined` where dates are not to be looked at.
 */
export function verifiedPath(
  presented: readonly X509Certificate[],
  now: number | undefined,
): X509Certificate[] {
  const [leaf] = presented;
  if (leaf === undefined) return [];
  const path = [leaf];
  while (path.length < MAX_PATH) {
    const subject = path[path.length - 1]!;
    // Intermediate certificates below this issuer: all of the path but the leaf.
    const intermediates = path.length - 1;
    const issuer = presented.find(
      (candidate) => !path.includes(candidate) && issued(subject, candidate, intermediates, now),
    );
    if (issuer === undefined) break;
    path.push(issuer);
  }
  return path;
}

function issued(
  subject: X509Certificate,
  issuer: X509Certificate,
  intermediates: number,
  now: number | undefined,
): boolean {
  if (!issuer.ca || !subject.checkIssued(issuer) || !isInTime(issuer, now)) return false;
  const limit = pathLengthOf(issuer.raw);
  return (limit === undefined || intermediates <= limit) && subject.verify(issuer.publicKey);
}

/** Whether `now` lies in the certificate's validity. */
export function isInTime(certificate: X509Certificate, now: number | undefined): boolean {
  if (now === undefined) return true;
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

/** Object identifier 2.5.29.19, with tag and length. */
const BASIC_CONSTRAINTS = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x13]);
const TAG_BOOLEAN = 0x01;
const TAG_INTEGER = 0x02;
const TAG_OCTET_STRING = 0x04;
const TAG_SEQUENCE = 0x30;

/** pathLenConstraint of a DER certificate; `undefined` where there is none. 0 where it cannot be read. */
export function pathLengthOf(der: Buffer): number | undefined {
  let at = der.indexOf(BASIC_CONSTRAINTS);
  if (at < 0) return undefined;
  at += BASIC_CONSTRAINTS.length;
  if (der[at] === TAG_BOOLEAN) at += 3; // critical
  if (der[at] !== TAG_OCTET_STRING || der[at + 2] !== TAG_SEQUENCE) return 0;
  const end = at + 4 + (der[at + 3] ?? 0);
  at += 4;
  if (at < end && der[at] === TAG_BOOLEAN) at += 3; // cA
  if (at >= end) return undefined;
  return der[at] === TAG_INTEGER && der[at + 1] === 1 ? (der[at + 2] ?? 0) : 0;
}
