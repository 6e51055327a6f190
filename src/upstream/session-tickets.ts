/**
 * TLS session tickets: each used once, kept for the very identity it was given by, and forgotten when the
 * network changes, so that they cannot link a laptop across networks.
 *
 * Source: RFC 8446 §C.4 (client tracking: "clients SHOULD NOT reuse a ticket"), RFC 8310 §7.1.
 */
import type { X509Certificate } from "node:crypto";

/** A ticket, and what the peer showed when it gave it: a resumed connection shows no certificate again. */
export interface Session {
  readonly ticket: Buffer;
  readonly presented: readonly X509Certificate[];
}

/** Tickets kept for one identity: servers send two, and a pool has a few connections. */
const TICKETS_EACH = 4;
/** Identities that have tickets. */
const MAX_IDENTITIES = 64;

export class SessionTickets {
  /** BOUNDED: by `MAX_IDENTITIES` times `TICKETS_EACH`. */
  readonly #tickets = new Map<string, Session[]>();

  /** @param identity everything that decides whom a connection is to. */
  put(identity: string, session: Session): void {
    const tickets = this.#tickets.get(identity) ?? [];
    if (tickets.length === 0 && this.#tickets.size >= MAX_IDENTITIES) return;
    tickets.push(session);
    if (tickets.length > TICKETS_EACH) tickets.shift();
    this.#tickets.set(identity, tickets);
  }

  /** The newest ticket, which is then gone. */
  take(identity: string): Session | undefined {
    return this.#tickets.get(identity)?.pop();
  }

  clear(): void {
    this.#tickets.clear();
  }
}
