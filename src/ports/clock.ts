/** Milliseconds on a monotonic clock, fractions allowed. Never a wall-clock time. */
export type Instant = number;

/** The only source of time inside; `app.ts` passes the real one, tests a `ManualClock`. */
export interface Clock {
  now(): Instant;
  /** Wall clock: milliseconds since 1970-01-01 UTC. For signatures, certificates and files only. */
  wall(): number;
  /** Runs `task` once, `delay` milliseconds from now. Gives its cancel, which may be called at any time. */
  after(delay: number, task: () => void): () => void;
}
