import { describe, expect, it } from "vitest";
import { Habits } from "../../../src/upstream/habits.ts";

const HOUR = 3_600_000;

describe("a peer that closes idle connections (RFC 7766 §6.2.3)", () => {
  it("is closed first: after four fifths of the shortest time it was seen to wait", () => {
    const habits = new Habits();
    habits.closedIdle(5_000, 0);
    habits.closedIdle(2_000, 0);
    habits.closedIdle(9_000, 0);

    expect(habits.idleTimeout(8_000, 0)).toBe(1_600);
    expect(habits.observedIdleLimit).toBe(2_000);
  });

  it("does not make us wait longer than configured", () => {
    const habits = new Habits();
    habits.closedIdle(60_000, 0);

    expect(habits.idleTimeout(8_000, 0)).toBe(8_000);
  });

  it("is not taken for one when it closes right after an answer", () => {
    const habits = new Habits();
    habits.closedIdle(499, 0);

    expect(habits.idleTimeout(8_000, 0)).toBe(8_000);
    expect(habits.observedIdleLimit).toBeUndefined();
  });

  it("is forgotten after an hour, or on another network", () => {
    const habits = new Habits();
    habits.closedIdle(1_000, 0);
    expect(habits.idleTimeout(8_000, HOUR)).toBe(800);
    expect(habits.idleTimeout(8_000, HOUR + 1)).toBe(8_000);

    habits.closedIdle(1_000, HOUR);
    habits.forget();
    expect(habits.idleTimeout(8_000, HOUR)).toBe(8_000);
  });
});

describe("a peer that closes after so many answers", () => {
  it("is believed to have a limit after the same number twice in a row", () => {
    const habits = new Habits();
    habits.closedBusy(3, 0);
    habits.closedBusy(4, 0);
    habits.closedBusy(3, 0);
    expect(habits.queryLimit(0)).toBe(Number.POSITIVE_INFINITY);

    habits.closedBusy(3, 0);
    expect(habits.queryLimit(0)).toBe(3);
    expect(habits.isLimitConfirmed(0)).toBe(false);
  });

  it("is relied on for a minute after a third time", () => {
    const habits = new Habits();
    for (let i = 0; i < 3; i++) habits.closedBusy(3, 1_000);

    expect(habits.isLimitConfirmed(60_999)).toBe(true);
    expect(habits.isLimitConfirmed(61_000)).toBe(false);
  });

  it("is not believed any more once it was seen to go on", () => {
    const habits = new Habits();
    for (let i = 0; i < 3; i++) habits.closedBusy(3, 0);
    habits.forgetQueryLimit();

    expect(habits.queryLimit(0)).toBe(Number.POSITIVE_INFINITY);
    expect(habits.isLimitConfirmed(0)).toBe(false);
    habits.closedBusy(3, 0);
    expect(habits.queryLimit(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is forgotten after an hour", () => {
    const habits = new Habits();
    for (let i = 0; i < 2; i++) habits.closedBusy(3, 0);

    expect(habits.queryLimit(HOUR)).toBe(3);
    expect(habits.queryLimit(HOUR + 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a peer that falls silent in the middle of what it was sent, and then closes", () => {
  it("is asked one query at a time for a minute after the second time", () => {
    const habits = new Habits();
    habits.closedSilent(1, 1_000, 0);
    expect(habits.readsOneAtATime(0)).toBe(false);

    habits.closedSilent(4, 1_000, 1_000);
    expect(habits.readsOneAtATime(60_999)).toBe(true);
    expect(habits.readsOneAtATime(61_000)).toBe(false);
  });

  it("is not taken for one when it closes promptly, without an answer, at its limit, or seldom", () => {
    const habits = new Habits();
    for (let i = 0; i < 2; i++) habits.closedBusy(3, 0);
    for (let i = 0; i < 2; i++) {
      habits.closedSilent(1, 499, 0);
      habits.closedSilent(0, 1_000, 0);
      habits.closedSilent(3, 1_000, 0);
      habits.closedSilent(1, 1_000, i * 60_000);
    }

    expect(habits.readsOneAtATime(60_000)).toBe(false);
  });

  it("is asked as any other on another network", () => {
    const habits = new Habits();
    for (let i = 0; i < 2; i++) habits.closedSilent(1, 1_000, 0);
    habits.forget();

    expect(habits.readsOneAtATime(0)).toBe(false);
  });
});
