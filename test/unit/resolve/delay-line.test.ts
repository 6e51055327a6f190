import { describe, expect, it } from "vitest";
import { DelayLine } from "../../../src/resolve/delay-line.ts";
import { ManualClock } from "../../support/manual-clock.ts";

describe("a line of equal delays", () => {
  it("runs each task when its own delay is over, behind one timer", () => {
    const clock = new ManualClock();
    const line = new DelayLine(clock, 100);
    const ran: string[] = [];
    line.push(() => ran.push("first"));
    clock.advance(60);
    line.push(() => ran.push("second"));

    expect(clock.pending).toBe(1);
    clock.advance(40);
    expect(ran).toEqual(["first"]);
    clock.advance(60);
    expect(ran).toEqual(["first", "second"]);
    expect(clock.pending).toBe(0);
  });

  it("does not run a cancelled task", () => {
    const clock = new ManualClock();
    const line = new DelayLine(clock, 100);
    let ran = 0;
    line.push(() => ran++).cancel();
    line.push(() => ran++);

    clock.advance(200);

    expect(ran).toBe(1);
  });

  it("takes tasks that a task pushes", () => {
    const clock = new ManualClock();
    const line = new DelayLine(clock, 100);
    let ran = 0;
    line.push(() => line.push(() => ran++));

    clock.advance(201);

    expect(ran).toBe(1);
  });

  it("leaves no timer after close", () => {
    const clock = new ManualClock();
    const line = new DelayLine(clock, 100);
    line.push(() => undefined);

    line.close();

    expect(clock.pending).toBe(0);
  });
});
