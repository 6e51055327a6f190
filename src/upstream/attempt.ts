/** One sending of one question on one connection. */
import type { Instant } from "../ports/clock.ts";
import type { Message, Question } from "../ports/message.ts";

/** What carries a query: a `Connection`, as those who wait for the response see it. */
export interface Carrier {
  readonly phase: string;
  /** When it opened; `undefined` before. */
  readonly openedAt: Instant | undefined;
  readonly lastAnswerAt: Instant;
  /** Nobody waits for the response to `attempt` any more. */
  abandon(attempt: Attempt): void;
  /** A query has waited its time-out without any response having come. */
  stall(): void;
  /** Gives it up at once; its queries are lost here. */
  fail(): void;
}

/** Who wants the response: `asking.ts`. */
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
  readonly connection: Carrier;
  readonly sentAt: Instant;
  readonly question: Question;
  /** `undefined` once nobody waits. */
  waiter: Waiter | undefined;
}
