/** Names as people ask for them: the nth most wanted 1/n times as often as the first (Zipf's law). */
import type { Random } from "../../src/ports/random.ts";

export class Zipf {
  readonly #random: Random;
  readonly #sums: Float64Array;

  constructor(count: number, random: Random) {
    this.#random = random;
    this.#sums = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) this.#sums[rank] = sum += 1 / (rank + 1);
  }

  /** A rank from 0. */
  next(): number {
    const wanted = ((this.#random.u16() * 65_536 + this.#random.u16()) / 2 ** 32) * this.#sums.at(-1)!;
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
