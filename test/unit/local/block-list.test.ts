import { describe, expect, it } from "vitest";
import { readBlockLists } from "../../../src/local/block-list.ts";
import { nameHash } from "../../../src/local/name-hash.ts";
import { Cover, NameSet } from "../../../src/local/name-set.ts";
import { blockedBy, list, localData, name, SEED } from "./support.ts";

async function blocks(lines: string[], asked: string): Promise<boolean> {
  return localData({ blocked: await blockedBy(...lines) }).isBlocked(name(asked));
}

describe("a line of a block list", () => {
  it.each([
    ["example.com", "example.com", true],
    ["example.com", "www.a.example.com", true],
    ["example.com", "example.com.evil.net", false],
    ["example.com", "notexample.com", false],
    ["example.com", "com", false],
    ["Example.COM.", "example.com", true],
    ["=example.com", "example.com", true],
    ["=example.com", "www.example.com", false],
    ["*.example.com", "example.com", false],
    ["*.example.com", "www.example.com", true],
    ["0.0.0.0 example.com", "example.com", true],
    ["0.0.0.0 example.com", "www.example.com", false],
    ["127.0.0.1\ta.example.com b.example.com # c.example.com", "b.example.com", true],
    ["127.0.0.1\ta.example.com b.example.com # c.example.com", "c.example.com", false],
    ["::1 example.com", "example.com", true],
    [":: example.com", "example.com", true],
    ["0.0.0.0 localhost", "localhost", false],
    ["  example.com \r", "example.com", true],
    ["example.com # why", "example.com", true],
    ["#example.com", "example.com", false],
    ["! example.com", "example.com", false],
    ["_tcp.example.com", "_tcp.example.com", true],
    ["bücher.example", "xn--bcher-kva.example", true],
    ["192.0.2.1 real.example.com", "real.example.com", false],
    ["||example.com^", "example.com", false],
    ["exa mple.com", "mple.com", false],
    ["a..com", "com", false],
    ["192.0.2.1", "192.0.2.1", false],
    [`${"a".repeat(64)}.com`, "com", false],
  ])("%j blocks %s: %s", async (line, asked, expected) => {
    expect(await blocks([line], asked)).toBe(expected);
  });

  it("that is neither name, hosts line nor comment is counted and told by its number", async () => {
    const lines = ["# head", "a.example", "||x^", "", "b c d", "192.0.2.1", "z.example"];
    const { reports } = await readBlockLists([list(...lines)], SEED);

    expect(reports[0]).toMatchObject({ names: 2, faults: 3, firstFault: 3, failure: undefined });
  });

  it("is read whatever the borders of chunks", async () => {
    const text = Buffer.from("one.example\n0.0.0.0 two.example\r\n# note\nthree.example");
    const three = name("three.example");
    for (let at = 1; at < text.length; at++) {
      const source = {
        label: "split",
        async *chunks() {
          yield text.subarray(0, at);
          yield text.subarray(at);
        },
      };
      const { names, reports } = await readBlockLists([source], SEED);
      expect(reports[0]).toMatchObject({ names: 3, faults: 0 });
      expect(names.coverAt(nameHash(SEED, three), three, 0)).not.toBe(0);
    }
  });

  it.each([
    ["one.example", "below.one.example"],
    ["0.0.0.0 one.example", "one.example"],
  ])("that is the first may have a byte order mark before it: %s", async (line, asked) => {
    expect(await blocks([`\ufeff${line}`, "two.example"], asked)).toBe(true);
  });

  it("that is the first may be a comment after a byte order mark", async () => {
    const { reports } = await readBlockLists([list("\ufeff# head", "two.example")], SEED);

    expect(reports[0]).toMatchObject({ names: 1, faults: 0 });
  });

  it("is a fault when it is longer than any line has a reason to be", async () => {
    const { reports } = await readBlockLists([list("x".repeat(5000), "a.example")], SEED);

    expect(reports[0]).toMatchObject({ names: 1, faults: 1, firstFault: 1 });
  });
});

describe("block lists", () => {
  it("that cannot be read are left out, the others hold", async () => {
    const broken = {
      label: "broken",
      chunks: () => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("gone")) }),
      }),
    };
    const { names, reports } = await readBlockLists([broken, list("a.example")], SEED);

    expect(reports[0]?.failure).toBeInstanceOf(Error);
    expect(names.size).toBe(1);
  });

  it("that list a name twice, in two ways, cover both", async () => {
    const { names } = await readBlockLists([list("=a.example"), list("*.a.example", "a.example")], SEED);
    const listed = name("a.example");

    expect(names.coverAt(nameHash(SEED, listed), listed, 0)).toBe(Cover.SELF | Cover.BELOW);
  });
});

describe("a set of names", () => {
  it("has every name that was added and no other, though hashes fall together", () => {
    const set = new NameSet(0);
    for (let i = 0; i < 60_000; i++) {
      const line = Buffer.from(`n${i}.example`);
      set.add(line, 0, line.length, Cover.SELF);
    }
    while (set.index(10_000));

    for (let i = 0; i < 60_000; i += 7) {
      const listed = name(`n${i}.example`);
      const other = name(`m${i}.example`);
      expect(set.coverAt(nameHash(0, listed), listed, 0)).toBe(Cover.SELF);
      expect(set.coverAt(nameHash(0, other), other, 0)).toBe(0);
    }
  });

  it("compares the name, not only its hash", () => {
    const set = new NameSet(0);
    const line = Buffer.from("a.example");
    set.add(line, 0, line.length, Cover.SELF);
    set.index(10);

    expect(set.coverAt(nameHash(0, name("a.example")), name("b.example"), 0)).toBe(0);
  });

  it("equals one of the same names, page by page, and no other", () => {
    const filled = (last: string) => {
      const set = new NameSet(SEED);
      for (let i = 0; i < 30_000; i++) {
        const line = Buffer.from(`${"label".repeat(10)}.n${i === 29_999 ? last : i}.example`);
        set.add(line, 0, line.length, Cover.BELOW);
      }
      while (set.index(5_000));
      return set;
    };

    expect(filled("a").equals(filled("a"))).toBe(true);
    expect(filled("a").equals(filled("b"))).toBe(false);
    expect(new NameSet(SEED).equals(new NameSet(SEED))).toBe(true);
    expect(filled("a").equals(new NameSet(SEED))).toBe(false);
  });

  it("takes less than 100 octets a name, table included", async () => {
    const count = 100_000;
    const lines = Array.from({ length: count }, (_, i) => `ads.some-company-${i}.example.com`).join("\n");
    const { names } = await readBlockLists([list(lines)], SEED);

    expect(names.size).toBe(count);
    expect(names.octets).toBeLessThan(100 * count);
  });

  it("spans pages", () => {
    const set = new NameSet(SEED);
    for (let i = 0; i < 30_000; i++) {
      const line = Buffer.from(`${"label".repeat(10)}.n${i}.example`);
      set.add(line, 0, line.length, Cover.BELOW);
    }
    while (set.index(5_000));

    expect(set.octets).toBeGreaterThan(2 << 20);
    for (const i of [0, 15_000, 29_999]) {
      const listed = name(`${"label".repeat(10)}.n${i}.example`);
      expect(set.coverAt(nameHash(SEED, listed), listed, 0)).toBe(Cover.BELOW);
    }
  });
});
