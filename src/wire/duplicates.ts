/**
 * Records that came more than once. RFC 2181 §5: "It is meaningless for two records to ever have label, class, type
 * and data all equal - servers should suppress such duplicates if encountered." Their TTLs may differ; the first
 * one stands.
 */
import type { ResourceRecord } from "../ports/message.ts";
import { asBuffer } from "./latin1.ts";

/** Records up to which each is held against each other: sooner done than a set of strings is made. */
const MOST_IN_PAIRS = 24;

/** `records`, each once, in the order they first came; the very list where none came twice, which is nearly always. */
export function withoutDuplicates<Records extends readonly ResourceRecord[]>(
  records: Records,
): Records | ResourceRecord[] {
  if (records.length > MOST_IN_PAIRS) return byKey(records);
  for (let i = 1; i < records.length; i++) {
    if (isAmong(records, i)) return records.filter((_, at) => !isAmong(records, at));
  }
  return records;
}

/** Whether the record at `at` is one of those before it. */
function isAmong(records: readonly ResourceRecord[], at: number): boolean {
  const record = records[at]!;
  for (let i = 0; i < at; i++) if (isSame(records[i]!, record)) return true;
  return false;
}

/** Whether two records are one, whatever their TTLs. */
export function isSame(one: ResourceRecord, other: ResourceRecord): boolean {
  const { rdata } = one;
  if (one.type !== other.type || rdata.length !== other.rdata.length) return false;
  for (let i = 0; i < rdata.length; i++) if (rdata[i] !== other.rdata[i]) return false;
  return one.class === other.class && one.owner === other.owner;
}

function byKey<Records extends readonly ResourceRecord[]>(records: Records): Records | ResourceRecord[] {
  const first = new Map<string, ResourceRecord>();
  for (const record of records) {
    const key = keyOf(record);
    if (!first.has(key)) first.set(key, record);
  }
  return first.size === records.length ? records : [...first.values()];
}

function keyOf({ owner, type, class: qclass, rdata }: ResourceRecord): string {
  return owner + String.fromCharCode(type, qclass) + asBuffer(rdata).latin1Slice();
}
