import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../../scripts/generate-conf.ts";
import { configFrom, faultLines, loadText, warningLines } from "./load-text.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../../conf/${path}`, import.meta.url), "utf8");

const PROVIDERS = readdirSync(new URL("../../../conf/providers", import.meta.url));

describe("conf/sotto.toml", () => {
  it("holds the built-in defaults, without a fault or a warning", () => {
    const result = loadText(read("sotto.toml"));

    expect([...faultLines(result), ...warningLines(result)]).toEqual([]);
    expect(configFrom(read("sotto.toml"))).toEqual(configFrom(""));
  });

  it("explains every key in lines of at most 100 columns", () => {
    const lines = read("sotto.toml").split("\n");

    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
    for (const [index, line] of lines.entries()) {
      const inBlock = lines
        .slice(0, index)
        .findLast((other) => other === "" || other.startsWith("[["))
        ?.startsWith("[[");
      if (/^\w+ = /.test(line) && inBlock !== true) expect(lines[index - 1], line).toMatch(/^# /);
    }
  });
});

describe("a generated file of conf/", () => {
  it.each(Object.entries(generatedFiles()))(
    "%s is what the sources say (npx tsx scripts/generate-conf.ts writes it)",
    (path, text) => {
      expect(read(path)).toBe(text);
    },
  );
});

describe("conf/providers", () => {
  it.each(PROVIDERS)("%s passes every check", (file) => {
    const text = read(`providers/${file}`);
    const result = loadText(text);

    expect([...faultLines(result), ...warningLines(result)]).toEqual([]);
    expect(text).toMatch(/2026-11/);
    expect(configFrom(text).upstream.servers.every(({ pins }) => pins.length === 0)).toBe(true);
  });
});

describe("a configuration for one kind of machine", () => {
  it.each(["openwrt/sotto.toml", "container/sotto.toml"])("%s passes every check", (path) => {
    const result = loadText(read(path));

    expect([...faultLines(result), ...warningLines(result)]).toEqual([]);
  });
});
