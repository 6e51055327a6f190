import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { createSharding } from "../../../src/privacy/sharding.ts";

const SALT = Uint8Array.from({ length: 32 }, (_, i) => i);
const OTHER_SALT = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const TWO = ["quad", "mull"];

function question(text: string, qtype = 1) {
  const qname = `${text
    .split(".")
    .map((label) => String.fromCharCode(label.length) + label)
    .join("")}\0` as Name;
  return { qname, qtype, qclass: 1 };
}

const DOMAINS = Array.from({ length: 4000 }, (_, i) => `name${i}.example`);

describe("the shard of a question", () => {
  it("is one for all names and types of a registrable domain", () => {
    const sharding = createSharding(SALT);
    const shard = sharding.shardOf(question("example.com"));

    expect(sharding.shardOf(question("a.b.www.example.com", 28))).toBe(shard);
    expect(sharding.shardOf(question("example.com", 43))).toBe(shard);
    expect(sharding.shardOf(question("example.net"))).not.toBe(shard);
  });

  it("is another under another salt", () => {
    const one = createSharding(SALT).shardOf(question("example.com"));

    expect(createSharding(OTHER_SALT).shardOf(question("example.com"))).not.toBe(one);
  });
});

describe("the ranking of operators (rendezvous hashing)", () => {
  it("is the same for every name of a registrable domain, and after a restart", () => {
    const first = createSharding(SALT).ranked(question("example.com"), TWO);

    expect(createSharding(SALT).ranked(question("www.example.com", 48), TWO)).toEqual(first);
  });

  it("does not depend on the order of the configuration", () => {
    const sharding = createSharding(SALT);

    for (const domain of DOMAINS.slice(0, 50)) {
      expect(sharding.ranked(question(domain), ["mull", "quad"])).toEqual(
        sharding.ranked(question(domain), TWO),
      );
    }
  });

  it.each([
    [2, 0.47, 0.53],
    [3, 0.3, 0.37],
    [5, 0.17, 0.23],
  ])("shares domains evenly among %i operators", (count, least, most) => {
    const operators = Array.from({ length: count }, (_, i) => `operator-${i}`);
    const sharding = createSharding(SALT);
    const firsts = DOMAINS.map((domain) => sharding.ranked(question(domain), operators)[0]);

    for (const operator of operators) {
      const share = firsts.filter((first) => first === operator).length / DOMAINS.length;
      expect(share).toBeGreaterThan(least);
      expect(share).toBeLessThan(most);
    }
  });

  it("moves only the domains of an operator that is taken away", () => {
    const sharding = createSharding(SALT);

    for (const domain of DOMAINS.slice(0, 500)) {
      const [first] = sharding.ranked(question(domain), ["a", "b", "c"]);
      if (first !== "c") expect(sharding.ranked(question(domain), ["a", "b"])[0]).toBe(first);
    }
  });

  it("changes for about half of the domains with the salt", () => {
    const before = createSharding(SALT);
    const after = createSharding(OTHER_SALT);
    const moved = DOMAINS.filter(
      (domain) => before.ranked(question(domain), TWO)[0] !== after.ranked(question(domain), TWO)[0],
    );

    expect(moved.length / DOMAINS.length).toBeGreaterThan(0.45);
    expect(moved.length / DOMAINS.length).toBeLessThan(0.55);
  });

  it("stays the same when the memory of digests has been turned over", () => {
    const sharding = createSharding(SALT);
    const before = sharding.ranked(question("example.com"), TWO);

    for (let i = 0; i < 20_000; i++) sharding.shardOf(question(`filler${i}.test`));

    expect(sharding.ranked(question("example.com"), TWO)).toEqual(before);
  });
});
