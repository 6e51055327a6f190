/** What the cache is held against: least recently used and nothing else, of the same octets for each entry. */
export class IdealLru {
  readonly #size: number;
  /** Octets of the names that are in it; 0 for the others. */
  readonly #octets: Float64Array;
  /** The names in order of use, as a ring through `#head`, which is none: after it the most recent. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #head: number;
  #total = 0;

  constructor(size: number, names: number) {
    this.#size = size;
    this.#octets = new Float64Array(names);
    this.#next = new Int32Array(names + 1);
    this.#previous = new Int32Array(names + 1);
    this.#head = names;
    this.#next[names] = this.#previous[names] = names;
  }

  /** Asks for `name` once, whose entry takes `octets`; whether it was there. */
  ask(name: number, octets: number): boolean {
    const isHit = this.#octets[name]! > 0;
    if (isHit) this.#unlink(name);
    else this.#total += octets;
    this.#octets[name] = octets;
    this.#link(name);
    while (this.#total > this.#size) this.#evict(this.#previous[this.#head]!);
    return isHit;
  }

  #evict(name: number): void {
    this.#unlink(name);
    this.#total -= this.#octets[name]!;
    this.#octets[name] = 0;
  }

  #link(name: number): void {
    const first = this.#next[this.#head]!;
    this.#next[this.#head] = name;
    this.#previous[name] = this.#head;
    this.#next[name] = first;
    this.#previous[first] = name;
  }

  #unlink(name: number): void {
    const [previous, next] = [this.#previous[name]!, this.#next[name]!];
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }
}
