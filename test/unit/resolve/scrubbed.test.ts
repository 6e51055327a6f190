import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { scrubbed } from "../../../src/resolve/scrubbed.ts";
import { Type } from "../../../src/wire/codes.ts";
import { questionKey } from "../../../src/wire/names.ts";
import { a, cname, keyOf, question, record, response, rrsig, soa } from "../../support/records.ts";

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

describe("RRsets of an upstream's response (RFC 2181 §5.2)", () => {
  it("have the lowest of their TTLs each", async () => {
    const answer = [
      cname("www.example.com", "example.com", 900),
      a("example.com", 300, "192.0.2.1"),
      a("example.com", 20, "192.0.2.2"),
      a("example.com", 60, "192.0.2.3"),
    ];

    const { left } = await scrub("www.example.com", response({ answer }));

    expect(left.answer.map(({ ttl }) => ttl)).toEqual([900, 20, 20, 20]);
  });

  it("have signatures whose TTL is that of what they cover", async () => {
    const answer = [rrsig("example.com", Type.A), { ...rrsig("example.com", Type.NS), ttl: 10 }];
    const key = { ...question("example.com"), qtype: Type.RRSIG };
    const exchange = scrubbed(
      { exchange: () => Promise.resolve(response({ answer })) },
      { irrelevantRecords: 0 },
    );

    const left = await exchange.exchange(
      { question: key, key: questionKey(key), purpose: "client" },
      budgetUntil(9_000),
    );

    expect(left.answer).toEqual(answer);
  });
});
