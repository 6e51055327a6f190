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
import { onWayBack } from "./way-back.ts";

interface Flight {
  /** The one that started it; `undefined` when it has landed. */
  query: Query | undefined;
  readonly deadline: Instant;
  landing: Promise<Response>;
}

/** Until `landing` is there: nobody can see it, for a flight is joined in a later call. */
const NOT_YET: Promise<Response> = new Promise(() => {});

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
    this.#next = onWayBack(next, {
      landed: (response, query) => {
        this.#land(query);
        return response;
      },
      failed: (_error, query) => {
        this.#land(query);
      },
    });
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
    const flight: Flight = { query, deadline: budget.deadline, landing: NOT_YET };
    this.#aloft.set(query.key, flight);
    flight.landing = this.#next.exchange(query, budget);
    return flight.landing;
  }

  /** A traced query, or a retry, passes here too: another may be aloft with its key. */
  #land(query: Query): void {
    const flight = this.#aloft.get(query.key);
    if (flight?.query !== query) return;
    this.#aloft.delete(query.key);
    // The collector may keep a flight for long: a `Map` that many pass through leaves tables behind, each holding
    // what was in it. What hangs on the flight is not to stay with it.
    flight.query = undefined;
    flight.landing = NOT_YET;
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
