/**
 * Records that the configuration gives as zone-file lines, and the PTRs that follow from their addresses.
 * Source: RFC 1035 §5.1.
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { firstLabel, octetsOfName } from "../wire/names.ts";
import { recordFromText } from "../wire/presentation.ts";
import { recordOf } from "./local-answer.ts";
import { reverseName } from "./reverse-name.ts";

export interface RecordFault {
  /** Which of the lines, from 0. */
  readonly index: number;
  readonly fault: string;
}

export function readRecords(lines: readonly string[]): {
  records: readonly ResourceRecord[];
  faults: readonly RecordFault[];
} {
  const records: ResourceRecord[] = [];
  const faults: RecordFault[] = [];
  lines.forEach((line, index) => {
    const record = recordFromText(line);
    if ("fault" in record) faults.push({ index, fault: record.fault });
    else if (record.class !== Class.IN) faults.push({ index, fault: "is not of class IN" });
    else records.push(record);
  });
  return { records, faults };
}

/** The records, and a PTR for each address to the first name that has it; none where a PTR is given. */
export function withPointers(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  const pointed = new Set<Name>(
    records.filter((record) => record.type === Type.PTR).map(({ owner }) => owner),
  );
  const pointers: ResourceRecord[] = [];
  for (const { owner, type, ttl, rdata } of records) {
    if ((type !== Type.A && type !== Type.AAAA) || firstLabel(owner) === "*") continue;
    const reverse = reverseName(rdata);
    if (pointed.has(reverse)) continue;
    pointed.add(reverse);
    pointers.push(recordOf(reverse, Type.PTR, ttl, octetsOfName(owner)));
  }
  return [...records, ...pointers];
}
