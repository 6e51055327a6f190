/** One sending of one question on one connection. */
import type { Instant } from "../ports/clock.ts";
import type { Message, Question } from "../ports/message.ts";
import type { Connection } from "./connection.ts";

/** Who wants the response: `flight.ts`. */
export interface Waiter {
  readonly question: Question;
  answered(attempt: Attempt, message: Message, now: Instant): void;
  /** No response will come for this attempt: its connection ended, or the peer mis-answered it. */
  lost(attempt: Attempt, now: Instant): void;
}

/**
 * Stays in the connection's ID table until its response comes, even when nobody wants that any more: an ID
 * with a response outstanding must not be used again.
 */
export interface Attempt {
  readonly id: number;
  readonly connection: Connection;
  readonly sentAt: Instant;
  readonly question: Question;
  /** `undefined` once nobody waits. */
  waiter: Waiter | undefined;
}
