/**
 * Joins the queries of one turn of the event loop into one write for each connection: one TLS record and
 * one system call for a burst instead of one a query, which is most of what a forwarded query costs.
 *
 * Also lends the buffers these writes are framed in; a buffer comes back once the socket is done with it.
 */

/** Octets. What a TLS record can hold (RFC 8446 §5.1): a longer write would be split anyway. */
export const CHUNK_OCTETS = 16_384;
/** Chunks kept for the next burst: 128 KiB. More are made, and dropped after use, when a burst needs them. */
const KEPT_CHUNKS = 8;

export interface Flushable {
  flush(): void;
}

export class Turn {
  readonly #defer: (task: () => void) => void;
  /** BOUNDED: by the open connections; emptied every turn. */
  #waiting: Flushable[] = [];
  /** BOUNDED: by `KEPT_CHUNKS`. */
  readonly #chunks: Buffer[] = [];

  /** `defer` runs a task when the current turn of the event loop ends (`setImmediate`). */
  constructor(defer: (task: () => void) => void) {
    this.#defer = defer;
  }

  /** `flushable.flush` is called at the end of this turn, once for each call of `join`. */
  join(flushable: Flushable): void {
    if (this.#waiting.length === 0) this.#defer(this.#end);
    this.#waiting.push(flushable);
  }

  takeChunk(): Buffer {
    return this.#chunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_OCTETS);
  }

  giveBack(chunk: Buffer): void {
    if (this.#chunks.length < KEPT_CHUNKS) this.#chunks.push(chunk);
  }

  readonly #end = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  };
}
