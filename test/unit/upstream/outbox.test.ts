import { describe, expect, it } from "vitest";
import type { Channel } from "../../../src/ports/dialer.ts";
import { Outbox } from "../../../src/upstream/outbox.ts";
import { Turn } from "../../../src/upstream/turn.ts";
import { FrameReader } from "../../../src/wire/framing.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

function setUp(seed = 1) {
  const written: Buffer[] = [];
  const deferred: (() => void)[] = [];
  const channel = {
    write(octets: Uint8Array, done: () => void) {
      written.push(Buffer.from(octets));
      done();
      return true;
    },
  } as unknown as Channel;
  const outbox = new Outbox(new Turn((task) => deferred.push(task)), new SeededRandom(seed), {
    leavesRest: false,
    wrote: () => undefined,
  });
  outbox.open(channel);
  const endTurn = (): void => {
    for (const task of deferred.splice(0)) task();
  };
  return { outbox, written, endTurn };
}

/** A query of `length` octets that says which it is. */
function query(serial: number, length = 128): Buffer {
  const octets = Buffer.alloc(length, serial);
  octets[0] = octets[1] = 0xff;
  return octets;
}

function framesOf(written: readonly Buffer[]): { id: number; serial: number; length: number }[] {
  const frames: { id: number; serial: number; length: number }[] = [];
  const reader = new FrameReader();
  for (const chunk of written) {
    reader.push(chunk, (octets, start, end) => {
      frames.push({ id: octets.readUInt16BE(start), serial: octets[start + 2]!, length: end - start });
      expect(octets.subarray(start + 2, end).every((octet) => octet === octets[start + 2])).toBe(true);
    });
  }
  return frames;
}

describe("queries of one turn", () => {
  it("leave in one write, each framed with its own ID", () => {
    const { outbox, written, endTurn } = setUp();
    for (let i = 0; i < 20; i++) outbox.put(query(i), 1_000 + i);

    endTurn();

    expect(written).toHaveLength(1);
    const frames = framesOf(written);
    expect(frames.map(({ serial }) => serial).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    for (const { id, serial } of frames) expect(id).toBe(1_000 + serial);
  });

  it("leave in an order drawn by chance, every one as likely", () => {
    const counts = new Map<string, number>();
    const { outbox, written, endTurn } = setUp(77);
    for (let turn = 0; turn < 2_400; turn++) {
      for (let i = 0; i < 3; i++) outbox.put(query(i), i);
      endTurn();
      const order = framesOf(written.splice(0))
        .map(({ serial }) => serial)
        .join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }

    expect([...counts.keys()].sort()).toEqual(["012", "021", "102", "120", "201", "210"]);
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(90);
  });

  it("keep their octets whatever their lengths", () => {
    const { outbox, written, endTurn } = setUp(5);
    const lengths = [128, 256, 384, 128, 41, 300, 128, 256];
    lengths.forEach((length, i) => {
      outbox.put(query(i, length), i);
    });

    endTurn();

    const frames = framesOf(written);
    expect(frames).toHaveLength(lengths.length);
    for (const { serial, length } of frames) expect(length).toBe(lengths[serial]);
  });

  it("are all written when there are more than a chunk holds", () => {
    const { outbox, written, endTurn } = setUp();
    for (let i = 0; i < 200; i++) outbox.put(query(i), i);

    endTurn();

    expect(framesOf(written)).toHaveLength(200);
  });
});
