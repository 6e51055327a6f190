/** What `sotto explain` shows: the steps of one lookup in the order they happened. */
import type { Instant } from "./clock.ts";

export type TraceStage =
  | "local"
  | "cache"
  | "privacy"
  | "shard"
  | "upstream"
  | "portal"
  | "chain"
  | "denial"
  | "verdict"
  | "answer";

export interface TraceStep {
  readonly at: Instant;
  readonly stage: TraceStage;
  /** One line for people. May hold names: a trace is shown to the person who asked, never logged. */
  readonly text: string;
  /** The same for machines (`--json`): plain JSON values. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  add(step: TraceStep): void;
}
