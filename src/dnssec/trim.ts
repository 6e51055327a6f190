/**
 * Cuts the TTLs of an authenticated RRset to what its signature allows.
 *
 * Source: RFC 4035 §5.3.3: no more than the RRset's TTL, the RRSIG's, its Original TTL, and the time left
 * until it expires.
 */
import type { ResourceRecord, Rrset } from "../ports/message.ts";
import type { SignedBy } from "./verify.ts";

/** Appends the records and signatures of `rrset` to `to`; as they came where nothing signed them. */
export function appendTrimmed(rrset: Rrset, signedBy: SignedBy | undefined, to: ResourceRecord[]): void {
  const ttl = signedBy === undefined ? Number.POSITIVE_INFINITY : allowedTtl(rrset, signedBy);
  for (const record of rrset.records) to.push(record.ttl > ttl ? { ...record, ttl } : record);
  for (const record of rrset.signatures) to.push(record.ttl > ttl ? { ...record, ttl } : record);
}

/** The same of an RRset that is handed on whole; the very one where no TTL is too long. */
export function trimmedRrset(rrset: Rrset, signedBy: SignedBy): Rrset {
  const ttl = allowedTtl(rrset, signedBy);
  const { owner, type, records, signatures } = rrset;
  if (!records.some((record) => record.ttl > ttl) && !signatures.some((record) => record.ttl > ttl))
    return rrset;
  return { owner, type, records: cut(records, ttl), signatures: cut(signatures, ttl) };
}

function cut(records: readonly ResourceRecord[], ttl: number): ResourceRecord[] {
  return records.map((record) => (record.ttl > ttl ? { ...record, ttl } : record));
}

/** `records`, which are all of `rrset` and its signatures; the very list where no TTL is too long. */
export function trimmed(
  records: readonly ResourceRecord[],
  rrset: Rrset,
  signedBy: SignedBy,
): readonly ResourceRecord[] {
  const ttl = allowedTtl(rrset, signedBy);
  for (const record of records) {
    if (record.ttl > ttl) return cut(records, ttl);
  }
  return records;
}

/** Seconds. */
export function allowedTtl(rrset: Rrset, signedBy: SignedBy): number {
  const { signature, lifetime } = signedBy;
  let least = Math.min(signature.ttl, signature.originalTtl, lifetime);
  for (const record of rrset.records) least = Math.min(least, record.ttl);
  return least;
}
