import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Failures } from "../../../src/cache/failures.ts";
import { Store } from "../../../src/cache/store.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { stored } from "../../../src/resolve/stored.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, keyOf, question, response } from "../../support/records.ts";

function storing(answer: () => Response, generation = () => 7, isAnsweredHere = () => false) {
  const learnt: Response[] = [];
  const learn = (each: Response): void => {
    learnt.push(each);
  };
  const clock = new ManualClock();
  const store = new Store({ size: 1 << 20 }, new SeededRandom());
  const failures = new Failures(clock, () => 0);
  const limits = { minTtl: 0, maxTtl: 86_400, maxNegativeTtl: 900, serveStale: 86_400_000 };
  const next = { exchange: () => Promise.resolve(answer()) };
  const exchange = stored(next, limits, { store, failures, clock, generation, isAnsweredHere, learn });
  const ask = (name: string) =>
    exchange.exchange({ question: question(name), key: keyOf(name), purpose: "client" }, budgetUntil(9_000));
  return { clock, store, learnt, ask };
}

describe("what is stored", () => {
  it("is the response and the policy it was made under", async () => {
    const { store, ask } = storing(() => response({ answer: [a("example.com")] }));

    await ask("example.com");

    expect(store.find(keyOf("example.com"))?.generation).toBe(7);
  });

  it("is of before, and proves nothing of other names, where trust was lost while it was on its way (RFC 5011 §2.1)", async () => {
    let generation = 7;
    const { store, learnt, ask } = storing(
      () => {
        generation++;
        return response({ answer: [a("example.com")] });
      },
      () => generation,
    );

    await ask("example.com");
    await ask("example.net");

    expect(store.find(keyOf("example.com"))?.generation).toBe(7);
    expect(learnt).toEqual([]);
  });

  it("is nothing for which there is a local rule by now, whenever its question left", async () => {
    let hasRule = false;
    const { store, ask } = storing(
      () => {
        hasRule = true;
        return response({ answer: [a("example.com")] });
      },
      () => 7,
      () => hasRule,
    );

    await ask("example.com");

    expect(store.find(keyOf("example.com"))).toBeUndefined();
  });

  it("is not replaced by a failure while it may be served stale (RFC 8767 §4)", async () => {
    let answer = response({ answer: [a("example.com", 60)] });
    const { clock, store, ask } = storing(() => answer);
    await ask("example.com");
    const entry = store.find(keyOf("example.com"));

    answer = response({ rcode: Rcode.SERVFAIL });
    clock.advance(100_000);
    await ask("example.com");

    expect(store.find(keyOf("example.com"))).toBe(entry);
    expect((entry?.inTroubleUntil ?? 0) - clock.now()).toBe(30_000);
  });

  it.each([
    ["a TTL of 0", response({ answer: [a("example.com", 0, "192.0.2.2")] })],
    ["a denial without SOA", response({ rcode: Rcode.NXDOMAIN })],
  ])("is forgotten for %s, which is not kept but newer (RFC 8767 §4)", async (_what, newer) => {
    let answer = response({ answer: [a("example.com", 60)] });
    const { clock, store, ask } = storing(() => answer);
    await ask("example.com");

    answer = newer;
    clock.advance(100_000);
    await ask("example.com");

    expect(store.find(keyOf("example.com"))).toBeUndefined();
  });

  it("is replaced by a failure where the rules have changed since: that is never served again", async () => {
    let answer = response({ answer: [a("example.com", 3_000)] });
    let generation = 7;
    const { store, ask } = storing(
      () => answer,
      () => generation,
    );
    await ask("example.com");

    answer = response({ rcode: Rcode.SERVFAIL });
    generation++;
    await ask("example.com");

    expect(store.find(keyOf("example.com"))?.rcode).toBe(Rcode.SERVFAIL);
  });

  it("is spared by a failure of a question that left before the rules changed", async () => {
    let generation = 7;
    const { clock, store, ask } = storing(
      () => {
        const terms = { now: clock.now(), lifetime: 60, maxTtl: 60, minTtl: 0, generation: ++generation };
        const data = response({ answer: [a("example.com", 60)] });
        store.keep(keyOf("example.com"), new Entry(question("example.com"), data, terms));
        return response({ rcode: Rcode.SERVFAIL });
      },
      () => generation,
    );

    await ask("example.com");

    expect(store.find(keyOf("example.com"))?.rcode).toBe(Rcode.NOERROR);
  });
});
