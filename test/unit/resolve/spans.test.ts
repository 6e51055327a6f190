import { describe, expect, it } from "vitest";
import type { Rrset } from "../../../src/ports/message.ts";
import { PackedRrset } from "../../../src/resolve/packed.ts";
import { placeOf, Span, Spans } from "../../../src/resolve/spans.ts";
import { Type } from "../../../src/wire/codes.ts";
import { name, record } from "../../support/records.ts";

function span(key: string, until: number, rdata = "x"): Span<string> {
  const records = [record("a.example", Type.NSEC, 300, Buffer.from(rdata))];
  const rrset: Rrset = { owner: name("a.example"), type: Type.NSEC, records, signatures: [] };
  const read = (kept: Rrset) => String(Buffer.from(kept.records[0]!.rdata));
  return new Span({ key, end: "e", rrset: new PackedRrset(rrset, rrset.owner), read }, until);
}

describe("the place of a span", () => {
  it("leads to it while it is in its list, and to nothing once another has come or its time is over", () => {
    const spans = new Spans<string>();
    for (const each of [span("b", 10), span("c", 10), span("d", 5)]) spans.put(each);
    const places = ["b", "c", "d"].map((key) => placeOf(spans.at(key, 0)!));

    spans.put(span("b", 20));
    spans.put(span("c", 20, "another"));
    spans.purge(7);

    expect(places.map((place) => place.span?.key)).toEqual(["b", undefined, undefined]);
    expect(places[0]?.span?.until).toBe(20);
    expect([spans.at("c", 15)?.record, spans.at("d", 0)?.record]).toEqual(["another", "another"]);
    expect(spans.octets).toBe(span("b", 20).octets + span("c", 20, "another").octets);
  });
});
