import { describe, expect, it } from "vitest";
import { Families } from "../../../src/upstream/families.ts";

const MINUTE = 60_000;

function failing(families: Families, times: number, now = 0): void {
  for (let i = 0; i < times; i++) families.failed(true, now);
}

describe("a family whose addresses never open while the other's do", () => {
  it("is rested for a minute after three failures in a row", () => {
    const families = new Families();
    families.opened(false);

    failing(families, 2);
    expect(families.isResting(true, 0)).toBe(false);
    failing(families, 1);

    expect(families.isResting(true, MINUTE - 1)).toBe(true);
    expect(families.isResting(true, MINUTE)).toBe(false);
    expect(families.isResting(false, 0)).toBe(false);
  });

  it("is rested twice as long each time, an hour at most", () => {
    const families = new Families();
    families.opened(false);
    const rests = Array.from({ length: 9 }, () => {
      failing(families, 3);
      return [1, 2, 4, 8, 16, 32, 60, 61].findIndex((minutes) => !families.isResting(true, minutes * MINUTE));
    });

    expect(rests).toEqual([0, 1, 2, 3, 4, 5, 6, 6, 6]);
  });

  it("is taken up again at once when it works, or on another network", () => {
    const families = new Families();
    families.opened(false);
    failing(families, 3);
    families.opened(true);
    expect(families.isResting(true, 1)).toBe(false);

    failing(families, 3);
    families.forget();
    expect(families.isResting(true, 1)).toBe(false);
  });
});

describe("a family that fails with the other one", () => {
  it("is not rested: it is not the family's fault", () => {
    const families = new Families();

    failing(families, 20);

    expect(families.isResting(true, 0)).toBe(false);
  });
});

describe("an address that was never measured", () => {
  it("is tried before the measured ones, IPv6 first (RFC 8305 §4)", () => {
    const families = new Families();

    expect(families.unmeasured(true)).toBeLessThan(families.unmeasured(false));
    expect(families.unmeasured(false)).toBeLessThan(5);
  });
});
