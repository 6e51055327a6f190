/**
 * How long an outgoing query is: the policies of padding.
 *
 * Lengths are of whole DNS messages, without the two octets of the TCP length prefix, because that is what
 * RFC 8467 speaks of and what its block sizes were measured for.
 *
 * Source: RFC 7830 (the option), RFC 8467 §4 (policies).
 */
import type { Random } from "../ports/random.ts";

/**
 * - `block`: the closest multiple of the block (RFC 8467 §4.1, the recommended one).
 * - `random_block`: the block itself is drawn anew for each query (§4.2.3).
 * - `maximal`: one size for every QNAME there can be (§4.2.1, bounded as in its "very large block").
 * - `off`: no Padding option.
 */
export type PaddingPolicy = "block" | "random_block" | "maximal" | "off";

/** Octets of `Padding`'s OPTION-CODE and OPTION-LENGTH: what even an empty one adds (RFC 8467 §4.1). */
export const PADDING_HEADER_OCTETS = 4;

/**
 * `random_block` draws from 1, 2 and 3 times the block: with the default of 128 the sizes are 128, 256 and
 * 384, and the longest QNAME has one of them too. RFC 8467 §4.2.3 leaves number and values open.
 */
const MOST_BLOCKS = 3;

/** Octets: the payload size we announce, which a padded message must not exceed (RFC 7830 §4). */
const MOST_OCTETS = 1232;

/** Gives the length of a message whose length with an empty Padding option is `octets`. */
export type PaddedLength = (octets: number) => number;

export interface PaddingOptions {
  readonly policy: PaddingPolicy;
  /** Octets, at least 1. RFC 8467 §4.1: 128 for queries. */
  readonly block: number;
}

/** `longest` is the length in octets of the longest message there can be, an empty Padding option included. */
export function paddedLength(options: PaddingOptions, longest: number, random: Random): PaddedLength {
  const { policy, block } = options;
  const largest = roundUp(longest, block);

  switch (policy) {
    case "block":
      return (octets) => roundUp(octets, block);
    case "random_block": {
      const choices = Math.min(MOST_BLOCKS, Math.max(1, Math.floor(MOST_OCTETS / block)));
      return (octets) => roundUp(octets, block * (1 + random.below(choices)));
    }
    case "maximal":
      return () => largest;
    case "off":
      return (octets) => octets - PADDING_HEADER_OCTETS;
  }
}

function roundUp(octets: number, block: number): number {
  return Math.ceil(octets / block) * block;
}
