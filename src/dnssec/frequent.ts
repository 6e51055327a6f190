/**
 * A key that verifies again and again gets a context of its own (`openssl.ts`), once this has shown that it judges as Node does:
 * it takes a signature that Node has just taken, and refuses the same with one bit turned. Whatever goes wrong with
 * it, Node is there.
 */
import type { Context, ContextKey, OpenSsl } from "./openssl.ts";

/** Signatures that hold by Node's word before a key gets a context, which costs time and memory: most keys see fewer. */
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

  /** Whether `octets` is the key's signature of `data`; `undefined` where Node is to say. */
  judge(data: Uint8Array, octets: Uint8Array): boolean | undefined {
    if (this.#context === undefined) return undefined;
    const holds = judgedBy(this.#context, data, octets);
    if (holds === undefined) this.#context = undefined;
    return holds;
  }

  /** To be told of each signature that holds by Node's word. */
  held(data: Uint8Array, octets: Uint8Array): void {
    if (this.#left === 0 || --this.#left > 0) return;
    const context = this.#made();
    if (context === undefined || judgedBy(context, data, octets) !== true) return;
    const other = Uint8Array.from(octets);
    other[other.length >> 1]! ^= 1;
    if (judgedBy(context, data, other) === false) this.#context = context;
  }

  #made(): Context | undefined {
    try {
      return this.#openSsl()?.contextFor(this.#key);
    } catch {
      return undefined; // A koffi that calls otherwise than it was told.
    }
  }
}

function judgedBy(context: Context, data: Uint8Array, octets: Uint8Array): boolean | undefined {
  try {
    return context.holds(data, octets);
  } catch {
    return undefined;
  }
}
