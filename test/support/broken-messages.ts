/** Octets that are almost DNS messages: good ones with a few changes, and noise. The same in every run. */
import fc, { type Arbitrary } from "fast-check";
import type { Message } from "../../src/ports/message.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import { FIXED_SEED } from "./wire-arbitraries.ts";

/** Good messages to start from. */
const SEEDS = 400;
/** Octets that mean something somewhere: pointers, label types, lengths, edges of numbers. */
const TELLING = [
  0x00, 0x01, 0x0c, 0x29, 0x2e, 0x3f, 0x40, 0x41, 0x5a, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xfe, 0xff,
];

/** [kind, place, value]: what is done to a good message. */
type Mutation = readonly [number, number, number];

/** Nine in ten made from messages of `good`, one in ten random. */
export function broken(good: Arbitrary<Message>, maxMutations = 6): Arbitrary<Buffer> {
  const seeds = fc
    .sample(good, { seed: FIXED_SEED, numRuns: SEEDS })
    .map((message) => writeMessage(message)!);
  const mutated = fc
    .tuple(
      fc.nat(SEEDS - 1),
      fc.array(fc.tuple(fc.nat(6), fc.nat(0xffff), fc.nat(0xff)), { minLength: 1, maxLength: maxMutations }),
    )
    .map(([seed, mutations]) => mutations.reduce(mutate, seeds[seed]!));
  const random = fc.uint8Array({ maxLength: 80 }).map((octets) => Buffer.from(octets));
  return fc.oneof({ weight: 9, arbitrary: mutated }, { weight: 1, arbitrary: random });
}

function mutate(octets: Buffer, [kind, place, value]: Mutation): Buffer {
  const at = octets.length === 0 ? 0 : place % octets.length;
  const copy = Buffer.from(octets);
  switch (kind) {
    case 0:
      copy[at] = value;
      return copy;
    case 1:
      copy[at] = TELLING[value % TELLING.length]!;
      return copy;
    case 2:
      copy[at]! ^= 1 << (value & 7);
      return copy;
    case 3:
      return copy.subarray(0, at);
    case 4:
      return Buffer.concat([copy.subarray(0, at), Buffer.alloc(value & 7, place), copy.subarray(at)]);
    case 5:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + (value & 7))]);
    default:
      // Counts of the sections.
      if (copy.length >= 12) copy[5 + 2 * (place & 3)] = value & 7;
      return copy;
  }
}
