import { describe, expect, it } from "vitest";
import { kinds, Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

describe.each(["ignores", "refuses", "hangs-up", "stranger"] as const)(
  "an outage of ten minutes, in which every server %s,",
  (welcome) => {
    it.each([
      ["with a client that goes on asking", 500],
      ["with a client that asks now and then", 20_000],
    ])("is over as soon as the servers are back, %s", async (_what, interval) => {
      const simulation = new Simulation({ operators: { one: [A], other: [B] } });
      await simulation.stream(50, 20);
      for (const peer of [simulation.network.peer(A), simulation.network.peer(B)]) {
        peer.isSilent = true;
        peer.welcome = welcome;
        if (welcome !== "ignores") peer.cut("reset");
      }

      for (let passed = 0; passed < 600_000; passed += interval) {
        simulation.ask(simulation.fates.length);
        await simulation.pass(interval, 250);
      }
      const duringOutage = kinds(simulation.fates.slice(50));
      for (const peer of [simulation.network.peer(A), simulation.network.peer(B)]) peer.recover();
      const first = await simulation.one(100_001);
      const second = await simulation.one(100_002);

      expect(duringOutage["right"]).toBeUndefined();
      expect(first).toMatchObject({ kind: "right", settled: 1 });
      expect(first.took).toBeLessThan(1_000);
      expect(second.kind).toBe("right");
      expect(second.took).toBeLessThan(1_000);
    });
  },
);

describe("a query that waits while every server is in backoff", () => {
  it("is not left without a dial", async () => {
    const simulation = new Simulation({ operators: { one: [A, B] } });
    for (const address of [A, B]) simulation.network.peer(address).welcome = "refuses";
    // Long enough for the backoff to be at its longest.
    for (let i = 0; i < 120; i++) {
      simulation.ask(i);
      await simulation.pass(1_000, 100);
    }
    const before = simulation.network.peer(A).dials + simulation.network.peer(B).dials;

    simulation.ask(1_000);
    await simulation.pass(30);

    expect(simulation.network.peer(A).dials + simulation.network.peer(B).dials).toBeGreaterThan(before);
  });
});

describe("the only server, silent while queries wait", () => {
  it.each([500, 1_000, 1_500, 2_000, 2_500, 3_000])(
    "for %i ms, answers them within half a second of being back",
    async (silence) => {
      const simulation = new Simulation({ operators: { one: [A] } });
      const peer = simulation.network.peer(A);
      await simulation.stream(100, 10);
      await simulation.land();
      peer.isSilent = true;
      await simulation.pass(1_100);
      const waiting = Array.from({ length: 20 }, (_, i) => simulation.ask(1_000 + i));
      await simulation.pass(silence);

      peer.isSilent = false;
      await simulation.pass(500);

      expect(kinds(waiting)).toEqual({ right: 20 });
    },
  );
});
