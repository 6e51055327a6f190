import fc from "fast-check";
import type { Name } from "../../../src/ports/message.ts";
import { describe, expect, it } from "vitest";
import {
  ancestorOf,
  compareNames,
  orderKey,
  firstLabel,
  isAtOrBelow,
  labelCount,
  nameFromOctets,
  octetsOfName,
  parentOf,
  prependLabel,
  questionKey,
  questionOfKey,
  ROOT,
  wildcardOf,
} from "../../../src/wire/names.ts";
import { name } from "../../support/records.ts";

const WWW = name("www.example.com");

describe("a name", () => {
  it("has the labels it was made of", () => {
    expect([labelCount(ROOT), labelCount(WWW), firstLabel(WWW), firstLabel(ROOT)]).toEqual([0, 3, "www", ""]);
  });

  it("counts an asterisk as a label", () => {
    expect(labelCount(name("*.example.com"))).toBe(3);
  });

  it("has as parent all but its first label", () => {
    expect(parentOf(WWW)).toBe(name("example.com"));
  });

  it("has the root as its last parent, for ever", () => {
    expect(parentOf(parentOf(name("com")))).toBe(ROOT);
  });

  it("has ancestors of every length", () => {
    expect([4, 3, 2, 1, 0].map((labels) => ancestorOf(WWW, labels))).toEqual([
      WWW,
      WWW,
      name("example.com"),
      name("com"),
      ROOT,
    ]);
  });

  it("is below itself, its ancestors and the root", () => {
    expect([WWW, name("example.com"), name("com"), ROOT].every((n) => isAtOrBelow(WWW, n))).toBe(true);
  });

  it("is not below a name that only ends alike", () => {
    const wide = prependLabel("a\x07example\x03com\x00", ROOT)!;

    expect(isAtOrBelow(name("badexample.com"), name("example.com"))).toBe(false);
    expect(isAtOrBelow(wide, name("example.com"))).toBe(false);
    expect(isAtOrBelow(name("com"), WWW)).toBe(false);
  });
});

describe("a label put before a name (RFC 1035 §3.1)", () => {
  it("is folded to lower case, ASCII letters only (RFC 4343 §3)", () => {
    expect(prependLabel("W\xc4W", name("com"))).toBe("\x03w\xc4w\x03com\0");
  });

  it("has 1 to 63 octets", () => {
    expect(prependLabel("", ROOT)).toBeUndefined();
    expect(prependLabel("x".repeat(63), ROOT)).toHaveLength(65);
    expect(prependLabel("x".repeat(64), ROOT)).toBeUndefined();
  });

  it("must leave the name at 255 octets at most", () => {
    const long = name(["x".repeat(63), "x".repeat(63), "x".repeat(63), "x".repeat(59)].join("."));

    expect(prependLabel("y", long)).toHaveLength(255);
    expect(prependLabel("yz", long)).toBeUndefined();
  });

  it("makes a wildcard", () => {
    expect(wildcardOf(name("example.com"))).toBe(name("*.example.com"));
  });
});

describe("canonical order of names (RFC 4034 §6.1)", () => {
  it("is that of the RFC's example", () => {
    const ordered = [
      name("example"),
      name("a.example"),
      name("yljkjljk.a.example"),
      name("z.a.example"),
      name("zabc.a.example"),
      name("z.example"),
      "\x01\x01\x01z\x07example\0" as typeof ROOT,
      name("*.z.example"),
      "\x01\xc8\x01z\x07example\0" as typeof ROOT,
    ];

    const sorted = [...ordered].reverse().sort(compareNames);

    expect(sorted).toEqual(ordered);
  });

  it("puts the root first and finds equal names equal", () => {
    expect(compareNames(ROOT, name("com"))).toBeLessThan(0);
    expect(compareNames(name("com"), ROOT)).toBeGreaterThan(0);
    expect(compareNames(WWW, `${WWW}`.slice(0) as typeof WWW)).toBe(0);
  });

  it("is that of the keys made for it, whatever octets labels hold", () => {
    const zone = name("z.example");
    const octet = fc.constantFrom("\0", "\x01", "\x02", "*", "a", "b", "\xff");
    const label = fc.array(octet, { minLength: 1, maxLength: 3 }).map((octets) => octets.join(""));
    const names = fc
      .array(label, { maxLength: 3 })
      .map((labels) => labels.reduce<Name>((below, each) => prependLabel(each, below)!, zone));

    fc.assert(
      fc.property(names, names, (one, other) => {
        const [a, b] = [orderKey(one, zone), orderKey(other, zone)];
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(Math.sign(compareNames(one, other)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a name in octets", () => {
  it("comes back in lower case", () => {
    const octets = Buffer.from("xx\x03WwW\x07eXample\x03COM\0yy", "latin1");

    expect(nameFromOctets(octets, 2)).toBe(WWW);
    expect(octetsOfName(WWW)).toEqual(Buffer.from("\x03www\x07example\x03com\0", "latin1"));
  });

  it.each([
    ["is cut off", "\x03www"],
    ["has no root", "\x03www\x03com"],
    ["holds a pointer", "\x03www\xc0\x0c"],
    ["has a reserved label type", "\x43www\0"],
    ["is longer than 255 octets", `${("\x3f" + "x".repeat(63)).repeat(4)}\0`],
  ])("is none when it %s", (_, octets) => {
    expect(nameFromOctets(Buffer.from(octets, "latin1"))).toBeUndefined();
  });
});

describe("the key of a question", () => {
  it("is QNAME, QTYPE and QCLASS, and can be turned back", () => {
    const question = { qname: WWW, qtype: 65, qclass: 256 };

    expect(questionKey(question)).toBe(`${WWW}\x00\x41\x01\x00`);
    expect(questionOfKey(questionKey(question))).toEqual(question);
  });
});
