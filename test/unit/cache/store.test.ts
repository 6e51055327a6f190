import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, keyOf, question, response } from "../../support/records.ts";

function entry(name: string): Entry {
  const terms = { now: 1_000, lifetime: 300, maxTtl: 86_400, minTtl: 0, generation: 0 };
  return new Entry(question(name), response({ answer: [a(name)] }), terms);
}

describe("the store", () => {
  it("stays within its octets by giving up what was used longest ago", () => {
    const store = new Store({ size: 8_192 }, new ManualClock());
    for (let i = 0; i < 100; i++) {
      store.find(keyOf("host0.example.com"));
      store.keep(keyOf(`host${i}.example.com`), entry(`host${i}.example.com`));
    }

    expect(store.octets).toBeLessThanOrEqual(8_192);
    expect(store.evictions).toBe(100 - store.entryCount);
    expect(store.find(keyOf("host0.example.com"))).toBeDefined();
    expect(store.find(keyOf("host1.example.com"))).toBeUndefined();
  });

  it("flushes what is asked for and nothing else", () => {
    const store = new Store({ size: 1 << 20 }, new ManualClock());
    store.keep(keyOf("a.example"), entry("a.example"));
    store.keep(keyOf("b.example"), entry("b.example"));

    expect(store.flush((key) => key === keyOf("a.example"))).toBe(1);
    expect(store.find(keyOf("b.example"))).toBeDefined();
    expect(store.flush()).toBe(1);
    expect(store.octets).toBe(0);
  });
});
