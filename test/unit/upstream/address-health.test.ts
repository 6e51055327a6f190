import { describe, expect, it } from "vitest";
import {
  type AddressHealth,
  backoffAfter,
  FIRST_BACKOFF_MS,
  healthAfter,
  MAX_BACKOFF_MS,
  UNTRIED,
} from "../../../src/upstream/address-health.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const random = new SeededRandom(3);

function failed(times: number, from: AddressHealth = UNTRIED): AddressHealth {
  let health = from;
  for (let i = 0; i < times; i++) health = healthAfter(health, "failed", 1_000, random);
  return health;
}

describe("the rest of an address that failed", () => {
  it("begins at 250 ms, doubles, and is 30 s at most", () => {
    expect([FIRST_BACKOFF_MS, MAX_BACKOFF_MS]).toEqual([250, 30_000]);
    for (let failures = 1; failures <= 40; failures++) {
      const full = Math.min(250 * 2 ** (failures - 1), 30_000);
      const backoff = backoffAfter(failures, random);
      expect(backoff).toBeLessThanOrEqual(full);
      expect(backoff).toBeGreaterThanOrEqual(0.75 * full);
    }
  });

  it("differs from one stub to the next", () => {
    const backoffs = new Set(Array.from({ length: 100 }, () => backoffAfter(4, random)));

    expect(backoffs.size).toBeGreaterThan(50);
  });

  it("is counted from now, for each failure in a row", () => {
    expect(failed(1)).toMatchObject({ phase: "down", failures: 1 });
    expect(failed(3)).toMatchObject({ phase: "down", failures: 3 });
    const { retryAt } = failed(2) as { retryAt: number };
    expect(retryAt).toBeGreaterThanOrEqual(1_375);
    expect(retryAt).toBeLessThanOrEqual(1_500);
  });

  it("is over, and forgotten, with an answer", () => {
    const up = healthAfter(failed(5), "answered", 2_000, random);

    expect(up).toEqual({ phase: "up" });
    expect(failed(1, up)).toMatchObject({ phase: "down", failures: 1 });
  });

  it("is over when the machine has slept or moved", () => {
    expect(healthAfter(failed(5), "reset", 2_000, random)).toBe(UNTRIED);
  });
});
