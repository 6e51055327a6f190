import { describe, expect, it } from "vitest";
import { Type } from "../../../src/wire/codes.ts";
import { attackRewrites, attackZones, sameTagKeys } from "../../lab/attacks.ts";
import { LabAuthority } from "../../lab/authority.ts";
import { bulkZone } from "../../lab/bulk.ts";
import { buildTree } from "../../lab/tree.ts";
import { named } from "../../lab/zone-text.ts";
import { periodAround } from "../../lab/zones.ts";

const period = periodAround(Date.parse("2026-11-20T12:00:00Z"));
const tree = buildTree([
  { apex: ".", records: [], security: { period } },
  { apex: "example.", records: [], security: { period } },
  bulkZone({ apex: "bulk.example.", count: 100, period, algorithm: 13 }),
  ...attackZones(period),
]);
const authority = new LabAuthority(tree, { rewrites: attackRewrites(tree) });
const ask = (name: string) => authority.outcomeOf({ qname: named(name), qtype: Type.A, qclass: 1 });

describe("a zone for benches", () => {
  it("has signed names, as many as asked for", () => {
    const { answer } = ask("n99.bulk.example.");

    expect(answer[0]?.signatures).toHaveLength(1);
    expect(ask("n100.bulk.example.").rcode).toBe(3);
  });
});

describe("a zone that attacks validators", () => {
  it("has different keys of one tag", () => {
    const keys = sameTagKeys(20);

    expect(new Set(keys.map((key) => key.tag)).size).toBe(1);
    expect(new Set(keys.map((key) => key.rdata.toString("hex"))).size).toBe(20);
  });

  it("answers with a hundred signatures, a thousand records, sixty links", () => {
    expect(ask("www.keytrap.example.").answer[0]?.signatures).toHaveLength(100);
    expect(ask("www.many-records.example.").answer[0]?.rdatas).toHaveLength(1000);
    expect(ask("c0.many-links.example.").answer).toHaveLength(61);
  });
});
