/** Large zones for benches, signed ahead of time: what answers then is a look-up and a copy. */
import type { DenialOptions } from "./denial.ts";
import type { Period } from "./signer.ts";
import type { TreeSpec } from "./tree.ts";

export interface BulkOptions {
  /** Its parent must be in the tree: `bulk.example.`. */
  readonly apex: string;
  readonly count: number;
  readonly period: Period;
  /** Absent: unsigned. P-256 (13) costs 30 us a name to sign, RSA-2048 (8) 350 us. */
  readonly algorithm?: number;
  /** Default 2048. */
  readonly rsaBits?: number;
  /** Absent: nothing can be denied, and only the names are signed. With it a dense zone: twice the signatures. */
  readonly denial?: DenialOptions;
}

/** A zone with the names `n0`, `n1` … `n{count - 1}`, one A record each. */
export function bulkZone(options: BulkOptions): TreeSpec {
  const { apex, count, period, algorithm, rsaBits = 2048, denial = { kind: "none" } } = options;
  const records = Array.from({ length: count }, (_, i) => `n${i} 3600 A 192.0.2.${i % 256}`);
  if (algorithm === undefined) return { apex, records };
  return { apex, records, security: { period, algorithms: [algorithm], rsaBits, denial } };
}
