import { describe, expect, it } from "vitest";
import { Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

function two(): Simulation {
  return new Simulation({ operators: { one: [A], other: [B] } });
}

/** Every peer does so, and no connection is left. */
function all(simulation: Simulation, welcome: "ignores" | "refuses" | "stranger"): void {
  for (const peer of [simulation.network.peer(A), simulation.network.peer(B)]) peer.welcome = welcome;
}

describe("upstreams are cut off", () => {
  it("not before one was tried", () => {
    const simulation = two();
    all(simulation, "refuses");

    expect(simulation.upstreams.outlook()).toMatchObject({
      isCutOff: false,
      heardAt: Number.NEGATIVE_INFINITY,
    });
  });

  it.each(["ignores", "refuses", "stranger"] as const)("when each of them %s", async (welcome) => {
    const simulation = two();
    all(simulation, welcome);

    simulation.ask(1);
    await simulation.pass(3_000, 50);

    expect(simulation.upstreams.outlook().isCutOff).toBe(true);
  });

  it("not while one of two operators answers", async () => {
    const simulation = two();
    simulation.network.peer(A).welcome = "refuses";

    for (let nth = 0; nth < 20; nth++) simulation.ask(nth);
    await simulation.pass(3_000, 50);
    const { isCutOff, heardAt } = simulation.upstreams.outlook();

    expect(isCutOff).toBe(false);
    expect(heardAt).toBeGreaterThan(0);
  });

  it("not any more when one has answered, which is known from then on", async () => {
    const simulation = two();
    all(simulation, "refuses");
    simulation.ask(1);
    await simulation.pass(3_000, 50);
    const before = simulation.upstreams.outlook();
    for (const address of [A, B]) simulation.network.peer(address).recover();
    await simulation.one(2);
    const after = simulation.upstreams.outlook();

    expect([before.isCutOff, after.isCutOff]).toEqual([true, false]);
    expect(after.heardAt).toBeGreaterThan(before.heardAt);
  });

  it("not any more on another network, which is looked at with the question", async () => {
    const simulation = two();
    all(simulation, "refuses");
    simulation.ask(1);
    await simulation.pass(3_000, 50);
    const before = simulation.upstreams.outlook();
    simulation.fingerprint = "café";
    const after = simulation.upstreams.outlook();

    expect([before.isCutOff, after.isCutOff]).toEqual([true, false]);
    expect(after.network).not.toBe(before.network);
  });

  it("not any more when the machine has slept: that counts as another network", () => {
    const simulation = two();
    const { network } = simulation.upstreams.outlook();
    simulation.upstreams.wakeUp();

    expect(simulation.upstreams.outlook().network).not.toBe(network);
  });
});
