import { describe, expect, it } from "vitest";
import type { Budget, Query, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { budgetUntil } from "../../../src/resolve/budget.ts";
import { Flights } from "../../../src/resolve/coalesced.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { keyOf, question, response } from "../../support/records.ts";

interface Call {
  readonly query: Query;
  readonly budget: Budget;
  land(response: Response): void;
  fail(error: unknown): void;
}

function flights(maxFlights = 10) {
  const clock = new ManualClock();
  const calls: Call[] = [];
  const next = {
    exchange: (query: Query, budget: Budget) =>
      new Promise<Response>((land, fail) => {
        calls.push({ query, budget, land, fail });
      }),
  };
  return { clock, calls, flights: new Flights(next, { clock, random: new SeededRandom(1) }, { maxFlights }) };
}

function asking(name: string, more: Partial<Query> = {}): Query {
  return { question: question(name), key: keyOf(name), purpose: "client", ...more };
}

const SPENT = new ResolutionError("work-exhausted", "spent");

/** A budget with so many upstream queries left. */
function budgetOf(upstreamQueries: number): Budget {
  const { deadline, work } = budgetUntil(5_000);
  return { deadline, work: { ...work, upstreamQueries } };
}

const LATE = new ResolutionError("deadline-exceeded", "late");

describe("a flight", () => {
  it("is shared by everybody who asks the same", async () => {
    const { flights: shared, calls } = flights();
    const landed = Promise.all([
      shared.exchange(asking("example.com"), budgetUntil(5_000)),
      shared.exchange(asking("example.com"), budgetUntil(5_000)),
    ]);

    calls[0]?.land(response());
    await landed;

    expect(calls).toHaveLength(1);
    expect(shared.size).toBe(0);
  });

  it("is asked again for a late joiner who has time left when it ran out of its own", async () => {
    const { flights: shared, calls } = flights();
    const first = shared.exchange(asking("example.com"), budgetUntil(5_000));
    const joiner = shared.exchange(asking("example.com"), budgetUntil(8_000));

    calls[0]?.fail(LATE);
    await expect(first).rejects.toBe(LATE);
    await settle();
    calls[1]?.land(response({ upstream: "second" }));

    expect((await joiner).upstream).toBe("second");
  });

  it("is asked again for a joiner with work left when it used up its own, as a decoy's does", async () => {
    const { flights: shared, calls } = flights();
    const first = shared.exchange(asking("example.com", { purpose: "decoy" }), budgetOf(2));
    const joiner = shared.exchange(asking("example.com"), budgetOf(50));

    calls[0]?.fail(SPENT);
    await expect(first).rejects.toBe(SPENT);
    await settle();
    calls[1]?.land(response({ upstream: "second" }));

    expect((await joiner).upstream).toBe("second");
    expect(calls[1]?.budget.work.upstreamQueries).toBe(50);
  });

  it("that used up its work is asked again once for all who wait, however many", async () => {
    const { flights: shared, calls } = flights();
    const all = [1, 50, 60, 70].map((work) => shared.exchange(asking("example.com"), budgetOf(work)));
    const results = Promise.allSettled(all);

    for (let round = 0; round < 4; round++) {
      calls[round]?.fail(SPENT);
      await settle();
    }

    expect((await results).map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    expect(calls).toHaveLength(2);
  });

  it("that used up its work fails for a joiner who has none left either", async () => {
    const { flights: shared, calls } = flights();
    const all = [1, 0].map((work) => shared.exchange(asking("example.com"), budgetOf(work)));
    const results = Promise.allSettled(all);

    calls[0]?.fail(SPENT);

    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toHaveLength(1);
  });

  it("that failed for another reason fails for its joiners too", async () => {
    const { flights: shared, calls } = flights();
    const bug = new Error("bug");
    const all = [
      shared.exchange(asking("example.com"), budgetUntil(5_000)),
      shared.exchange(asking("example.com"), budgetUntil(8_000)),
    ];

    calls[0]?.fail(bug);

    const results = await Promise.allSettled(all);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    expect(calls).toHaveLength(1);
  });

  it("is not shared with a retry that avoids a server", () => {
    const { flights: shared, calls } = flights();
    void shared.exchange(asking("example.com"), budgetUntil(5_000)).catch(() => undefined);
    void shared.exchange(asking("example.com", { avoid: "one" }), budgetUntil(5_000)).catch(() => undefined);

    expect(calls).toHaveLength(2);
  });

  it("is refused when too many are aloft", async () => {
    const { flights: shared } = flights(1);
    void shared.exchange(asking("a.example"), budgetUntil(5_000)).catch(() => undefined);

    await expect(shared.exchange(asking("b.example"), budgetUntil(5_000))).rejects.toMatchObject({
      fault: "overloaded",
    });
  });
});
