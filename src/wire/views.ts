/** Octets; longer views are made anew: nearly no message is as long. */
const KEPT_LENGTHS = 1_536;

/**
 * Views of one piece of memory from its start, one for each length and made once: what is written there and
 * copied on at once needs no object of its own.
 */
export class Views {
  readonly #memory: Buffer;
  /** BOUNDED: by `KEPT_LENGTHS`. */
  readonly #views: (Buffer | undefined)[];

  constructor(memory: Buffer) {
    this.#memory = memory;
    this.#views = new Array<Buffer | undefined>(KEPT_LENGTHS).fill(undefined);
  }

  /** The first `length` octets. */
  upTo(length: number): Buffer {
    if (length >= KEPT_LENGTHS) return this.#memory.subarray(0, length);
    return (this.#views[length] ??= this.#memory.subarray(0, length));
  }
}
