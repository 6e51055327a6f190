import type { Random } from "../../src/ports/random.ts";

/** The same numbers in every run (xorshift32). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed = 0x5077_0001) {
    this.#state = seed | 0 || 1;
  }

  u16(): number {
    return this.#next() & 0xffff;
  }

  below(bound: number): number {
    return this.#next() % bound;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next() & 0xff);
  }

  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }
}
