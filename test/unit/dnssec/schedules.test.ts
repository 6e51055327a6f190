import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { type LabValidator, labValidator } from "./lab-validator.ts";

const QUESTIONS = [
  [".", "DNSKEY"],
  ["com", "DS"],
  ["com", "DNSKEY"],
  ["example.com", "DS"],
  ["example.com", "DNSKEY"],
  ["sub.example.com", "DS"],
  ["sub.example.com", "DNSKEY"],
  ["unsigned.example.com", "DS"],
  ["unsigned.example.com", "DNSKEY"],
  ["insecure.com", "DS"],
  ["insecure.com", "DNSKEY"],
  ["www.example.com", "A"],
  ["www.sub.example.com", "A"],
  ["www.unsigned.example.com", "A"],
  ["nope.sub.example.com", "A"],
  ["chain.example.com", "A"],
  ["to-insecure.example.com", "A"],
  ["www.expired.example", "A"],
  ["expired.example", "DNSKEY"],
  ["www.tree.example.com", "A"],
  ["any.wild.example.org", "A"],
] as const;

const VERDICTS = new Map<string, string>();

/** A validator whose upstream takes random times, and may fail now and then. */
function random(seed: number, failures: number): LabValidator {
  const dice = new SeededRandom(seed);
  const lab: LabValidator = labValidator({
    onQuery: (_query, response) =>
      new Promise<Response>((resolve, reject) => {
        const fails = dice.below(100) < failures;
        lab.clock.after(1 + dice.below(400), () => {
          if (!fails) resolve(response);
          else if (dice.below(2) === 0) resolve({ ...response, rcode: 2, answer: [], authority: [] });
          else reject(new ResolutionError("upstream-unreachable", "down"));
        });
      }),
  });
  return lab;
}

async function allSettled(lab: LabValidator, order: readonly number[]): Promise<(string | undefined)[]> {
  const results = order.map((): string | undefined => undefined);
  order.forEach((which, i) => {
    const [qname, qtype] = QUESTIONS[which % QUESTIONS.length]!;
    lab.clock.after((which * 7 + i * 13) % 900, () => {
      lab.ask(qname, qtype).then(
        (response) => {
          results[i] = response.verdict;
        },
        () => {
          results[i] = "failed";
        },
      );
    });
  });
  for (let i = 0; i < 400 && results.includes(undefined); i++) await lab.clock.advanceAsync(50);
  return results;
}

describe("questions in any order, with answers in any order", () => {
  it("all come to their end, and to the verdict they have alone", async () => {
    for (const [qname, qtype] of QUESTIONS) {
      VERDICTS.set(`${qname} ${qtype}`, (await labValidator().ask(qname, qtype)).verdict);
    }

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 25 }),
        fc.nat(),
        async (order, seed) => {
          const lab = random(seed, 0);

          const results = await allSettled(lab, order);

          const expected = order.map((which) => VERDICTS.get(QUESTIONS[which % QUESTIONS.length]!.join(" ")));
          expect(results).toEqual(expected);
          expect(lab.clock.pending).toBe(0);
        },
      ),
      { numRuns: 60, seed: 2026 },
    );
  });

  it("all come to their end where the upstream fails now and then, never insecure or secure by that", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 25 }),
        fc.nat(),
        async (order, seed) => {
          const lab = random(seed, 30);

          const results = await allSettled(lab, order);

          order.forEach((which, i) => {
            const alone = VERDICTS.get(QUESTIONS[which % QUESTIONS.length]!.join(" "));
            expect([alone, "failed", "indeterminate", "bogus"]).toContain(results[i]);
          });
        },
      ),
      { numRuns: 60, seed: 2027 },
    );
  });

  it("put each helper question once while it is under way [D13]", async () => {
    const lab = random(7, 0);

    await allSettled(
      lab,
      Array.from({ length: 25 }, (_, i) => i * 3),
    );

    const helpers = lab.asked.filter((each) => /^(\.|com\.|example\.com\.) (DS|DNSKEY)$/.test(each));
    expect(helpers.length).toBe(new Set(helpers).size);
  });
});
