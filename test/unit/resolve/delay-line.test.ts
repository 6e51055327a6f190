import { describe, expect, it } from "vitest";
import { DelayLine } from "../../../src/resolve/delay-line.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function line(rings: (who: string) => void = () => undefined) {
  const clock = new ManualClock();
  const rung: string[] = [];
  const places = new DelayLine<string>(clock, 100, (who) => {
    rung.push(who);
    rings(who);
  });
  return { clock, rung, push: (who: string) => places.push(who, clock.now()), places };
}

describe("a line of equal delays", () => {
  it("rings for each when its own delay is over, behind one timer", () => {
    const { clock, rung, push } = line();
    push("first");
    clock.advance(60);
    push("second");

    expect(clock.pending).toBe(1);
    clock.advance(40);
    expect(rung).toEqual(["first"]);
    clock.advance(60);
    expect(rung).toEqual(["first", "second"]);
    expect(clock.pending).toBe(0);
  });

  it("does not ring for who has left", () => {
    const { clock, rung, push } = line();
    push("first").cancel();
    push("second");

    clock.advance(200);

    expect(rung).toEqual(["second"]);
  });

  it("takes whom a ring brings", () => {
    const one = line((who) => {
      if (who === "first") one.push("second");
    });
    one.push("first");

    one.clock.advance(201);

    expect(one.rung).toEqual(["first", "second"]);
  });

  it("leaves no timer after close", () => {
    const { clock, push, places } = line();
    push("first");

    places.close();

    expect(clock.pending).toBe(0);
  });
});
