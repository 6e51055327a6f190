/**
 * One sending of one question on one connection, and how those involved see each other: the query that waits,
 * the connection that carries it, the address the connection leads to.
 */
import type { Instant } from "../ports/clock.ts";
import type { Message, Question } from "../ports/message.ts";
import type { RoundTrip } from "./round-trip.ts";
import type { Server } from "./server.ts";

/** Who wants the response. */
export interface Waiter {
  readonly question: Question;
  answered(attempt: Attempt, message: Message, now: Instant): void;
  /** No response will come for this attempt: its connection ended, or the peer mis-answered it. */
  lost(attempt: Attempt, now: Instant): void;
}

/** A connection. */
export interface Carrier {
  readonly owner: Destination;
  readonly phase: string;
  readonly startedAt: Instant;
  /** When it opened, or last gave a response. */
  readonly lastAnswerAt: Instant;
  /** Responses came that matched no query: one of them may have been for any of those in flight. */
  readonly isUnruly: boolean;
  /** Sends `octets` under an ID of its own. */
  send(waiter: Waiter, octets: Uint8Array, now: Instant): Attempt;
  /** Nobody waits for the response to `attempt` any more. */
  abandon(attempt: Attempt): void;
  /** A query has waited its time-out without any response having come. */
  stall(): void;
}

/** An address of a server. */
export interface Destination {
  readonly server: Server;
  readonly isEncrypted: boolean;
  readonly roundTrip: RoundTrip;
  /** A query sent then waited its time-out on `carrier`, and nothing came meanwhile. */
  doubt(carrier: Carrier, sentAt: Instant): void;
}

/** Which connections a query may not use. */
export interface Picky {
  refuses(carrier: Carrier): boolean;
}

/**
 * Stays in the connection's ID table until its response comes, even when nobody wants that any more: an ID
 * with a response outstanding must not be used again.
 */
export interface Attempt {
  readonly id: number;
  readonly carrier: Carrier;
  readonly sentAt: Instant;
  readonly question: Question;
  /** When its waiter found the connection silent; `Infinity` before. */
  doubtedAt: Instant;
  /** `undefined` once nobody waits. */
  waiter: Waiter | undefined;
}
