/**
 * Flights by the key of their question.
 *
 * Not a `Map`: one that every query passes through is laid out anew again and again, each table keeps what was in it
 * and points to the next, and the first that the collector takes for old keeps all later ones alive. Here a flight
 * that leaves is gone.
 */
import type { Random } from "../ports/random.ts";

/** What a table holds. `hash` and `behind` belong to it. */
export interface Keyed<Self> {
  readonly key: string;
  hash: number;
  behind: Self | undefined;
}

/** A power of two, as every number of places. */
const FIRST_PLACES = 64;

export class FlightTable<Flight extends Keyed<Flight>> {
  /** Clients choose the keys; without these two numbers nobody can say which keys share a place. */
  readonly #seed: number;
  readonly #factor: number;
  /** Lists, each through its flights. BOUNDED: by the most flights there were at a time. */
  #places: (Flight | undefined)[] = places(FIRST_PLACES);
  #size = 0;

  constructor(random: Random) {
    this.#seed = (random.u16() << 16) | random.u16();
    this.#factor = (random.u16() << 16) | random.u16() | 1;
  }

  get size(): number {
    return this.#size;
  }

  find(key: string): Flight | undefined {
    const hash = this.#hashOf(key);
    for (
      let flight = this.#places[hash & (this.#places.length - 1)];
      flight !== undefined;
      flight = flight.behind
    ) {
      if (flight.hash === hash && flight.key === key) return flight;
    }
    return undefined;
  }

  /** Takes a flight whose key has none. */
  add(flight: Flight): void {
    if (this.#size === this.#places.length) this.#grow();
    flight.hash = this.#hashOf(flight.key);
    this.#put(flight);
    this.#size++;
  }

  /** Lets a flight go that is here. */
  remove(flight: Flight): void {
    const place = flight.hash & (this.#places.length - 1);
    const first = this.#places[place];
    if (first === flight) {
      this.#places[place] = flight.behind;
    } else {
      let before = first!;
      while (before.behind !== flight) before = before.behind!;
      before.behind = flight.behind;
    }
    flight.behind = undefined;
    this.#size--;
  }

  #put(flight: Flight): void {
    const place = flight.hash & (this.#places.length - 1);
    flight.behind = this.#places[place];
    this.#places[place] = flight;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = places(before.length * 2);
    for (const first of before) {
      for (let flight = first; flight !== undefined; ) {
        const { behind }: { behind: Flight | undefined } = flight;
        this.#put(flight);
        flight = behind;
      }
    }
  }

  #hashOf(key: string): number {
    let hash = this.#seed ^ key.length;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), this.#factor);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}

function places<Flight>(count: number): (Flight | undefined)[] {
  return new Array<Flight | undefined>(count).fill(undefined);
}
