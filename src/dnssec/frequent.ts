/**
 * A key that is used again and again gets a context of its own (`openssl.ts`), once it has shown that it judges as Node does:
 * it takes a signature that Node has just taken, and refuses the same with one bit turned.
 */
import type { Context, ContextKey, OpenSsl } from "./openssl.ts";

/** Signatures that are to hold before: a context costs as much as some of them, and memory that most keys are not worth. */
const SIGNATURES_BEFORE = 8;

export class Frequent {
  readonly #key: ContextKey;
  readonly #openSsl: () => OpenSsl | undefined;
  #left = SIGNATURES_BEFORE;
  #context: Context | undefined;

  constructor(key: ContextKey, openSsl: () => OpenSsl | undefined) {
    this.#key = key;
    this.#openSsl = openSsl;
  }

  /** To verify with, where there is one already. */
  get context(): Context | undefined {
    return this.#context;
  }

  /** To be told of each signature that holds while there is no context. */
  held(data: Uint8Array, octets: Uint8Array): void {
    if (this.#left === 0 || --this.#left > 0) return;
    const context = this.#openSsl()?.contextFor(this.#key);
    if (context === undefined || !context.holds(data, octets)) return;
    const other = Uint8Array.from(octets);
    other[other.length >> 1]! ^= 1;
    if (!context.holds(data, other)) this.#context = context;
  }
}
