/**
 * Where the cache keeps its octets: blocks of one size, chained, in memory that the collector does not look into.
 * What is kept there costs no pause, however much it is, and freed blocks of any entry do for any other: there is
 * no fragmentation, and what is accounted for is what is taken.
 *
 * A chain is read and written as one run of octets. Its first word links a block to the next, so 60 of its 64
 * octets, one line of a processor's cache, are the run's.
 */

/** Octets of memory a block takes. */
export const BLOCK_OCTETS = 64;
/** Of these, what it holds of the run. */
export const ROOM_OCTETS = 60;
const LINK_OCTETS = BLOCK_OCTETS - ROOM_OCTETS;

/** Blocks that are asked for together. 64 KiB: a small cache takes no more than it needs. */
const CHUNK_BITS = 10;
const CHUNK_BLOCKS = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK_BLOCKS - 1;
/** Shifts from a block to its octets, words and doubles. */
const OCTETS_SHIFT = 6;
const WORDS_SHIFT = 4;
const DOUBLES_SHIFT = 3;

/** No block: the end of a chain, of a list. */
export const NONE = 0;

export class Blocks {
  /** BOUNDED: each of the three by the most blocks that were in use at once, which their user bounds. */
  readonly #views: DataView[] = [];
  readonly #words: Int32Array[] = [];
  readonly #doubles: Float64Array[] = [];
  /** First of the chain of blocks that were in use. */
  #free = NONE;
  /** First block that never was. Block 0 is none. */
  #untouched = 1;

  /** A chain that holds `octets`; what is in it is left over from before. */
  allocate(octets: number): number {
    let chain = NONE;
    for (let left = octets; left > 0; left -= ROOM_OCTETS) {
      const block = this.#take();
      this.link(block, chain);
      chain = block;
    }
    return chain;
  }

  free(chain: number): void {
    let last = chain;
    for (let next = this.next(last); next !== NONE; next = this.next(last)) last = next;
    this.link(last, this.#free);
    this.#free = chain;
  }

  /** Gives all memory back. */
  clear(): void {
    this.#views.length = this.#words.length = this.#doubles.length = 0;
    this.#free = NONE;
    this.#untouched = 1;
  }

  next(block: number): number {
    return this.wordsOf(block)[wordAt(block)]!;
  }

  link(block: number, next: number): void {
    this.wordsOf(block)[wordAt(block)] = next;
  }

  /** The words among which are the block's, from `wordAt(block)` on: first the link, then 15 of the run. */
  wordsOf(block: number): Int32Array {
    return this.#words[block >> CHUNK_BITS]!;
  }

  /** The same memory as doubles, from `doubleAt(block)` on. */
  doublesOf(block: number): Float64Array {
    return this.#doubles[block >> CHUNK_BITS]!;
  }

  /** Copies octets of the run of `chain`, `from` on, to `at` in `out`. */
  read(chain: number, from: number, count: number, out: DataView, at: number): void {
    let block = chain;
    let skip = from;
    for (; skip >= ROOM_OCTETS; skip -= ROOM_OCTETS) block = this.next(block);
    for (let done = 0; done < count; block = this.next(block)) {
      const part = Math.min(ROOM_OCTETS - skip, count - done);
      copy(this.#views[block >> CHUNK_BITS]!, octetAt(block) + skip, out, at + done, part);
      done += part;
      skip = 0;
    }
  }

  /** Copies the first `count` octets of `octets` over the run of `chain`, `to` on. */
  write(chain: number, to: number, octets: DataView, count: number): void {
    let block = chain;
    let skip = to;
    for (; skip >= ROOM_OCTETS; skip -= ROOM_OCTETS) block = this.next(block);
    for (let done = 0; done < count; block = this.next(block)) {
      const part = Math.min(ROOM_OCTETS - skip, count - done);
      copy(octets, done, this.#views[block >> CHUNK_BITS]!, octetAt(block) + skip, part);
      done += part;
      skip = 0;
    }
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.next(free);
      return free;
    }
    if (this.#untouched >> CHUNK_BITS >= this.#words.length) this.#grow();
    return this.#untouched++;
  }

  #grow(): void {
    const memory = new ArrayBuffer(CHUNK_BLOCKS * BLOCK_OCTETS);
    this.#views.push(new DataView(memory));
    this.#words.push(new Int32Array(memory));
    this.#doubles.push(new Float64Array(memory));
  }
}

/** Octets that a run takes, in whole blocks. */
export function takenBy(octets: number): number {
  return Math.ceil(octets / ROOM_OCTETS) * BLOCK_OCTETS;
}

/** Where a block stands among the words of its chunk. */
export function wordAt(block: number): number {
  return (block & IN_CHUNK) << WORDS_SHIFT;
}

export function doubleAt(block: number): number {
  return (block & IN_CHUNK) << DOUBLES_SHIFT;
}

function octetAt(block: number): number {
  return ((block & IN_CHUNK) << OCTETS_SHIFT) + LINK_OCTETS;
}

/** Four octets at a time (`word-views.ts`). Their order in a word does not matter as long as it is one. */
function copy(from: DataView, fromAt: number, to: DataView, toAt: number, count: number): void {
  const whole = count & ~3;
  for (let i = 0; i < whole; i += 4) to.setInt32(toAt + i, from.getInt32(fromAt + i, true), true);
  for (let i = whole; i < count; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}
