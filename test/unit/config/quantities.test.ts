import { describe, expect, it } from "vitest";
import { durationToText, parseDuration, parseSize, sizeToText } from "../../../src/config/quantities.ts";

describe("a duration of the configuration file", () => {
  it.each([
    ["250ms", 250],
    ["10s", 10_000],
    ["1.5s", 1_500],
    ["1h30m", 5_400_000],
    ["1d", 86_400_000],
    ["2w", 1_209_600_000],
    ["0s", 0],
  ])("reads %s as %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(["", "10", "s", "10 s", "-1s", "1y", "1s2", "10S", "1e3s"].map((text) => [text]))(
    "does not read %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each([[0], [250], [1_000], [90_000], [5_400_000], [86_400_000]])(
    "survives being written and read: %i",
    (milliseconds) => {
      expect(parseDuration(durationToText(milliseconds))).toBe(milliseconds);
    },
  );
});

describe("a size of the configuration file", () => {
  it.each([
    ["32MiB", 33_554_432],
    ["1GiB", 1_073_741_824],
    ["1.5KiB", 1_536],
    ["10MB", 10_000_000],
    ["512B", 512],
  ])("reads %s as %i octets", (text, octets) => {
    expect(parseSize(text)).toBe(octets);
  });

  it.each(["", "32", "MiB", "-1MiB", "32M", "32TiB"].map((text) => [text]))("does not read %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it("is written in the largest unit that divides it", () => {
    expect([1_536, 33_554_432, 100].map(sizeToText)).toEqual(["1536B", "32MiB", "100B"]);
  });
});
