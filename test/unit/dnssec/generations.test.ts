import { describe, expect, it } from "vitest";
import { Generations } from "../../../src/dnssec/generations.ts";

describe("a map of two generations", () => {
  it("forgets what was not used for a whole generation, and keeps what was", () => {
    const map = new Generations<string, number>(2);
    map.set("used", 1);
    map.set("idle", 2);
    map.set("c", 3); // The second generation begins.

    expect(map.get("used")).toBe(1);
    map.set("d", 4); // And the third.

    expect([map.get("used"), map.get("idle"), map.get("c"), map.get("d")]).toEqual([1, undefined, 3, 4]);
  });

  it("holds at most twice its capacity, in entries or in what each weighs", () => {
    const entries = new Generations<number, number>(10);
    const heavy = new Generations<number, number>(10, (weight) => weight);
    for (let i = 0; i < 1_000; i++) {
      entries.set(i, i);
      heavy.set(i, 5);
    }

    expect(entries.size).toBeLessThanOrEqual(20);
    expect(heavy.size).toBeLessThanOrEqual(4);
  });

  it("counts a key once though it is in both", () => {
    const map = new Generations<string, number>(1);
    map.set("a", 1);
    map.set("b", 2);
    map.get("a");

    expect(map.size).toBe(2);
    map.clear();
    expect([map.size, map.get("a")]).toEqual([0, undefined]);
  });
});
