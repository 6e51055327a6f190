import { describe, expect, it } from "vitest";
import { FrameReader, frameOf } from "../../../src/wire/framing.ts";

/** What a reader makes of a stream cut into these chunks. */
function read(reader: FrameReader, ...chunks: Buffer[]): string[] {
  const messages: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk, (octets, start, end) => messages.push(octets.toString("latin1", start, end)));
  }
  return messages;
}

const STREAM = Buffer.concat(
  ["one", "", "three".repeat(1000), "4"].map((text) => frameOf(Buffer.from(text))!),
);
const MESSAGES = ["one", "", "three".repeat(1000), "4"];

describe("a stream of messages (RFC 7766 §8)", () => {
  it("is cut where the messages end, empty ones included", () => {
    expect(read(new FrameReader(), STREAM)).toEqual(MESSAGES);
  });

  it("is read the same in pieces of any size", () => {
    for (const size of [1, 2, 3, 5, 7, 1000, 4096]) {
      const reader = new FrameReader();
      const chunks: Buffer[] = [];
      for (let at = 0; at < STREAM.length; at += size) chunks.push(STREAM.subarray(at, at + size));

      expect(read(reader, ...chunks)).toEqual(MESSAGES);
      expect(reader.isMidFrame).toBe(false);
    }
  });

  it("is not copied where one chunk holds the message", () => {
    const chunk = frameOf(Buffer.from("whole"))!;

    new FrameReader().push(chunk, (octets) => expect(octets).toBe(chunk));
  });

  it("says when a message has begun", () => {
    const reader = new FrameReader();

    expect(read(reader, Buffer.of(0))).toEqual([]);
    expect(reader.isMidFrame).toBe(true);
    expect(read(reader, Buffer.of(1))).toEqual([]);
    expect(reader.isMidFrame).toBe(true);
    expect(read(reader, Buffer.of(65))).toEqual(["A"]);
    expect(reader.isMidFrame).toBe(false);
  });

  it("takes the longest message there is", () => {
    const longest = Buffer.alloc(65_535, 0x61);

    expect(read(new FrameReader(), frameOf(longest)!)).toEqual([longest.toString("latin1")]);
    expect(frameOf(Buffer.alloc(65_536))).toBeUndefined();
  });

  it("gives no more once closed, even in the middle of a chunk", () => {
    const reader = new FrameReader();
    let count = 0;

    reader.push(STREAM, () => {
      count += 1;
      reader.close();
    });

    expect(count).toBe(1);
    expect(read(reader, STREAM)).toEqual([]);
  });
});
