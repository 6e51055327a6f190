/**
 * How far V8 lets the heap grow. Left to itself it lets a small heap grow to four times what is in use before it
 * looks for garbage, and never gives back what a busy hour took: 100,000 names would hold 60 MiB more than they
 * are. On a busy resolver no difference in CPU time could be measured.
 *
 * The other half, room for young objects, can only be said when the process starts: the service files do
 * (`--max-semi-space-size`).
 */
import { setFlagsFromString } from "node:v8";

/** Per cent of what is in use after a collection that may be added until the next. */
const GROWTH = 50;

/**
 * Milliseconds until V8 gives memory back because it takes the process for idle: never, since it cannot know when that is.
 * `compose/quiet-collection.ts` does.
 */
const NEVER = 2 ** 31 - 1;

export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${NEVER}`);
}
