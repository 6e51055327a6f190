import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instant } from "../../../src/ports/clock.ts";
import { type Sleeper, TICK_MS, TimeWheel } from "../../../src/upstream/time-wheel.ts";
import { ManualClock } from "../../support/manual-clock.ts";

class Alarm implements Sleeper {
  wakeAt: Instant = 0;
  slot = -1;
  previous: Sleeper | undefined = undefined;
  next: Sleeper | undefined = undefined;
  readonly wokenAt: Instant[] = [];
  readonly onWake: () => void;

  constructor(onWake: () => void = () => {}) {
    this.onWake = onWake;
  }

  wake(now: Instant): void {
    this.wokenAt.push(now);
    this.onWake();
  }
}

describe("a sleeper", () => {
  it.each([0, 1, 15, 16, 17, 300, 4_000, 8_191, 8_192, 60_000])(
    "to be woken in %i ms is woken once, not before and at most two ticks after",
    (delay) => {
      const clock = new ManualClock();
      const wheel = new TimeWheel(clock);
      const alarm = new Alarm();
      const due = clock.now() + delay;

      wheel.schedule(alarm, due);
      clock.advance(delay + 10 * TICK_MS);

      expect(alarm.wokenAt).toHaveLength(1);
      expect(alarm.wokenAt[0]).toBeGreaterThanOrEqual(due);
      expect(alarm.wokenAt[0]).toBeLessThanOrEqual(due + 2 * TICK_MS);
    },
  );

  it("that is put off sleeps on", () => {
    const clock = new ManualClock();
    const wheel = new TimeWheel(clock);
    const alarm = new Alarm();
    wheel.schedule(alarm, clock.now() + 100);

    wheel.schedule(alarm, clock.now() + 1_000);
    clock.advance(500);

    expect(alarm.wokenAt).toEqual([]);
    expect(wheel.size).toBe(1);
  });

  it("that is cancelled is not woken, even by another of the same tick", () => {
    const clock = new ManualClock();
    const wheel = new TimeWheel(clock);
    const victim = new Alarm();
    const killer = new Alarm(() => {
      wheel.cancel(victim);
    });
    wheel.schedule(victim, clock.now() + 100);
    wheel.schedule(killer, clock.now() + 100);

    clock.advance(1_000);

    expect(killer.wokenAt).toHaveLength(1);
    expect(victim.wokenAt).toEqual([]);
  });

  it("may be scheduled again by its own waking", () => {
    const clock = new ManualClock();
    const wheel = new TimeWheel(clock);
    let left = 5;
    const alarm: Alarm = new Alarm(() => {
      if (--left > 0) wheel.schedule(alarm, clock.now());
    });
    wheel.schedule(alarm, clock.now());

    clock.advance(1_000);

    expect(alarm.wokenAt).toHaveLength(5);
  });

  it("is woken after a suspend that was longer than the wheel", () => {
    const clock = new ManualClock();
    let late: (() => void) | undefined;
    // A timer of a process that was stopped fires late.
    const wheel = new TimeWheel({
      now: () => clock.now(),
      wall: () => clock.wall(),
      after: (_delay, task) => {
        late = task;
        return () => {};
      },
    });
    const alarms = [1, 100, 5_000, 9_000].map((delay) => {
      const alarm = new Alarm();
      wheel.schedule(alarm, clock.now() + delay);
      return alarm;
    });
    clock.advance(3_600_000);

    late?.();

    for (const { wokenAt } of alarms) expect(wokenAt).toHaveLength(1);
  });
});

describe("the timer of the wheel", () => {
  it("runs only while somebody sleeps", () => {
    const clock = new ManualClock();
    const wheel = new TimeWheel(clock);
    expect(clock.pending).toBe(0);

    wheel.schedule(new Alarm(), clock.now() + 50);
    expect(clock.pending).toBe(1);
    clock.advance(200);

    expect(clock.pending).toBe(0);
  });

  it("ends with the wheel", () => {
    const clock = new ManualClock();
    const wheel = new TimeWheel(clock);
    wheel.schedule(new Alarm(), clock.now() + 50);

    wheel.stop();

    expect(clock.pending).toBe(0);
  });
});

describe("any number of sleepers", () => {
  it("are each woken in time, whatever is cancelled meanwhile", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ delay: fc.nat(20_000), pause: fc.nat(300), cancels: fc.boolean() }), {
          maxLength: 60,
        }),
        (plan) => {
          const clock = new ManualClock();
          const wheel = new TimeWheel(clock);
          const expected: { alarm: Alarm; due: Instant }[] = [];
          for (const { delay, pause, cancels } of plan) {
            const alarm = new Alarm();
            wheel.schedule(alarm, clock.now() + delay);
            if (cancels) wheel.cancel(alarm);
            else expected.push({ alarm, due: clock.now() + delay });
            clock.advance(pause);
          }
          clock.advance(25_000);
          for (const { alarm, due } of expected) {
            expect(alarm.wokenAt).toHaveLength(1);
            expect(alarm.wokenAt[0]).toBeGreaterThanOrEqual(due);
            expect(alarm.wokenAt[0]).toBeLessThanOrEqual(due + 2 * TICK_MS);
          }
          expect(wheel.size).toBe(0);
          expect(clock.pending).toBe(0);
        },
      ),
      { seed: 2, numRuns: 60 },
    );
  });
});
