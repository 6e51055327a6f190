import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { a, keyOf, question, response, soa } from "../../support/records.ts";

const TERMS = { now: 1_000, lifetime: 300, maxTtl: 86_400, minTtl: 0, generation: 0 };

function entry(name: string): Entry {
  return new Entry(question(name), response({ answer: [a(name)] }), TERMS);
}

function absent(name: string): Entry {
  const denial = response({ rcode: Rcode.NXDOMAIN, authority: [soa("example.com")] });
  return new Entry(question(name), denial, TERMS);
}

function failed(name: string): Entry {
  return new Entry(question(name), response({ rcode: Rcode.SERVFAIL }), TERMS);
}

function stored(size: number, beside?: () => number): Store {
  return new Store({ size, ...(beside && { beside }) }, new SeededRandom());
}

/** Fills a store with as many entries as it holds; gives their names. */
function filled(store: Store): string[] {
  const names: string[] = [];
  for (let i = 10; store.evictions === 0; i++) {
    names.push(`host${i}.example.com`);
    store.keep(keyOf(names.at(-1)!), entry(names.at(-1)!));
  }
  return names.slice(1);
}

describe("the store", () => {
  it("stays within its octets by giving up what was used longest ago", () => {
    const store = stored(8_192);
    for (let i = 0; i < 100; i++) {
      store.find(keyOf("host0.example.com"));
      store.keep(keyOf(`host${i}.example.com`), entry(`host${i}.example.com`));
    }

    expect(store.octets).toBeLessThanOrEqual(8_192);
    expect(store.evictions).toBe(100 - store.entryCount);
    expect(store.find(keyOf("host0.example.com"))).toBeDefined();
    expect(store.find(keyOf("host1.example.com"))).toBeUndefined();
  });

  it("gives up what was not used before what was, and each in the order it came", () => {
    const store = stored(8_192);
    const names = filled(store);
    const used = names.filter((_, i) => i % 3 === 0);
    for (const name of used) store.find(keyOf(name));
    const unused = names.filter((name) => !used.includes(name));
    expect(store.keysByAge()).toEqual([...unused, ...used].map((name) => keyOf(name)));

    unused.forEach((_, i) => {
      store.keep(keyOf(`more${i}.example.com`), entry(`more${i}.example.com`));
    });

    expect(names.filter((name) => store.peek(keyOf(name)) !== undefined)).toEqual(used);
  });

  it("looks at few entries to give one up, though all were used", () => {
    const store = stored(8_192);
    const names = filled(store);
    for (const name of names) store.find(keyOf(name));

    store.keep(keyOf("more.example.com"), entry("more.example.com"));

    // Sixteen have another round; the one after them goes.
    expect(names.filter((name) => store.peek(keyOf(name)) === undefined)).toEqual([names[16]]);
  });

  it("makes room for what others keep within the same size", () => {
    let ranges = 0;
    const store = stored(8_192, () => ranges);
    for (let i = 0; i < 100; i++) store.keep(keyOf(`host${i}.example.com`), entry(`host${i}.example.com`));

    ranges = 4_096;
    store.keep(keyOf("last.example.com"), entry("last.example.com"));

    expect(store.octets).toBeLessThanOrEqual(4_096);
    expect(store.find(keyOf("last.example.com"))).toBeDefined();
  });

  it("keeps no entry that would take more than a sixteenth of it", () => {
    const store = stored(8_192);
    const answer = Array.from({ length: 60 }, (_, i) => a("big.example.com", 300, `192.0.2.${i}`));

    store.keep(keyOf("big.example.com"), new Entry(question("big.example.com"), response({ answer }), TERMS));

    expect(store.entryCount).toBe(0);
  });

  it("flushes what is asked for and nothing else", () => {
    const store = stored(1 << 20);
    store.keep(keyOf("a.example"), entry("a.example"));
    store.keep(keyOf("b.example"), entry("b.example"));
    store.keep(keyOf("no.example"), absent("no.example"));

    expect(store.flush((key) => key === keyOf("a.example"))).toBe(1);
    expect(store.find(keyOf("b.example"))).toBeDefined();
    expect(store.flush()).toBe(2);
    expect(store.octets).toBe(0);
  });
});

describe("a flood of junk names", () => {
  it.each([
    ["that do not exist", absent],
    ["that cannot be resolved", failed],
  ])("%s takes a quarter of the store at most and flushes no more of the others than that", (_kind, junk) => {
    const store = stored(65_536);
    for (let i = 0; i < 1_000; i++) store.keep(keyOf(`good${i}.example.com`), entry(`good${i}.example.com`));
    const good = store.entryCount;

    for (let i = 0; i < 10_000; i++) store.keep(keyOf(`junk${i}.example.com`), junk(`junk${i}.example.com`));

    const left = Array.from({ length: 1_000 }, (_, i) => store.peek(keyOf(`good${i}.example.com`)));
    expect(left.filter(Boolean).length).toBeGreaterThanOrEqual(good * 0.74);
    expect(store.octets).toBeLessThanOrEqual(65_536);
  });

  it("leaves nothing behind of a name that exists after all", () => {
    const store = stored(65_536);
    const key = keyOf("new.example.com");

    store.keep(key, absent("new.example.com"));
    store.keep(key, entry("new.example.com"));

    expect(store.find(key)?.rcode).toBe(Rcode.NOERROR);
    expect(store.entryCount).toBe(1);
  });
});
