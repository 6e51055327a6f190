import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { scrubbed } from "../../../src/resolve/scrubbed.ts";
import { Type } from "../../../src/wire/codes.ts";
import { a, cname, keyOf, question, record, response, soa } from "../../support/records.ts";

async function scrub(qname: string, given: Response) {
  const counters = { irrelevantRecords: 0 };
  const exchange = scrubbed({ exchange: () => Promise.resolve(given) }, counters);
  const query = { question: question(qname), key: keyOf(qname), purpose: "client" } as const;
  return { left: await exchange.exchange(query, budgetUntil(9_000)), counters };
}

describe("records of an upstream's response that answer no question of ours (RFC 5452 §6)", () => {
  it("go no further, and those of ANSWER are counted", async () => {
    const given = response({ answer: [a("example.com"), a("bank.example"), a("www.bank.example")] });

    const { left, counters } = await scrub("example.com", given);

    expect(left.answer).toEqual([given.answer[0]]);
    expect(counters.irrelevantRecords).toBe(2);
  });

  it("go no further where a CNAME does not lead to them", async () => {
    const answer = [cname("www.example.com", "cdn.example"), a("cdn.example"), a("other.example")];

    const { left } = await scrub("www.example.com", response({ answer }));

    expect(left.answer).toEqual(answer.slice(0, 2));
  });

  it("go no further in AUTHORITY, where only proofs stay (RFC 2181 §5.4.1)", async () => {
    const ns = record("example.com", Type.NS, 300, Buffer.from("\x02ns\x04evil\0", "latin1"));

    const { left, counters } = await scrub(
      "www.example.com",
      response({ authority: [soa("example.com"), ns, a("ns.evil"), soa("evil")] }),
    );

    expect(left.authority).toEqual([soa("example.com")]);
    expect(counters.irrelevantRecords).toBe(0);
  });

  it("are none in an honest response, which is passed on as it is", async () => {
    const given = response({ answer: [a("example.com")] });

    const { left } = await scrub("example.com", given);

    expect(left).toBe(given);
  });
});
