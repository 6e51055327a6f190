/**
 * TLS sessions to resume, each used once: a ticket seen twice would tell whoever watches that two connections
 * are of one household. All are dropped when the network changes, so that they cannot follow a laptop.
 *
 * Resumption skips the certificate, so a ticket is kept with the peer it was given by, under a key of everything
 * that decides whom we believe: another configuration finds none of them.
 *
 * Source: RFC 8446 §C.4 (client tracking prevention: "clients SHOULD NOT reuse a ticket"), §4.6.1.
 */
import type { Peer } from "./identity.ts";

export interface Ticket {
  readonly session: Buffer;
  readonly peer: Peer;
}

/** Tickets kept for one identity: as many as connections are likely to be opened at once. */
const MAX_PER_KEY = 4;
/** Identities with tickets. */
const MAX_KEYS = 256;

export class Tickets {
  /** BOUNDED: by `MAX_KEYS`, each by `MAX_PER_KEY`. */
  readonly #tickets = new Map<string, Ticket[]>();

  /** Gives the newest ticket and forgets it. */
  take(key: string): Ticket | undefined {
    return this.#tickets.get(key)?.pop();
  }

  keep(key: string, ticket: Ticket): void {
    const kept = this.#tickets.get(key);
    if (kept === undefined) {
      if (this.#tickets.size < MAX_KEYS) this.#tickets.set(key, [ticket]);
      return;
    }
    kept.push(ticket);
    if (kept.length > MAX_PER_KEY) kept.shift();
  }

  clear(): void {
    this.#tickets.clear();
  }
}
