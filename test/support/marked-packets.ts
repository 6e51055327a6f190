/** What a client may send, at random: whole queries, damaged ones and noise, each with one label to be looked for. */
import type { SeededRandom } from "./seeded-random.ts";

const HEADER_OCTETS = 12;

/** As octets of a QNAME, so that no damage makes another text of it. */
export class MarkedPackets {
  readonly #mark: Buffer;
  readonly #zones: readonly string[];
  readonly #random: SeededRandom;

  constructor(mark: string, zones: readonly string[], random: SeededRandom) {
    this.#mark = Buffer.from(mark, "latin1");
    this.#zones = zones;
    this.#random = random;
  }

  /** A query with a random ID, type, class, flags and options, below one of the zones. */
  query(): Buffer {
    const random = this.#random;
    const head = Buffer.alloc(HEADER_OCTETS);
    head.writeUInt16BE(random.u16(), 0);
    // QR is never set; RD nearly always; the opcode is mostly QUERY.
    const flags = (random.u16() & 0x0130) | (random.below(10) > 0 ? 0x0100 : 0) | (random.below(20) << 11);
    head.writeUInt16BE(random.below(3) > 0 ? 0x0100 : flags & 0x7fff, 2);
    head.writeUInt16BE(1, 4);
    const options = random.below(2) === 0 ? Buffer.alloc(0) : this.#opt();
    head.writeUInt16BE(options.length > 0 ? 1 : 0, 10);
    const tail = Buffer.alloc(4);
    tail.writeUInt16BE([1, 28, 43, 48, 65, 255, 6, random.u16()][random.below(8)]!, 0);
    tail.writeUInt16BE(random.below(12) === 0 ? 3 : 1, 2);
    return Buffer.concat([head, this.#qname(), tail, options]);
  }

  /** A query that was cut, or of which octets before or behind the marked label were changed. */
  damaged(): Buffer {
    const query = this.query();
    if (this.#random.below(2) === 0) {
      const least = query.indexOf(this.#mark) + this.#mark.length;
      return query.subarray(0, least + this.#random.below(query.length - least));
    }
    const marked = query.indexOf(this.#mark);
    for (let i = 0; i < 4; i++) {
      const at = this.#random.below(query.length);
      if (at < marked || at >= marked + this.#mark.length) query[at] = this.#random.below(256);
    }
    return query;
  }

  noise(): Buffer {
    return Buffer.concat([this.#random.bytes(this.#random.below(40)), this.#mark, this.#random.bytes(9)]);
  }

  #qname(): Buffer {
    const labels = [this.#mark];
    for (let i = this.#random.below(3); i > 0; i--)
      labels.unshift(Buffer.from(this.#random.bytes(1 + this.#random.below(9))));
    const zone = this.#zones[this.#random.below(this.#zones.length)]!;
    labels.push(...zone.split(".").map((label) => Buffer.from(label)));
    const octets = labels.flatMap((label) => [Buffer.of(label.length), label]);
    return Buffer.concat([...octets, Buffer.of(0)]);
  }

  /** Cookie, subnet 127.0.0.0/8, NSID, and an option that holds the mark. */
  #opt(): Buffer {
    const options = Buffer.concat([
      Buffer.from([0, 10, 0, 8, ...this.#random.bytes(8)]),
      Buffer.from([0, 8, 0, 5, 0, 1, 8, 0, 127]),
      Buffer.from([0, 3, 0, 0]),
      Buffer.from([0xfd, 0xe9, 0, this.#mark.length]),
      this.#mark,
    ]);
    const head = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0x80, 0, options.length >> 8, options.length & 0xff]);
    return Buffer.concat([head, options]);
  }
}
