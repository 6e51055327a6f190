/** A full garbage collection, which no flag of the test run has to allow. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * What it gives collects twice: V8 gives buffers back in a thread of its own, which the second collection waits
 * for. After one alone, buffers that are gone would still be counted as `external`.
 */
export function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    collect();
  };
}
