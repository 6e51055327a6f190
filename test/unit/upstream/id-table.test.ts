import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdTable } from "../../../src/upstream/id-table.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

interface Entry {
  readonly id: number;
}

function filled(count: number, random = new SeededRandom(5)): { table: IdTable<Entry>; entries: Entry[] } {
  const table = new IdTable<Entry>();
  const entries = Array.from({ length: count }, () => {
    const entry = { id: table.vacantId(random) };
    table.put(entry);
    return entry;
  });
  return { table, entries };
}

describe("IDs in flight on a connection (RFC 7766 §6.2.1)", () => {
  it("are unique up to half of the ID space, and then it is full", () => {
    const { table, entries } = filled(32_768);

    expect(new Set(entries.map(({ id }) => id)).size).toBe(32_768);
    expect(table.isFull).toBe(true);
    for (const entry of entries) expect(table.get(entry.id)).toBe(entry);
  });

  it("are still unique beyond that", () => {
    expect(new Set(filled(40_000).entries.map(({ id }) => id)).size).toBe(40_000);
  });

  it("are drawn by chance, not in order", () => {
    const ids = filled(30).entries.map(({ id }) => id);

    expect(ids).not.toEqual([...ids].sort((a, b) => a - b));
    expect(Math.max(...ids)).toBeGreaterThan(30_000);
  });

  it("belong to one entry each, whatever comes and goes", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 600 }), fc.integer(), (steps, seed) => {
        const random = new SeededRandom(seed);
        const table = new IdTable<Entry>();
        const model = new Map<number, Entry>();
        for (const isArrival of steps) {
          if (isArrival || model.size === 0) {
            const entry = { id: table.vacantId(random) };
            expect(model.has(entry.id)).toBe(false);
            table.put(entry);
            model.set(entry.id, entry);
          } else {
            const gone = [...model.values()][random.below(model.size)]!;
            table.delete(gone);
            model.delete(gone.id);
            expect(table.get(gone.id)).toBeUndefined();
          }
        }
        expect(table.size).toBe(model.size);
        for (const [id, entry] of model) expect(table.get(id)).toBe(entry);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe("an ID that is not in flight", () => {
  it("finds nothing, and takes nothing out", () => {
    const { table, entries } = filled(10);
    const stranger = { id: entries[0]!.id };

    table.delete(stranger);

    expect(table.size).toBe(10);
    expect(table.get(entries[0]!.id ^ 64)).toBeUndefined();
  });

  it("is free after everything was taken out", () => {
    const { table, entries } = filled(100);

    expect(table.clear()).toHaveLength(100);

    expect(table.size).toBe(0);
    for (const { id } of entries) expect(table.get(id)).toBeUndefined();
  });
});
