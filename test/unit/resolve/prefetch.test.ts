import { describe, expect, it } from "vitest";
import { Rcode } from "../../../src/wire/codes.ts";
import { a, keyOf, response } from "../../support/records.ts";
import { queryOctets, Served } from "../../support/served.ts";

const NAME = "www.example.com";

/** A name of 100 seconds in the last five of them. */
async function ageing(): Promise<Served> {
  const server = new Served(() => response({ answer: [a(NAME, 100)] }));
  await server.ask({ qname: NAME });
  server.clock.advance(95_000);
  return server;
}

function ask(server: Served): void {
  server.handle(queryOctets({ qname: NAME }));
}

describe("a prefetch", () => {
  it("is for names asked again in the last tenth of their life, not before", async () => {
    const server = new Served(() => response({ answer: [a(NAME, 100)] }));
    await server.ask({ qname: NAME });

    server.clock.advance(89_000);
    ask(server);
    await server.clock.advanceAsync(11_500);

    expect(server.asked).toHaveLength(1);
  });

  it("leaves at a random moment of what is left: an operator does not see when a client asked", async () => {
    const moments = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const server = await ageing();
      for (let i = 0; i < seed; i++) server.random.u16();
      const since = server.clock.now();
      ask(server);
      while (server.asked.length < 2) server.clock.advance(1);
      moments.add(server.clock.now() - since);
    }

    expect(moments.size).toBeGreaterThan(15);
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...moments)).toBeLessThanOrEqual(5_000);
  });

  it("is counted", async () => {
    const server = await ageing();

    ask(server);
    await server.clock.advanceAsync(5_000);

    expect(server.counters.prefetches).toBe(1);
  });

  it("does not leave where its share of the upstream queries is used up, and that is counted", async () => {
    const server = await ageing();
    server.mayPrefetch = false;

    ask(server);
    await server.clock.advanceAsync(4_999, 100);
    ask(server);

    expect(server.asked).toHaveLength(1);
    expect([server.counters.prefetches, server.counters.prefetchesSpared]).toEqual([0, 1]);
  });

  it("does not leave for a name that was flushed meanwhile", async () => {
    const server = await ageing();
    ask(server);

    server.store.flush();
    await server.clock.advanceAsync(5_000);

    expect(server.asked).toHaveLength(1);
  });

  it("does not leave where the local rules have changed meanwhile: the name may be blocked by now", async () => {
    const server = await ageing();
    ask(server);

    server.generation++;
    await server.clock.advanceAsync(5_000);

    expect(server.asked).toHaveLength(1);
    expect(server.store.peek(keyOf(NAME))?.isRefreshing).toBe(false);
  });

  it("that failed is not tried again at once (RFC 9520 §3.2)", async () => {
    const server = await ageing();
    server.script = () => response({ rcode: Rcode.SERVFAIL });

    for (let i = 0; i < 499; i++) {
      ask(server);
      await server.clock.advanceAsync(10);
    }

    // The failures of 1, 2 and 4 seconds fill what was left.
    expect(server.asked.length).toBeLessThanOrEqual(1 + 3);
  });

  it("that a reload called off can be planned again by the next configuration", async () => {
    const server = await ageing();
    ask(server);

    server.misses.close();

    expect(server.store.peek(keyOf(NAME))?.isRefreshing).toBe(false);
    expect(server.clock.pending).toBe(0);
  });
});
