/**
 * When the compiled code is kept for the next start: once, when the first queries have brought what a start needs,
 * and before V8 drops what has not been used for long. It stops the loop for some 30 ms, once in the life of a
 * release.
 */

/** Milliseconds from the start, so that it is no part of the start itself. */
const AFTER = 10_000;

export interface CodeKeeping {
  /** For the end of the program; what has not been kept by then is kept now. */
  finish(): Promise<void>;
}

/** @param hasAnswered code is worth keeping once queries went through it. */
export function keepCodeLater(keepCode: () => Promise<void>, hasAnswered: () => boolean): CodeKeeping {
  let kept: Promise<void> | undefined;
  const keep = (): void => {
    if (kept === undefined && hasAnswered()) kept = keepCode();
  };
  const timer = setTimeout(keep, AFTER).unref();
  return {
    async finish() {
      clearTimeout(timer);
      keep();
      await kept;
    },
  };
}
