/** Who may be asked a question, and in which order. Made by `router.ts`, followed by `flight.ts`. */
import type { Replicas } from "./replicas.ts";

/**
 * When a query may go on to the next set of replicas:
 * - `doubt`: as soon as the present one seems slow to say anything. Nothing is given away by it.
 * - `down`: only when the present operator gives no answer at all for about a second. Counted.
 * - `never`.
 */
export type LeaveWhen = "doubt" | "down" | "never";

export interface Route {
  /** Best first. At least one. */
  readonly stations: readonly Replicas[];
  readonly leave: LeaveWhen;
  /** Whether SERVFAIL from all replicas lets the next operator see the question. */
  readonly leavesOnServfail: boolean;
}
