/**
 * The one source of the configuration: kinds, defaults and comments of every key. Types, checks, the annotated
 * `conf/sotto.toml` and `conf/sotto.schema.json` are made from it.
 */
import { optionalPath } from "../kinds.ts";
import { key, type OutputOf, table } from "./kind.ts";
import { cache, clock, control, dnssec, listen, local, log, metrics, portal, privacy } from "./sections.ts";
import { upstream } from "./upstream.ts";

const KEYS = {
  state_dir: key(
    optionalPath(),
    "",
    "Salt, cache key, trust anchors, last good time. Default: $STATE_DIRECTORY, /var/lib/sotto as root, " +
      "else $XDG_STATE_HOME/sotto.",
  ),
  listen,
  upstream,
  privacy,
  dnssec,
  cache,
  local,
  clock,
  portal,
  metrics,
  control,
  log,
};

export const schema = table(KEYS, () => "must be a table");

/** The configuration as the file spells it, values parsed. */
export type Keys = OutputOf<typeof schema>;
