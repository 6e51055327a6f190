/** Keys that are read and checked, but whose feature is not built yet: using one is a warning, never silence. */
import type { RuleContext } from "./rules/context.ts";
import type { Keys } from "./schema/schema.ts";

interface Missing {
  readonly path: readonly [string, string];
  isUsed(keys: Keys): boolean;
  /** What happens instead. */
  readonly instead: string;
}

const NOT_YET_BUILT: readonly Missing[] = [];

export function warnOfMissing({ keys, findings }: RuleContext): void {
  for (const { path, isUsed, instead } of NOT_YET_BUILT) {
    if (isUsed(keys)) findings.warn(path, `is not built yet; ${instead}`);
  }
}
