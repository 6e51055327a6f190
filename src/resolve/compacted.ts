/**
 * An RRset that is to outlive its message: with octets of its own, so that a few records do not keep the whole
 * chunk alive that they were read from.
 */
import type { ResourceRecord, Rrset } from "../ports/message.ts";

/** Octets of heap an RRset takes beside its records: its object, two arrays, its place. */
const RRSET_OCTETS = 400;
/** Octets of heap a record takes beside owner and RDATA: its object, that of the last answer, and a view. */
const RECORD_OCTETS = 250;

export interface Compacted {
  readonly rrset: Rrset;
  /** Memory it takes. */
  readonly octets: number;
}

/** `rrset` under `owner`. */
export function compacted(rrset: Rrset, owner = rrset.owner): Compacted {
  let size = 0;
  for (const { rdata } of rrset.records) size += rdata.length;
  for (const { rdata } of rrset.signatures) size += rdata.length;
  const room = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const own = ({ type, class: inClass, ttl, rdata }: ResourceRecord): ResourceRecord => {
    const start = at;
    room.set(rdata, start);
    at += rdata.length;
    return { owner, type, class: inClass, ttl, rdata: room.subarray(start, at) };
  };
  const { type, records, signatures } = rrset;
  const all = records.length + signatures.length;
  return {
    rrset: { owner, type, records: records.map(own), signatures: signatures.map(own) },
    octets: RRSET_OCTETS + owner.length + all * RECORD_OCTETS + size,
  };
}
