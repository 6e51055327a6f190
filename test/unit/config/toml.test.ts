import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readToml } from "../../../src/config/toml.ts";

const TEXT = `state_dir = "x"
listen.addresses = [
  "a",
  "b",
]
[upstream]
profile = "strict"
[[upstream.server]]
name = "q"
[[upstream.server]]
name = "m"
`;

describe("a TOML file", () => {
  it.each([
    [["state_dir"], 1],
    [["listen", "addresses"], 2],
    [["listen", "addresses", 1], 4],
    [["upstream"], 6],
    [["upstream", "profile"], 7],
    [["upstream", "server", 0, "name"], 9],
    [["upstream", "server", 1, "name"], 11],
  ])("knows the line of %j", (path, line) => {
    const { document } = readToml(TEXT);

    expect(document.lineOf(path)).toBe(line);
    expect(document.has(path)).toBe(true);
  });

  it("points at the table of a key that is not there", () => {
    const { document } = readToml(TEXT);

    expect(document.lineOf(["upstream", "server", 1, "auth_name"])).toBe(10);
    expect(document.has(["upstream", "server", 1, "auth_name"])).toBe(false);
  });

  it.each([
    ["level = info", 1, 'text must be in quotes: level = "info"'],
    ["[log]\nlevel: info", 2, 'write key = value, with "=" instead of ":"'],
    ["timeout = 10s", 1, 'must be in quotes: timeout = "10s"'],
    ["address = 127.0.0.1:53 # here", 1, 'must be in quotes: address = "127.0.0.1:53"'],
    ["[listen\nworkers = 1", 1, '"]" is missing after [listen'],
    ["a = 1\na = 2", 2, "a: is set twice"],
    ["[a]\nx = 1\n[a]\ny = 1", 3, "[a]: is set twice"],
    ['a = "x', 1, "unterminated string"],
  ])("with %j says on line %i: %s", (text, line, words) => {
    const { faults } = readToml(text);

    expect(faults).toHaveLength(1);
    expect(faults[0]?.line).toBe(line);
    expect(faults[0]?.text).toContain(words);
  });

  it("shows every fault that has a line of its own, and still reads the rest", () => {
    const { document, faults } = readToml('a = x\nb = 1\nc = 10s\n[t]\nd = "e"\nf = g');

    expect(faults.map(({ line }) => line)).toEqual([1, 3, 6]);
    expect(document.values).toMatchObject({ b: 1, t: { d: "e" } });
  });

  it("stops at a fault that reaches beyond its line", () => {
    expect(readToml("a = [\n1\nb = 2\nc = d").faults).toHaveLength(1);
  });

  it("does not mind a byte order mark, or line ends of Windows", () => {
    expect(readToml("\uFEFFa = 1\r\nb = 2\r\n").document.values).toEqual({ a: 1, b: 2 });
  });

  it("does not let a key reach the prototype of objects", () => {
    readToml("[__proto__]\npolluted = true");

    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("ends in values or faults, whatever the text", () => {
    const alphabet = fc.constantFrom(
      "a",
      "b",
      "=",
      '"',
      "'",
      "[",
      "]",
      "{",
      "}",
      "\n",
      "1",
      ".",
      ",",
      "#",
      " ",
      "\\",
    );

    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 40 }), (parts) => {
        const { document, faults } = readToml(parts.join(""));

        return typeof document.values === "object" && Array.isArray(faults);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});
