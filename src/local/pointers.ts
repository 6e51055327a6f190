/** PTR records that follow from configured addresses. Source: RFC 1035 §3.3.12, §3.5. */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { firstLabel, octetsOfName } from "../wire/names.ts";
import { recordOf } from "./local-answer.ts";
import { reverseName } from "./reverse-name.ts";

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
