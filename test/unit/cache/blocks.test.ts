import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_OCTETS, Blocks, NONE, takenBy } from "../../../src/cache/blocks.ts";
import { viewOf } from "../../../src/wire/word-views.ts";

const octets = fc.uint8Array({ minLength: 1, maxLength: 400 });

function read(blocks: Blocks, chain: number, from: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  blocks.read(chain, from, count, viewOf(out), 0);
  return out;
}

describe("a chain of blocks", () => {
  it("gives what was written, whatever was written and freed beside it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(octets, fc.boolean()), { minLength: 1, maxLength: 60 }), (runs) => {
        const blocks = new Blocks();
        const kept: { readonly chain: number; readonly run: Uint8Array }[] = [];
        for (const [run, goes] of runs) {
          const chain = blocks.allocate(run.length);
          blocks.write(chain, 0, viewOf(run), run.length);
          if (goes) blocks.free(chain);
          else kept.push({ chain, run });
        }
        for (const { chain, run } of kept) expect(read(blocks, chain, 0, run.length)).toEqual(run);
      }),
    );
  });

  it("is read and written from any octet on", () => {
    fc.assert(
      fc.property(octets, fc.nat({ max: 300 }), (run, from) => {
        const blocks = new Blocks();
        const chain = blocks.allocate(from + run.length);
        blocks.write(chain, from, viewOf(run), run.length);
        expect(read(blocks, chain, from, run.length)).toEqual(run);
      }),
    );
  });

  it("takes whole blocks, which others have when it is freed", () => {
    const blocks = new Blocks();
    const chain = blocks.allocate(130);
    const used: number[] = [];
    for (let block = chain; block !== NONE; block = blocks.next(block)) used.push(block);
    expect(used.length * BLOCK_OCTETS).toBe(takenBy(130));

    blocks.free(chain);

    expect(new Set(Array.from({ length: 3 }, () => blocks.allocate(60)))).toEqual(new Set(used));
  });

  it("goes with all others when they are given back", () => {
    const blocks = new Blocks();
    for (let i = 0; i < 5_000; i++) blocks.allocate(200);
    blocks.clear();
    const chain = blocks.allocate(5);
    blocks.write(chain, 0, viewOf(Uint8Array.of(1, 2, 3, 4, 5)), 5);
    expect(read(blocks, chain, 0, 5)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
  });
});
