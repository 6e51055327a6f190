import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultLines, loadText } from "./load-text.ts";

const ANNOTATED = readFileSync(new URL("../../../conf/sotto.toml", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

/** Values of every type, and texts that are almost what some key wants. */
const VALUE = fc.oneof(
  fc.constantFrom(
    "true",
    "-1",
    "1e400",
    "nan",
    '""',
    "[]",
    "{}",
    "[[]]",
    '["", 1]',
    "1979-05-27",
    "07:32:00",
    "'''x'''",
  ),
  fc.constantFrom(
    '"9.9.9.9:853"',
    '["[::1%]:1"]',
    '"sha256/="',
    '"1h-1s"',
    '"99999999999999999999d"',
    '"\\u0000"',
  ),
  fc.string({ maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 20 }),
);

/** The annotated file with some of its lines changed. */
const DAMAGED = fc
  .array(fc.tuple(fc.nat(ANNOTATED.length - 1), VALUE, fc.constantFrom("value", "key", "whole", "twice")), {
    minLength: 1,
    maxLength: 6,
  })
  .map((changes) => {
    const lines = [...ANNOTATED];
    for (const [index, text, what] of changes) {
      const line = lines[index] ?? "";
      if (what === "value") lines[index] = line.replace(/=.*$/, () => `= ${text}`);
      else if (what === "key") lines[index] = line.replace(/^\w/, () => text.charAt(0));
      else lines[index] = what === "whole" ? text : `${line}\n${line}`;
    }
    return lines.join("\n");
  });

describe("a configuration file with any damage", () => {
  it("gives a configuration or faults, each on one line, and never throws", () => {
    fc.assert(
      fc.property(DAMAGED, (text) => {
        const result = loadText(text);

        const lines = faultLines(result);
        expect("config" in result).toBe(lines.length === 0);
        // biome-ignore lint: control characters are what this looks for.
        for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f]/);
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
