import { describe, expect, it } from "vitest";
import { Simulation } from "../../support/simulation.ts";

const A = "192.0.2.1";

describe("the look at the machine's network", () => {
  it("makes connections anew when it has changed", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(1);

    simulation.fingerprint = "café";
    await simulation.stream(5, 1_000);

    expect(simulation.sessionsForgotten).toBe(1);
  });

  it("changes nothing when the system cannot tell, as without a descriptor left (EMFILE)", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    await simulation.one(1);

    simulation.fingerprint = undefined;
    const meanwhile = await simulation.stream(5, 1_000);
    simulation.fingerprint = "home";
    await simulation.stream(5, 1_000);

    expect(meanwhile.map(({ kind }) => kind)).toEqual(Array(5).fill("right"));
    expect(simulation.sessionsForgotten).toBe(0);
  });
});
