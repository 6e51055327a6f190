import { describe, expect, it } from "vitest";
import { attackRewrites, attackZones } from "../../lab/attacks.ts";
import { DAMAGES, damagedName, damagedZones, damageRewrites } from "../../lab/damage.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import { buildTree } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { labValidator, PERIOD } from "./lab-validator.ts";

const zones = [...labZones(PERIOD), ...damagedZones(PERIOD), ...attackZones(PERIOD)];
const tree = buildTree(zones);
const rewrites = new Map([...damageRewrites(tree), ...attackRewrites(tree)]);

/**
 * Rows on which the validator is right and stricter readings differ (`docs/dnssec.md` argues each): a zone cut
 * below the registrable domain is not looked for where a signature holds, only heeded where it is known; an
 * NXDOMAIN whose NSEC proof is that of NODATA is told as NODATA.
 */
const ARGUED: Readonly<Record<string, string>> = {
  "rrsig-signer-parent": "secure",
  "nxdomain-for-ent": "secure",
};

const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  secure: ["secure"],
  insecure: ["insecure"],
  bogus: ["bogus"],
  "not-secure": ["insecure", "bogus", "indeterminate"],
  failed: ["indeterminate"],
};

describe("a response that was damaged on purpose", () => {
  for (const damage of DAMAGES) {
    for (const [label, qtype] of damage.questions) {
      const expected = ARGUED[damage.kind] ?? damage.expect;
      it(`is ${expected} for ${label} ${qtype} because ${damage.text}`, async () => {
        const { ask } = labValidator({ tree, rewrites });

        const { verdict } = await ask(damagedName(damage, label), qtype);

        expect(ACCEPTED[expected]).toContain(verdict);
      });
    }
  }
});

/** Milliseconds of CPU one question may cost, whatever a zone's operator put into it. */
const CPU_LIMIT = 50;
/** Validators that are asked, each without a memory of the others: V8's compiler and collector count in the same process. */
const VALIDATORS = 3;

describe("a zone made to burn a validator's CPU (CVE-2023-50387, CVE-2023-50868)", () => {
  const deep = Array.from({ length: 110 }, () => "a").join(".");
  for (const [qname, qtype, verdicts] of [
    ["www.keytrap.example", "A", ["bogus"]],
    ["www.dstrap.example", "A", ["bogus"]],
    ["nope.iterations500.example", "A", ["insecure"]],
    ["nope.iterations150.example", "A", ["insecure"]],
    [`${deep}.iterations500.example`, "A", ["insecure"]],
    [`${deep}.example.org`, "A", ["bogus", "secure"]],
    ["www.many-records.example", "A", ["bogus"]],
    ["c0.many-links.example", "A", ["bogus"]],
  ] as const) {
    it(`costs little for ${qname.slice(-40)}`, async () => {
      const memo = new Map<string, Response>();
      await labValidator({ tree, rewrites, memo }).ask(qname, qtype); // The upstream's own work.
      const costs: number[] = [];
      for (let i = 0; i < VALIDATORS; i++) {
        const { ask } = labValidator({ tree, rewrites, memo });
        const before = process.cpuUsage();

        const { verdict } = await ask(qname, qtype);

        const { user, system } = process.cpuUsage(before);
        costs.push((user + system) / 1_000);
        expect(verdicts).toContain(verdict);
      }
      expect(Math.min(...costs)).toBeLessThan(CPU_LIMIT);
    });
  }
});
