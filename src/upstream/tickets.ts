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

/** Stands for one network: what a connection of another one brings is not kept. */
export type Network = symbol;

export class Tickets {
  /** In the order in which they were last given or taken. BOUNDED: by `MAX_KEYS`, each by `MAX_PER_KEY`. */
  readonly #tickets = new Map<string, Ticket[]>();
  #network: Network = Symbol();

  /** To be kept by whoever dials, until there is a ticket to keep. */
  get network(): Network {
    return this.#network;
  }

  /** Gives the newest ticket and forgets it. */
  take(key: string): Ticket | undefined {
    const kept = this.#tickets.get(key);
    const ticket = kept?.pop();
    if (kept?.length === 0) this.#tickets.delete(key);
    return ticket;
  }

  keep(key: string, ticket: Ticket, network: Network): void {
    if (network !== this.#network) return;
    const kept = this.#tickets.get(key) ?? [];
    kept.push(ticket);
    if (kept.length > MAX_PER_KEY) kept.shift();
    this.#tickets.delete(key);
    this.#tickets.set(key, kept);
    if (this.#tickets.size <= MAX_KEYS) return;
    for (const [oldest] of this.#tickets) {
      this.#tickets.delete(oldest);
      return;
    }
  }

  /** Another network: connections dialled before bring no more tickets. */
  clear(): void {
    this.#tickets.clear();
    this.#network = Symbol();
  }
}
