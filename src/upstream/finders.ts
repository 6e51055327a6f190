/** How the addresses of a server are found, where they are not given. */
import type { Clock } from "../ports/clock.ts";
import { bootstrapping } from "./bootstrap.ts";
import { discovering } from "./discovery.ts";
import type { AddressAndPort, ServerOptions } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import type { Find } from "./whereabouts.ts";

/** `undefined` where the addresses are given. */
export function findOf(
  { host, discover }: ServerOptions,
  bootstrap: readonly AddressAndPort[],
  ask: AskPlain,
  clock: Clock,
): Find | undefined {
  if (host !== undefined) return bootstrapping(host, bootstrap, ask, clock);
  return discover === undefined ? undefined : discovering(discover, ask);
}
