import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import { lookUp } from "../../../src/compose/lookups.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, keyOf, question, response } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

describe("a lookup for the operator", () => {
  it("that the cache answers has TTLs that count down (RFC 1035 §3.2.1)", async () => {
    const clock = new ManualClock();
    const store = new Store({ size: 1 << 20 }, new SeededRandom());
    const terms = { now: clock.now(), lifetime: 60, maxTtl: 86_400, minTtl: 0, generation: 1 };
    const kept = response({ answer: [a("www.example.com", 60)] });
    store.keep(keyOf("www.example.com"), new Entry(question("www.example.com"), kept, terms));
    clock.advance(6_900);

    const nobody = { exchange: () => Promise.reject(new Error("asked upstream")) };
    const lookup = await lookUp(
      question("www.example.com"),
      {},
      {
        local: { generation: 1, answer: () => undefined, isAnswered: () => false },
        store,
        synthesis: undefined,
        storing: nobody,
        answers: nobody,
        clock,
        queryTimeout: 4_000,
      },
    );

    expect(lookup.fromCache).toBe(true);
    expect(lookup.response.answer.map(({ ttl }) => ttl)).toEqual([54]);
  });
});
