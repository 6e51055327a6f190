/**
 * The hash that finds a name and all its ancestors in one pass over its octets.
 *
 * A name is hashed from its last octet to its first, so the state at each label boundary is the hash of that
 * ancestor. FNV-1a's step over a seed that is drawn at start, so that a list cannot be written whose names all
 * fall together; the finaliser spreads the state over all bits. A hash only says where to look: every table
 * compares the name itself, so there are no false matches.
 */
import type { Name } from "../ports/message.ts";

/** Labels in a name of 255 octets (RFC 1035 §3.1). */
const MOST_LABELS = 127;

/** Adds one octet to the state. */
export function hashStep(state: number, octet: number): number {
  return Math.imul(state ^ octet, 0x01000193);
}

/** The hash of what the state has seen: 32 bits, unsigned (finaliser of MurmurHash3). */
export function hashOf(state: number): number {
  let x = state ^ (state >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Hash of a whole name. */
export function nameHash(seed: number, name: Name): number {
  let state = seed;
  for (let at = name.length - 2; at >= 0; at--) state = hashStep(state, name.charCodeAt(at));
  return hashOf(state);
}

/** Where the labels of a name begin. Reused; read until the next `markLabels`. */
export const labelStarts = new Uint8Array(MOST_LABELS + 1);

/** Fills `labelStarts`, the first label first. Gives how many labels there are, the root's not counted. */
export function markLabels(name: Name): number {
  let labels = 0;
  for (let at = 0; at < name.length - 1 && labels <= MOST_LABELS; at += name.charCodeAt(at) + 1) {
    labelStarts[labels++] = at;
  }
  return labels;
}
