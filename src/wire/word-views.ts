/**
 * Octets as words that may stand anywhere in them: V8 makes one move of what a `DataView` reads or writes, so that
 * four octets cost what one costs.
 */

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** The view of one memory, made again only when another is asked for: message after message lies in the same. */
export class LastView {
  #octets: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#octets);

  of(octets: Uint8Array): DataView {
    if (octets !== this.#octets) {
      this.#octets = octets;
      this.#view = viewOf(octets);
    }
    return this.#view;
  }
}
