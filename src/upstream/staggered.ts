/** Asks several resolvers for the same, each a little after the one before, and takes what comes first. */
import type { Clock } from "../ports/clock.ts";

/** Milliseconds of silence after which the next resolver is asked, too: all of its tries take longer than clients wait. */
const PATIENCE_MS = 1_000;

/**
 * What the first look that finds something finds; a string is the fault of one that does not. Each begins once the one
 * before has failed, or kept silent.
 * @param nobody the fault where there is no look.
 * @returns the last fault where all fail.
 */
export function firstOf<T extends object>(
  looks: readonly (() => Promise<T | string>)[],
  nobody: string,
  clock: Clock,
): Promise<T | string> {
  return new Promise((resolve, reject) => {
    let fault = nobody;
    let begun = 0;
    let open = 0;
    let cancel = (): void => undefined;
    const settle = (result: T | string): void => {
      cancel();
      begun = looks.length;
      resolve(result);
    };
    const next = (): void => {
      cancel();
      const look = looks[begun];
      if (look === undefined) {
        if (open === 0) settle(fault);
        return;
      }
      begun++;
      open++;
      cancel = clock.after(PATIENCE_MS, next);
      look().then((found) => {
        open--;
        if (typeof found !== "string") {
          settle(found);
          return;
        }
        fault = found;
        next();
      }, reject);
    };
    next();
  });
}
