/**
 * What a query asks of the connection that takes it, beyond being open: that it leads to no address whose response
 * was no use, and for a retry, that it leads to another server, or at least was made for it.
 */
import type { Instant } from "../ports/clock.ts";
import type { Carrier, Destination, Picky } from "./attempt.ts";
import type { Itinerary } from "./itinerary.ts";

/** Milliseconds for another server to do better than SERVFAIL, or than the one a retry avoids. */
export const BETTER_WITHIN_MS = 1_500;
/** Milliseconds for a connection made for one query: it only helps where a server has two faces. */
const FRESH_WITHIN_MS = 250;

export class Demands implements Picky {
  /** BOUNDED: by the addresses configured. */
  readonly useless: readonly Destination[];
  readonly #madeSince: Instant;
  readonly #until: Instant;

  constructor(
    useless: readonly Destination[],
    madeSince = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
  ) {
    this.useless = useless;
    this.#madeSince = madeSince;
    this.#until = until;
  }

  avoids(address: Destination): boolean {
    return this.useless.includes(address);
  }

  refuses(carrier: Carrier): boolean {
    return this.avoids(carrier.owner) || carrier.startedAt < this.#madeSince;
  }

  /** They are worth a moment, not the client's whole time. */
  isOver(now: Instant): boolean {
    return now >= this.#until;
  }

  /** `address` gave a response that was no use. */
  without(address: Destination): Demands {
    return new Demands([...this.useless, address], this.#madeSince, this.#until);
  }

  /** Goes on to other servers: what was asked of the connections left behind is no matter there. */
  elsewhere(): Demands {
    return new Demands(this.useless, undefined, this.#until);
  }
}

/** Those of a retry that is to avoid the server `label`. Has the itinerary begin where they may be met. */
export function demandsOfRetry(itinerary: Itinerary, label: string, now: Instant): Demands | undefined {
  const useless = itinerary.avoid(label);
  if (useless !== undefined) return new Demands(useless, undefined, now + BETTER_WITHIN_MS);
  // With all connections open there is none to wait for: the same operator is asked once more as it is.
  if (!itinerary.here.mayDial(now)) return undefined;
  return new Demands([], now, now + FRESH_WITHIN_MS);
}
