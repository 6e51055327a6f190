import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import { type LookupDeps, lookUp } from "../../../src/compose/lookups.ts";
import type { Exchange, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, keyOf, question, response, soa } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const ASKED = question("www.example.com");

/** A store with one answer that has a life of 60 s, looked up after `age` seconds through `exchange`. */
function lookupDeps(
  age: number,
  exchange: Exchange,
  verdictHolds = 86_400,
): LookupDeps & { clock: ManualClock } {
  const clock = new ManualClock();
  const store = new Store({ size: 1 << 20 }, new SeededRandom());
  const terms = { now: clock.now(), lifetime: 60, maxTtl: 86_400, minTtl: 0, generation: 1 };
  const kept = response({ answer: [a("www.example.com", 60)], verdict: "secure", maxLifetime: verdictHolds });
  store.keep(keyOf("www.example.com"), new Entry(ASKED, kept, terms));
  clock.advance(age * 1_000);
  return {
    local: { generation: 1, answer: () => undefined, isAnswered: () => false },
    store,
    synthesis: undefined,
    storing: exchange,
    answers: exchange,
    clock,
    queryTimeout: 4_000,
    staleAfter: 1_800,
    serveStale: 86_400_000,
  };
}

const NOBODY: Exchange = {
  exchange: () => Promise.reject(new ResolutionError("upstream-unreachable", "nobody is there")),
};
const answering = (given: Partial<Response>): Exchange => ({
  exchange: () => Promise.resolve(response(given)),
});

describe("a lookup for the operator", () => {
  it("that the cache answers has TTLs that count down (RFC 1035 §3.2.1)", async () => {
    const lookup = await lookUp(ASKED, {}, lookupDeps(6.9, NOBODY));

    expect(lookup.fromCache).toBe(true);
    expect(lookup.response.answer.map(({ ttl }) => ttl)).toEqual([54]);
  });
});

describe("a lookup for the operator of a name that does not exist", () => {
  it.each([false, true])(
    "is answered by what is known of its A query, unless its steps are told: %s",
    async (trace) => {
      const deps = lookupDeps(0, answering({ answer: [] }));
      const terms = { now: deps.clock.now(), lifetime: 60, maxTtl: 60, minTtl: 0, generation: 1 };
      const denial = response({ rcode: 3, authority: [soa("example.com", 60, 60)] });
      deps.store.keep(keyOf("no.example.com"), new Entry(question("no.example.com"), denial, terms));

      const lookup = await lookUp(question("no.example.com", Type.AAAA), { trace }, deps);

      expect(lookup).toMatchObject({ fromCache: !trace, response: { rcode: trace ? 0 : 3 } });
    },
  );
});

describe("a lookup for the operator of what has expired", () => {
  const stale = {
    fromCache: true,
    response: { rcode: 0, verdict: "secure", errors: [{ infoCode: 3 }], answer: [{ ttl: 30 }] },
  };

  it.each([false, true])(
    "is stale as for clients where nobody answers (RFC 8767), steps told: %s",
    async (trace) => {
      expect(await lookUp(ASKED, { trace }, lookupDeps(61, NOBODY))).toMatchObject(stale);
    },
  );

  it("is stale where what comes is a failure", async () => {
    expect(await lookUp(ASKED, {}, lookupDeps(61, answering({ rcode: 2 })))).toMatchObject(stale);
    expect(await lookUp(ASKED, {}, lookupDeps(61, answering({ verdict: "bogus" })))).toMatchObject(stale);
  });

  it("is what comes where checking is disabled, be it bogus", async () => {
    const lookup = await lookUp(
      ASKED,
      { checkingDisabled: true },
      lookupDeps(61, answering({ verdict: "bogus" })),
    );

    expect(lookup).toMatchObject({ fromCache: false, response: { verdict: "bogus" } });
  });

  it("is stale after cache.stale_after", async () => {
    const deps = lookupDeps(61, { exchange: () => new Promise(() => undefined) });
    const lookup = lookUp(ASKED, {}, deps);
    deps.clock.advance(1_800);

    expect(await lookup).toMatchObject({ ...stale, elapsedMs: 1_800 });
  });

  it("is fresh where that is to be had", async () => {
    const lookup = await lookUp(
      ASKED,
      {},
      lookupDeps(61, answering({ answer: [a("www.example.com", 300)] })),
    );

    expect(lookup).toMatchObject({ fromCache: false, response: { errors: [], answer: [{ ttl: 300 }] } });
  });

  it("is secure no more once its signatures have expired (RFC 4035 §5.3.3)", async () => {
    const lookup = await lookUp(ASKED, {}, lookupDeps(61, NOBODY, 60));

    expect(lookup).toMatchObject({ ...stale, response: { ...stale.response, verdict: "insecure" } });
  });

  it("is the failure past cache.serve_stale", async () => {
    const deps = { ...lookupDeps(61, NOBODY), serveStale: 0 };

    expect(await lookUp(ASKED, {}, deps)).toMatchObject({ fromCache: false, response: { rcode: 2 } });
  });
});
