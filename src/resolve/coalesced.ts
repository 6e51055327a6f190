/**
 * One flight for identical questions. Besides saving upstream traffic this closes the birthday attack on
 * identical questions (RFC 5452 §5).
 *
 * A flight belongs to nobody: it has its own deadline and work budget, fixed when it starts, and goes on when
 * its clients have gone, so that the cache is filled all the same.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";

interface Flight {
  readonly deadline: Instant;
  readonly landing: Promise<Response>;
}

export interface CoalescedOptions {
  /** Most flights at a time; above it: `overloaded`. */
  readonly maxFlights: number;
}

export class Flights implements Exchange {
  readonly #next: Exchange;
  readonly #clock: Clock;
  readonly #options: CoalescedOptions;
  /** BOUNDED: by `maxFlights`; a flight leaves when it lands, and every flight has a deadline. */
  readonly #aloft = new Map<string, Flight>();

  constructor(next: Exchange, clock: Clock, options: CoalescedOptions) {
    this.#next = next;
    this.#clock = clock;
    this.#options = options;
  }

  get size(): number {
    return this.#aloft.size;
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    // A traced lookup shows its own steps, and a retry must not join the flight whose response was no use.
    if (budget.trace !== undefined || query.avoid !== undefined) return this.#next.exchange(query, budget);
    const flight = this.#aloft.get(query.key);
    if (flight === undefined) return this.#start(query, budget);
    if (flight.deadline >= budget.deadline) return flight.landing;
    return this.#join(flight, query, budget);
  }

  /** The flight's budget is that of its first asker; what joins later brings its own only to ask again. */
  #start(query: Query, budget: Budget): Promise<Response> {
    if (this.#aloft.size >= this.#options.maxFlights) {
      return Promise.reject(new ResolutionError("overloaded", "too many questions in flight"));
    }
    const landing = this.#next.exchange(query, budget);
    const flight: Flight = { deadline: budget.deadline, landing };
    this.#aloft.set(query.key, flight);
    const land = (): void => {
      if (this.#aloft.get(query.key) === flight) this.#aloft.delete(query.key);
    };
    landing.then(land, land);
    return landing;
  }

  /** A late joiner inherits no deadline: where the flight ran out of time and the joiner has not, it asks again. */
  async #join(flight: Flight, query: Query, budget: Budget): Promise<Response> {
    try {
      return await flight.landing;
    } catch (error) {
      const timeLeft = budget.deadline - this.#clock.now();
      const ranOut = error instanceof ResolutionError && error.fault === "deadline-exceeded";
      if (!ranOut || timeLeft <= 0) throw error;
      return await this.exchange(query, budget);
    }
  }
}
