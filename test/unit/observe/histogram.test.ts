import { describe, expect, it } from "vitest";
import { Histogram, quantile, RESPONSE_BOUNDS, UPSTREAM_BOUNDS } from "../../../src/observe/histogram.ts";

describe("a histogram", () => {
  it("counts an observation on a bound in the bucket below it, as Prometheus' le does", () => {
    const histogram = new Histogram([1, 2]);

    histogram.observe(1);

    expect(histogram.figures()).toEqual({ bounds: [1, 2], counts: [1, 0, 0], sum: 1, count: 1 });
  });

  it("counts what is past the last bound in a bucket of its own", () => {
    const histogram = new Histogram([1, 2]);

    histogram.observe(7);

    expect(histogram.figures().counts).toEqual([0, 0, 1]);
  });

  it("takes one observation for many, as a sample stands for them", () => {
    const histogram = new Histogram([1]);

    histogram.observe(0.5, 16);

    expect(histogram.figures()).toEqual({ bounds: [1], counts: [16, 0], sum: 8, count: 16 });
  });

  it.each([-1, Number.NaN])("counts %s as 0, so that the sum stays a number", (value) => {
    const histogram = new Histogram([1]);

    histogram.observe(value);

    expect(histogram.figures()).toEqual({ bounds: [1], counts: [1, 0], sum: 0, count: 1 });
  });

  it("gives figures that later observations do not change", () => {
    const histogram = new Histogram([1]);
    const figures = histogram.figures();

    histogram.observe(0.5);

    expect(figures.count).toBe(0);
  });

  it.each([
    ["responses", RESPONSE_BOUNDS],
    ["upstreams", UPSTREAM_BOUNDS],
  ])("has ascending bounds for %s", (_name, bounds) => {
    expect([...bounds].sort((a, b) => a - b)).toEqual(bounds);
  });
});

describe("a quantile", () => {
  it("lies within the bucket that holds its rank", () => {
    const histogram = new Histogram([1, 2, 4]);
    for (const value of [0.5, 1.5, 1.5, 3]) histogram.observe(value);

    expect(quantile(histogram.figures(), 0.5)).toBeCloseTo(1.5);
  });

  it("is unknown without observations", () => {
    expect(quantile(new Histogram([1]).figures(), 0.5)).toBeUndefined();
  });

  it("is the last bound where the observations lie past it", () => {
    const histogram = new Histogram([1, 2]);
    histogram.observe(100);

    expect(quantile(histogram.figures(), 0.99)).toBe(2);
  });
});
