/**
 * A defect of ours in the handling of one query must not take the name service of a household down: it is logged,
 * without its message, which could hold a name, and the process goes on. Many in a short time end it: then nothing
 * can be trusted any more, and the service manager starts afresh.
 */
import type { Log } from "../ports/log.ts";

/** Defects within `WINDOW` that end the process. */
const MOST_DEFECTS = 10;
/** Milliseconds. */
const WINDOW = 60_000;

/** Stays until the process ends. `giveUp` is called once there are too many. */
export function guardAgainstDefects(log: Log, giveUp: () => void): void {
  // BOUNDED: by MOST_DEFECTS, after which the process ends.
  let times: number[] = [];
  const note = (kind: string, error: unknown): void => {
    const now = Date.now();
    times = [...times.filter((time) => now - time < WINDOW), now];
    log.error({ kind, error: placeOf(error) }, "a defect in this program, please report it; serving goes on");
    if (times.length < MOST_DEFECTS) return;
    log.error({ defects: times.length, seconds: WINDOW / 1_000 }, "too many defects: ending");
    giveUp();
  };
  process.on("uncaughtException", (error) => {
    note("exception", error);
  });
  process.on("unhandledRejection", (reason) => {
    note("rejection", reason);
  });
}

function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = (error as NodeJS.ErrnoException).code;
  const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return [code ?? error.name, ...frames.slice(0, 5).map((line) => line.trim())].join(" ");
}
