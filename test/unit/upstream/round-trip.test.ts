import { describe, expect, it } from "vitest";
import { MAX_TIMEOUT_MS, MIN_TIMEOUT_MS, RoundTrip } from "../../../src/upstream/round-trip.ts";

function measured(...samples: readonly number[]): RoundTrip {
  const roundTrip = new RoundTrip();
  for (const sample of samples) roundTrip.add(sample);
  return roundTrip;
}

describe("the time-out of a query (RFC 6298 §2)", () => {
  it("is a second while nothing is known", () => {
    expect(new RoundTrip().timeout).toBe(MAX_TIMEOUT_MS);
    expect(new RoundTrip().smoothed).toBeUndefined();
  });

  it("is the mean and four deviations, the first sample's half at first", () => {
    expect(measured(150).timeout).toBe(150 + 4 * 75);
  });

  it("moves by an eighth and a quarter with each sample", () => {
    const roundTrip = measured(100, 200);

    expect(roundTrip.smoothed).toBe(100 + 100 / 8);
    expect(roundTrip.timeout).toBe(112.5 + 4 * (50 + 50 / 4));
  });

  it("is never so short that one slow resolution looks like silence, nor longer than a second", () => {
    expect(measured(...Array.from({ length: 50 }, () => 5)).timeout).toBe(MIN_TIMEOUT_MS);
    expect(measured(3_000).timeout).toBe(MAX_TIMEOUT_MS);
  });

  it("starts from the handshake, until something was measured", () => {
    const roundTrip = new RoundTrip();
    roundTrip.guess(40);
    expect(roundTrip.smoothed).toBe(40);
    expect(roundTrip.timeout).toBe(40 + 4 * 100);

    roundTrip.guess(4_000);
    expect(roundTrip.smoothed).toBe(40);
  });

  it("is open again on another path", () => {
    const roundTrip = measured(10, 10);
    roundTrip.forget();

    expect(roundTrip.timeout).toBe(MAX_TIMEOUT_MS);
    roundTrip.add(80);
    expect(roundTrip.smoothed).toBe(80);
  });
});
