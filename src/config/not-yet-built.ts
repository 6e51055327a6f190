/** Keys that are read and checked, but whose feature is not built yet: using one is a warning, never silence. */
import type { RuleContext } from "./rules/context.ts";
import type { Keys } from "./schema/schema.ts";
import type { Path } from "./toml-document.ts";

interface Missing {
  /** Where the key is used; nothing where it is not. */
  places(keys: Keys): readonly Path[];
  /** What happens instead. */
  readonly instead: string;
}

const NOT_YET_BUILT: readonly Missing[] = [
  {
    places: ({ portal }) => (portal.enabled ? [["portal", "enabled"]] : []),
    instead: "captive portals have to be opened by hand",
  },
];

export function warnOfMissing({ keys, findings }: RuleContext): void {
  for (const { places, instead } of NOT_YET_BUILT) {
    for (const path of places(keys)) findings.warn(path, `is not built yet; ${instead}`);
  }
}
