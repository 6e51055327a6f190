import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import type { Random } from "../../../src/ports/random.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { questionKey, questionOfKey } from "../../../src/wire/names.ts";
import { nameFromText } from "../../../src/wire/presentation.ts";
import type { Name } from "../../../src/ports/message.ts";
import { response } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const TERMS = { now: 1_000, lifetime: 300, maxTtl: 86_400, minTtl: 0, generation: 0 };

/** A hash without a secret: `hash ^ word`, then `hash ^ (hash >>> 15)`, which anybody can steer. */
const NO_SECRET: Random = { u16: () => 0, below: () => 0, bytes: (count) => new Uint8Array(count) };

function keep(store: Store, key: string): void {
  store.keep(key, new Entry(questionOfKey(key), response(), TERMS));
}

/** Keys of one length and one hash where there is no secret: the second word undoes what the first did. */
function colliding(i: number): string {
  const word = Buffer.alloc(4);
  word.writeInt32LE(0x61_61_00_0f);
  const head = `\x0f\x00aa`;
  const mixed = (hash: number): number => hash ^ (hash >>> 15);
  const before = mixed(21 ^ word.readInt32LE());
  const first = i + 1;
  const second = mixed(before ^ first) ^ 0x5555_5555;
  const words = Buffer.alloc(8);
  words.writeInt32LE(first, 0);
  words.writeInt32LE(second, 4);
  return `${head}${words.toString("latin1")}aaaa\0\0\x01\0\x01`;
}

describe("the index of keys", () => {
  it("tells keys of every length and of every last octets apart", () => {
    const store = new Store({ size: 1 << 24 }, new SeededRandom());
    const keys = Array.from({ length: 250 }, (_, i) => {
      const labels = "a".repeat(i).match(/.{1,60}/g) ?? [];
      return [Type.A, Type.AAAA].map((qtype) =>
        questionKey({ qname: nameFromText(`${labels.join(".")}.`) as Name, qtype, qclass: Class.IN }),
      );
    }).flat();
    for (const key of keys) keep(store, key);

    for (const key of keys) expect(store.peek(key)?.question).toBe(key);
    expect(store.entryCount).toBe(new Set(keys).size);
  });

  it("finds what is there and nothing else while tables grow and entries leave", () => {
    const store = new Store({ size: 1 << 24 }, new SeededRandom());
    const keyOf = (i: number): string =>
      questionKey({ qname: nameFromText(`n${i}.example`) as Name, qtype: Type.A, qclass: Class.IN });
    for (let i = 0; i < 20_000; i++) {
      keep(store, keyOf(i));
      if (i % 3 === 0) store.forget(keyOf(i >> 1));
    }
    const forgotten = new Set(Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? i >> 1 : -1)));

    for (let i = 0; i < 20_000; i++) expect(store.peek(keyOf(i)) === undefined).toBe(forgotten.has(i));
  });

  it("keeps lookups short where keys of one hash are asked for: of these a few dozen are kept", () => {
    const store = new Store({ size: 1 << 24 }, NO_SECRET);
    for (let i = 0; i < 500; i++) {
      keep(store, colliding(i));
      expect(store.peek(colliding(i))?.question).toBe(colliding(i));
    }

    expect(store.entryCount).toBeLessThanOrEqual(64);
    expect(store.evictions).toBe(500 - store.entryCount);
  });
});
