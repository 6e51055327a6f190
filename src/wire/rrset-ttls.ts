/**
 * One TTL an RRset. RFC 2181 §5.2: "the client should treat the RRs for all purposes as if all TTLs in the RRSet had
 * been set to the value of the lowest TTL in the RRSet". Else whoever keeps them would have some of them for longer than
 * the others.
 */
import type { ResourceRecord } from "../ports/message.ts";
import { Type } from "./codes.ts";

/** `records` so; the very list where no TTL is too long. */
export function withOneTtl(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  if (records.every(({ ttl }) => ttl === records[0]!.ttl)) return records;
  const least = new Map<string, number>(); // BOUNDED: by the records of the message; it ends with the call.
  let areEqual = true;
  for (const record of records) {
    const key = rrsetKey(record);
    const before = least.get(key) ?? record.ttl;
    if (before !== record.ttl) areEqual = false;
    least.set(key, Math.min(before, record.ttl));
  }
  if (areEqual) return records;
  return records.map((record) => {
    const ttl = least.get(rrsetKey(record))!;
    return record.ttl === ttl ? record : { ...record, ttl };
  });
}

/** RRSIGs belong to what they cover (RFC 4034 §3): there they begin. */
function rrsetKey({ owner, type, class: qclass, rdata }: ResourceRecord): string {
  const covered = type === Type.RRSIG ? String.fromCharCode(rdata[0] ?? 0, rdata[1] ?? 0) : "";
  return owner + String.fromCharCode(type, qclass) + covered;
}
