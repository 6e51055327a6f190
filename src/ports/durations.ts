/** Where a layer puts how long something took; `observe/` keeps the histogram. */
export interface Durations {
  /** @param count how many took as long; 1 where absent. */
  observe(seconds: number, count?: number): void;
}
