/**
 * A map that forgets: two generations, the older dropped whole when the younger is full. What is used stays,
 * for the price of one more lookup; there is no list to keep.
 */
export class Generations<K, V> {
  readonly #capacity: number;
  readonly #weigh: (value: V) => number;
  /** BOUNDED: by `capacity`, as the other. */
  #young = new Map<K, V>();
  /** BOUNDED: by `capacity`. */
  #old = new Map<K, V>();
  #weight = 0;

  /** `capacity` of one generation, in entries or in what `weigh` says of a value. */
  constructor(capacity: number, weigh: (value: V) => number = () => 1) {
    this.#capacity = capacity;
    this.#weigh = weigh;
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    if (this.#weight >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#weight = 0;
    }
    this.#weight += this.#weigh(value);
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#weight = 0;
  }

  get size(): number {
    let size = this.#young.size;
    for (const key of this.#old.keys()) if (!this.#young.has(key)) size += 1;
    return size;
  }
}
