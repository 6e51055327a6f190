/** Names as block lists have them: three labels on average, some 22 octets, no two alike. */
import type { SeededRandom } from "../../test/support/seeded-random.ts";

/** On the list. */
export const NAMES = 1_000_000;

const HOSTS = ["ads", "track", "pixel", "stats", "metrics", "cdn", "sync", "beacon"];
const SUFFIXES = ["com", "net", "org", "io", "co.uk", "de"];

/** The `i`-th name of the list. */
export function listedName(i: number): string {
  return nameOf(i, HOSTS[i % HOSTS.length]!);
}

/** A name like those, and below the same domains, but not on the list. */
export function unlistedName(random: SeededRandom): string {
  return nameOf(random.below(NAMES), "www");
}

function nameOf(i: number, host: string): string {
  // A bijection on 32 bits, so that neighbours of the list look nothing alike.
  const mixed = (Math.imul(i ^ 0x2f3a, 0x9e37_79b1) >>> 0).toString(36);
  return `${host}.${mixed}${i % 7 === 0 ? "-media" : ""}.${SUFFIXES[i % SUFFIXES.length]!}`;
}
