/**
 * A key that verifies again and again gets shorter ways to do it: a context of its own (`openssl.ts`), and if it is of P-256 a table
 * (`p256-tables.ts`). Each is used only once it has shown that it judges as the way before it does: it takes a signature that
 * this has just taken, and refuses the same with one bit turned. Whatever goes wrong with one, the way before it is there.
 */
import type { Context, ContextKey, OpenSsl } from "./openssl.ts";
import type { P256Table } from "./p256-tables.ts";

/** Signatures that hold by Node's word before a key gets a context, which costs time and memory: most keys see fewer. */
const SIGNATURES_BEFORE_CONTEXT = 8;
/** Signatures that hold by its context's word before a key gets a table, which takes as long to make as it then saves in as many. */
const SIGNATURES_BEFORE_TABLE = 768;

export class Frequent {
  readonly #key: ContextKey;
  readonly #openSsl: () => OpenSsl | undefined;
  #untilContext = SIGNATURES_BEFORE_CONTEXT;
  #untilTable = SIGNATURES_BEFORE_TABLE;
  #context: Context | undefined;
  /** A table that has not shown yet that it judges well. */
  #candidate: P256Table | undefined;
  #table: P256Table | undefined;

  constructor(key: ContextKey, openSsl: () => OpenSsl | undefined) {
    this.#key = key;
    this.#openSsl = openSsl;
  }

  /** Whether `octets` is the key's signature of `data`; `undefined` where Node is to say. */
  judge(data: Uint8Array, octets: Uint8Array): boolean | undefined {
    if (this.#context === undefined) return undefined;
    if (this.#table !== undefined && judgedBy(this.#table, data, octets) === true) return true;
    const holds = judgedBy(this.#context, data, octets);
    if (holds === undefined) this.#context = this.#candidate = this.#table = undefined;
    if (holds === true) this.#heldByContext(data, octets);
    return holds;
  }

  /** To be told of each signature that holds by Node's word. */
  held(data: Uint8Array, octets: Uint8Array): void {
    if (this.#untilContext === 0 || --this.#untilContext > 0) return;
    const context = this.#made((openSsl) => openSsl.contextFor(this.#key));
    if (context !== undefined && judgesWell(context, data, octets)) this.#context = context;
  }

  #heldByContext(data: Uint8Array, octets: Uint8Array): void {
    if (this.#candidate !== undefined) {
      if (judgesWell(this.#candidate, data, octets)) this.#table = this.#candidate;
      this.#candidate = undefined;
      return;
    }
    this.#table = undefined; // If there was one, it has just refused what holds.
    if (this.#key.curve !== "P-256" || this.#untilTable === 0 || --this.#untilTable > 0) return;
    const ready = (table: P256Table): void => {
      if (this.#context !== undefined) this.#candidate = table;
    };
    const isMaking = this.#made(({ tables }) => tables?.make(this.#key.key, ready));
    if (isMaking === false) this.#untilTable = SIGNATURES_BEFORE_TABLE; // Later there may be room.
  }

  #made<Made>(make: (openSsl: OpenSsl) => Made): Made | undefined {
    try {
      const openSsl = this.#openSsl();
      return openSsl === undefined ? undefined : make(openSsl);
    } catch {
      return undefined; // A koffi that calls otherwise than it was told.
    }
  }
}

/** A shorter way; `undefined` where it could not find out. */
interface Way {
  holds(data: Uint8Array, octets: Uint8Array): boolean | undefined;
}

/** Whether `way` takes a signature that holds, and refuses the same with a bit turned. */
function judgesWell(way: Way, data: Uint8Array, octets: Uint8Array): boolean {
  if (judgedBy(way, data, octets) !== true) return false;
  const other = Uint8Array.from(octets);
  other[other.length >> 1]! ^= 1;
  return judgedBy(way, data, other) === false;
}

function judgedBy(way: Way, data: Uint8Array, octets: Uint8Array): boolean | undefined {
  try {
    return way.holds(data, octets);
  } catch {
    return undefined;
  }
}
