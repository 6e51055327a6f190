import { describe, expect, it } from "vitest";
import { BufferedLines, type Descriptors, DirectLines } from "../../../src/observe/lines.ts";

/** A descriptor that takes what it is told to take, octets or an error at a time; then everything. */
class Reader implements Descriptors {
  readonly taken: string[] = [];
  readonly #answers: (number | string)[];
  /** The write under way. */
  end: () => void = () => undefined;
  tries = 0;

  constructor(...answers: (number | string)[]) {
    this.#answers = answers;
  }

  write(_fd: number, octets: Buffer, ended: (error: Error | null, written: number) => void): void {
    this.end = () => {
      try {
        ended(null, this.writeSync(0, octets));
      } catch (error) {
        ended(error as Error, 0);
      }
    };
  }

  writeSync(_fd: number, octets: Buffer): number {
    this.tries++;
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (typeof answer === "string") throw Object.assign(new Error(answer), { code: answer });
    const taken = octets.subarray(0, answer ?? octets.length);
    this.taken.push(taken.toString());
    return taken.length;
  }
}

describe("lines that are buffered", () => {
  it("are written while nobody waits, and those that came meanwhile after them", () => {
    const reader = new Reader();
    const lines = new BufferedLines(1, reader);

    for (const line of ["one\n", "two\n", "three\n"]) lines.write(line);
    expect(reader.taken).toEqual([]);
    reader.end();
    reader.end();

    expect(reader.taken).toEqual(["one\n", "two\nthree\n"]);
  });

  it("are on the descriptor after a flush, each once", () => {
    const reader = new Reader();
    const lines = new BufferedLines(1, reader);

    for (const line of ["one\n", "two\n"]) lines.write(line);
    lines.flush();
    reader.end();

    expect(reader.taken).toEqual(["two\n", "one\n"]);
  });

  it("are whole where the descriptor takes a part", () => {
    const reader = new Reader(3, 100);
    const lines = new BufferedLines(1, reader);

    lines.write("one and two\n");
    reader.end();
    lines.flush();
    reader.end();

    expect(reader.taken.join("")).toBe("one and two\n");
  });

  it("are given up by a flush at the first error", () => {
    const reader = new Reader("ENOSPC");
    const lines = new BufferedLines(1, reader);

    for (const line of ["one\n", "two\n"]) lines.write(line);
    lines.flush();

    expect(reader.tries).toBe(1);
  });

  it("are given up by a flush where the reader sleeps for a second", () => {
    const reader = new Reader("EAGAIN");
    const lines = new BufferedLines(1, reader);

    for (const line of ["one\n", "two\n"]) lines.write(line);
    const before = performance.now();
    lines.flush();

    expect(performance.now() - before).toBeGreaterThan(900);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it("are tried again with the next line where the disk was full", () => {
    const reader = new Reader("ENOSPC", 100);
    const lines = new BufferedLines(1, reader);

    lines.write("one\n");
    reader.end();
    lines.write("two\n");
    reader.end();
    reader.end();

    expect(reader.taken).toEqual(["one\n", "two\n"]);
    expect(lines.dropped).toBe(0);
  });

  it("are tried again without a next one where the reader was slow", async () => {
    const reader = new Reader("EAGAIN", 100);
    const lines = new BufferedLines(1, reader);

    lines.write("one\n");
    reader.end();
    await new Promise((resolve) => setTimeout(resolve, 150));
    reader.end();

    expect(reader.taken).toEqual(["one\n"]);
  });

  it("are dropped and counted past 1 MiB, until there is room again", () => {
    const reader = new Reader();
    const lines = new BufferedLines(1, reader);
    const line = `${"x".repeat(1_023)}\n`;

    for (let count = 0; count < 1_030; count++) lines.write(line);
    expect(lines.dropped).toBe(6);
    reader.end();
    lines.write(line);

    expect(lines.dropped).toBe(6);
  });
});

describe("lines that are direct", () => {
  it("are on the descriptor before the call returns", () => {
    const reader = new Reader();
    new DirectLines(2, reader).write("one\n");

    expect(reader.taken).toEqual(["one\n"]);
  });

  it("are given up and counted at the first error", () => {
    const reader = new Reader("EIO");
    const lines = new DirectLines(2, reader);

    lines.write("one\n");

    expect([reader.tries, lines.dropped]).toEqual([1, 1]);
  });
});
