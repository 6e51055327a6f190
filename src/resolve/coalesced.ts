/**
 * One flight for identical questions. Besides saving upstream traffic this closes the birthday attack on
 * identical questions (RFC 5452 §5).
 *
 * A flight belongs to nobody: it has its own deadline and work budget, fixed when it starts, and goes on when
 * its clients have gone, so that the cache is filled all the same.
 */
import { ask, promised } from "../ports/asking.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget, Exchange, Landing, Query, Response, Work } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Random } from "../ports/random.ts";
import { FlightTable, type Keyed } from "./flight-table.ts";

export interface CoalescedDeps {
  readonly clock: Clock;
  readonly random: Random;
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
  readonly #aloft: FlightTable<Flight>;

  constructor(next: Exchange, deps: CoalescedDeps, options: CoalescedOptions) {
    this.#next = next;
    this.#clock = deps.clock;
    this.#options = options;
    this.#aloft = new FlightTable(deps.random);
  }

  get size(): number {
    return this.#aloft.size;
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    return promised(this.ask, query, budget);
  }

  readonly ask = (query: Query, budget: Budget, landing: Landing): void => {
    // A traced lookup shows its own steps, and a retry must not join the flight whose response was no use.
    if (budget.trace !== undefined || query.avoid !== undefined) {
      ask(this.#next, query, budget, landing);
      return;
    }
    this.join(query, budget, landing, true);
  };

  /** `mayAskAgain`: whether work that the flight has too little of is worth a second one. */
  join(query: Query, budget: Budget, landing: Landing, mayAskAgain: boolean): void {
    const flight = this.#aloft.find(query.key);
    if (flight === undefined) this.#start(query, budget, landing);
    else if (flight.outlasts(budget, mayAskAgain)) flight.join(landing);
    else flight.join(new Latecomer({ query, budget, landing, mayAskAgain }, this, this.#clock));
  }

  /** The flight's budget is that of its first asker; what joins later brings its own only to ask again. */
  #start(query: Query, budget: Budget, landing: Landing): void {
    if (this.#aloft.size >= this.#options.maxFlights) {
      landing.failed(new ResolutionError("overloaded", "too many questions in flight"));
      return;
    }
    const flight = new Flight(query.key, budget, landing, this.#aloft);
    this.#aloft.add(flight);
    ask(this.#next, query, budget, flight);
  }
}

const NOBODY: readonly Landing[] = [];

/** Those who wait for one response. */
class Flight implements Landing, Keyed<Flight> {
  readonly key: string;
  hash = 0;
  behind: Flight | undefined = undefined;
  readonly #deadline: Instant;
  readonly #work: Work;
  readonly #aloft: FlightTable<Flight>;
  #first: Landing | undefined;
  /** BOUNDED: by the clients that may wait. */
  #others: Landing[] | undefined = undefined;

  constructor(key: string, { deadline, work }: Budget, first: Landing, aloft: FlightTable<Flight>) {
    this.key = key;
    this.#deadline = deadline;
    this.#work = work;
    this.#first = first;
    this.#aloft = aloft;
  }

  /** Whether it has as much time and, where that counts, work left as `budget`. */
  outlasts({ deadline, work }: Budget, countsWork: boolean): boolean {
    if (this.#deadline < deadline) return false;
    return !countsWork || this.#work.upstreamQueries >= work.upstreamQueries;
  }

  join(landing: Landing): void {
    if (this.#others === undefined) this.#others = [landing];
    else this.#others.push(landing);
  }

  landed(response: Response): void {
    const first = this.#first;
    const others = this.#leave();
    first?.landed(response);
    for (const landing of others) landing.landed(response);
  }

  failed(error: unknown): void {
    const first = this.#first;
    const others = this.#leave();
    first?.failed(error);
    for (const landing of others) landing.failed(error);
  }

  /** Whoever the collector keeps this for: what hangs on it is not to stay with it. */
  #leave(): readonly Landing[] {
    this.#aloft.remove(this);
    const others = this.#others ?? NOBODY;
    this.#first = this.#others = undefined;
    return others;
  }
}

interface Joiner {
  readonly query: Query;
  readonly budget: Budget;
  readonly landing: Landing;
  readonly mayAskAgain: boolean;
}

/**
 * Who joins inherits neither the deadline nor the work of a flight, that may be a decoy's or of a client whose own is
 * nearly used up: where the flight ran out of either and the joiner has not, it asks again. For want of work but once:
 * a question that costs too much would cost it again for each who waits.
 */
class Latecomer implements Landing {
  readonly #joiner: Joiner;
  readonly #flights: Flights;
  readonly #clock: Clock;

  constructor(joiner: Joiner, flights: Flights, clock: Clock) {
    this.#joiner = joiner;
    this.#flights = flights;
    this.#clock = clock;
  }

  landed(response: Response): void {
    this.#joiner.landing.landed(response);
  }

  failed(error: unknown): void {
    const { query, budget, landing, mayAskAgain } = this.#joiner;
    const fault = error instanceof ResolutionError ? error.fault : undefined;
    const isLate = fault === "deadline-exceeded";
    const isPoor = fault === "work-exhausted" && mayAskAgain && budget.work.upstreamQueries > 0;
    if ((isLate || isPoor) && budget.deadline > this.#clock.now())
      this.#flights.join(query, budget, landing, mayAskAgain && !isPoor);
    else landing.failed(error);
  }
}
