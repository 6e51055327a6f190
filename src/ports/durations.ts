/** Where a layer puts how long something took; `observe/` keeps the histogram. */
export interface Durations {
  observe(seconds: number): void;
}
