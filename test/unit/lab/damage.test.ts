import { describe, expect, it } from "vitest";
import { Type } from "../../../src/wire/codes.ts";
import { LabAuthority, resolve } from "../../lab/authority.ts";
import { damagedName, damagedZones, damageRewrites, DAMAGES } from "../../lab/damage.ts";
import { buildTree } from "../../lab/tree.ts";
import { named } from "../../lab/zone-text.ts";
import { periodAround } from "../../lab/zones.ts";

const period = periodAround(Date.parse("2026-11-20T12:00:00Z"));
const tree = buildTree([
  { apex: ".", records: [], security: { period } },
  { apex: "example.", records: [], security: { period } },
  { apex: "example.com.", records: [], security: { period } },
  { apex: "example.org.", records: ["www A 192.0.2.80"], security: { period } },
  ...damagedZones(period),
]);
const authority = new LabAuthority(tree, { rewrites: damageRewrites(tree) });

describe("the table of damage", () => {
  it("has at least 60 kinds, each once", () => {
    const kinds = DAMAGES.map((damage) => damage.kind);

    expect(new Set(kinds).size).toBe(kinds.length);
    expect(kinds.length).toBeGreaterThanOrEqual(60);
  });

  it("changes an answer wherever a row says that something is wrong with it", () => {
    const unchanged = DAMAGES.filter((damage) => {
      const at = damage.at ?? damage.questions;
      return at.every(([name, type]) => {
        const question = { qname: named(damagedName(damage, name)), qtype: Type[type], qclass: 1 };
        const [before, after] = [resolve(tree, question), authority.outcomeOf(question)];
        return JSON.stringify(before) === JSON.stringify(after);
      });
    });

    // In these the zone itself, its DS or the target of its chain is what is wrong, or nothing is.
    const inTheZone = /^(ds-|unsigned-despite|signed-without|chain-into|n3-optout|wildcard-literal)/;
    expect(unchanged.map((damage) => damage.kind).filter((kind) => !inTheZone.test(kind))).toEqual([]);
  });
});
