/**
 * An RRset that is to outlive its message: with octets of its own, so that a few records do not keep the whole
 * chunk alive that they were read from.
 */
import type { Rrset } from "../dnssec/rrsets.ts";
import type { ResourceRecord } from "../ports/message.ts";

/** Octets of heap an RRset takes beside its records: its object, two arrays, its place. */
const RRSET_OCTETS = 400;
/** Octets of heap a record takes beside owner and RDATA: its object and a view. */
const RECORD_OCTETS = 200;

export interface Compacted {
  readonly rrset: Rrset;
  /** Memory it takes. */
  readonly octets: number;
}

export function compacted(rrset: Rrset): Compacted {
  const all = [...rrset.records, ...rrset.signatures];
  const room = new Uint8Array(all.reduce((sum, { rdata }) => sum + rdata.length, 0));
  let at = 0;
  const own = (record: ResourceRecord): ResourceRecord => {
    const rdata = room.subarray(at, at + record.rdata.length);
    rdata.set(record.rdata);
    at += rdata.length;
    return { ...record, owner: rrset.owner, rdata };
  };
  const { owner, type } = rrset;
  return {
    rrset: { owner, type, records: rrset.records.map(own), signatures: rrset.signatures.map(own) },
    octets: RRSET_OCTETS + owner.length + all.length * RECORD_OCTETS + room.length,
  };
}
