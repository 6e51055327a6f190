/**
 * Where one question is on its route, and where it may go next. Knows the rules of going on; sends nothing.
 */
import type { Instant } from "../ports/clock.ts";
import type { Destination } from "./attempt.ts";
import type { Replicas } from "./replicas.ts";
import type { Route } from "./route.ts";

export class Itinerary {
  readonly #route: Route;
  #station = 0;
  /** A server did answer, if with nothing of use. */
  #isAnswered = false;

  constructor(route: Route) {
    this.#route = route;
  }

  get here(): Replicas {
    // The station is only ever set to one that exists.
    return this.#route.stations[this.#station]!;
  }

  /** Going on tells a second operator of the name: to be counted. */
  get isSharded(): boolean {
    return this.#route.leave !== "doubt";
  }

  /** All stations that may be asked in the end. */
  get allowed(): readonly Replicas[] {
    return this.#route.leave === "never" ? [this.here] : this.#route.stations;
  }

  /** Where to go on, if the present station may be left and another is better off. */
  next(now: Instant): number | undefined {
    const { stations } = this.#route;
    if (stations.length === 1 || this.#isSettled || !this.#mayLeave(this.here, now)) return undefined;
    for (let station = this.#station + 1; station < stations.length; station++) {
      const replicas = stations[station]!;
      if (this.#mayLeave(replicas, now)) continue;
      if (replicas.isClear && !this.#isNobodyElseLeft(station, now)) continue;
      return station;
    }
    return undefined;
  }

  /**
   * Whom to ask after `count` responses that were no use: once a replica where operators are kept apart, then
   * another operator if the user allows it; any other server where they are not. Nobody waits for a replica that
   * is known to be down: SERVFAIL at once is worth more.
   */
  afterPoorResponse(count: number, useless: readonly Destination[]): number | undefined {
    this.#isAnswered = true;
    const other = this.#route.leavesOnServfail ? this.#nextEncrypted() : undefined;
    const here = this.isReplicaLeft(useless) ? this.#station : undefined;
    if (count === 1) return this.isSharded ? (here ?? other) : (other ?? here);
    return count === 2 && this.isSharded ? other : undefined;
  }

  /** Somebody here may yet give a response that is of use. */
  isReplicaLeft(useless: readonly Destination[]): boolean {
    return this.here.addresses.some((address) => !useless.includes(address) && !address.isDown);
  }

  /**
   * A retry that is to avoid a server goes to where another may see the name. @returns that server's addresses
   * there, or `undefined` where nobody else is up: then a fresh connection has to do.
   */
  avoid(label: string): readonly Destination[] | undefined {
    const { stations } = this.#route;
    const reach = this.isSharded ? 1 : stations.length;
    for (let station = 0; station < reach; station++) {
      const { addresses, isClear } = stations[station]!;
      // What went wrong was said by a server over TLS: no reason to ask in clear text.
      if (isClear) continue;
      const useless = addresses.filter(({ server }) => server.options.name === label);
      if (addresses.every((address) => useless.includes(address) || address.isDown)) continue;
      this.#station = station;
      return useless;
    }
    return undefined;
  }

  /** Goes to `station`. @returns the stations left behind. */
  goTo(station: number): readonly Replicas[] {
    const left = this.#route.stations.slice(this.#station, station);
    this.#station = station;
    return left;
  }

  isHere(station: number): boolean {
    return station === this.#station;
  }

  /** An operator that answers is not down, whatever its replicas do: no other is to see the name for it. */
  get #isSettled(): boolean {
    return this.#isAnswered && this.isSharded && !this.#route.leavesOnServfail;
  }

  /** Clear text is for when nothing encrypted answers at all. */
  #isNobodyElseLeft(station: number, now: Instant): boolean {
    const before = this.#route.stations.slice(0, station);
    return !this.#isAnswered && before.every((replicas) => replicas.isDown(now));
  }

  /** A response that was no use came all the same: something encrypted answers, so clear text is out. */
  #nextEncrypted(): number | undefined {
    const next = this.#station + 1;
    return this.#route.stations[next]?.isClear === false ? next : undefined;
  }

  #mayLeave(replicas: Replicas, now: Instant): boolean {
    switch (this.#route.leave) {
      case "doubt":
        return replicas.isDoubtful(now);
      case "down":
        return replicas.isDown(now);
      case "never":
        return false;
    }
  }
}
