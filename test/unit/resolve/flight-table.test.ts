import { describe, expect, it } from "vitest";
import { FlightTable, type Keyed } from "../../../src/resolve/flight-table.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

interface One extends Keyed<One> {
  readonly number: number;
}

function flight(number: number): One {
  return { key: `key ${number}`, number, hash: 0, behind: undefined };
}

describe("a table of flights", () => {
  it("finds what is in it and nothing else, grown and emptied in any order, as a Map would", () => {
    const table = new FlightTable<One>(new SeededRandom());
    const model = new Map<string, One>();
    const random = new SeededRandom(7);
    for (let step = 0; step < 20_000; step++) {
      const number = random.below(step < 10_000 ? 400 : 40);
      const known = model.get(`key ${number}`);
      expect(table.find(`key ${number}`)).toBe(known);
      if (known !== undefined) {
        table.remove(known);
        model.delete(known.key);
        expect(known.behind).toBeUndefined();
      } else {
        const one = flight(number);
        table.add(one);
        model.set(one.key, one);
      }
      expect(table.size).toBe(model.size);
    }
  });

  it("tells keys apart that have one hash", () => {
    // With zeros for secrets the hash is the same for the same characters in another order.
    const table = new FlightTable<One>({ u16: () => 0, below: () => 0, bytes: () => new Uint8Array(0) });
    const [one, other] = [flight(12), flight(21)];
    table.add(one);
    table.add(other);

    expect(one.hash).toBe(other.hash);
    expect(table.find("key 12")).toBe(one);
    table.remove(one);
    expect(table.find("key 12")).toBeUndefined();
    expect(table.find("key 21")).toBe(other);
  });
});
