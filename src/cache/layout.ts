/**
 * How an entry lies in its chain of blocks. The first block is its header, in words:
 *
 *   0 link    1 newer    2 older    3 hash    4, 5 stored at (a double)
 *   6 lifetime    7 serial    8 secure until    9 in trouble until    10 no refresh before
 *   11 generation    12 RCODE, verdict, marks, octets of the errors    13 octets of the key, whether it was used, upstream
 *   14 octets of the full and of the plain body    15 TTLs in each
 *
 * Instants after the first are milliseconds from it. Then the run goes on: the full body and where its TTLs stand, two
 * octets each; the same of the plain body, if that is another; the errors as JSON.
 */
import type { Verdict } from "../ports/exchange.ts";
import { viewOf } from "../wire/word-views.ts";
import { type Blocks, doubleAt, ROOM_OCTETS, takenBy, wordAt } from "./blocks.ts";
import type { Body } from "./body.ts";
import type { Entry } from "./entry.ts";

export const Word = {
  NEWER: 1,
  OLDER: 2,
  HASH: 3,
  LIFETIME: 6,
  SERIAL: 7,
  SECURE: 8,
  TROUBLE: 9,
  REFRESH: 10,
  GENERATION: 11,
  MARKS: 12,
  NAMES: 13,
  LENGTHS: 14,
  TTLS: 15,
} as const;

/** Double of the header that holds the instant it was stored. */
export const STORED_AT = 2;

/** Octets of the run before the full body: what a header block holds. */
export const BODY_START = ROOM_OCTETS;

/** In `Word.MARKS`. */
export const Mark = {
  RCODE: 0xfff,
  VERDICT_SHIFT: 12,
  VERDICT: 0x3,
  IS_REFRESHING: 1 << 14,
  IS_BARREN: 1 << 15,
  ERRORS_SHIFT: 16,
} as const;

/** In `Word.NAMES`: a question has 259 octets at most. */
export const KEY_OCTETS = 0x1ff;
export const IS_USED = 1 << 15;

/** Verdicts by their number in `Word.MARKS`. */
export const VERDICTS: readonly Verdict[] = ["secure", "insecure", "bogus", "indeterminate"];

/** Octets an entry takes in the index: two words, at a load between half of the highest and all of it. */
const INDEX_OCTETS = 18;
const MAX_OFFSET = 0x7fff_ffff;
const MAX_ERROR_OCTETS = 0xffff;

/** What an entry is written from, one run after the other. */
const RUN = Buffer.alloc(5 * 0xffff);
const RUN_VIEW = viewOf(RUN);

export interface Place {
  readonly hash: number;
  readonly serial: number;
  readonly keyLength: number;
  /** Number of its upstream's label. */
  readonly upstream: number;
  readonly isBarren: boolean;
}

/** The run of an entry after its header, ready to be written: its octets stand in `RUN`. */
export interface Run {
  readonly octets: number;
  readonly errorOctets: number;
}

export function prepareRun(entry: Entry): Run {
  const full = entry.bodyFor(true);
  const plain = entry.bodyFor(false);
  let at = putBody(full, 0);
  if (plain !== full) at = putBody(plain, at);
  const errorOctets = putErrors(entry, at);
  return { octets: at + errorOctets, errorOctets };
}

/** Octets that an entry with such a run accounts for. */
export function accounted(run: Run): number {
  return INDEX_OCTETS + takenBy(BODY_START + run.octets);
}

/** Writes an entry whose run was prepared last into blocks of its own. */
export function layDown(blocks: Blocks, entry: Entry, run: Run, place: Place): number {
  const chain = blocks.allocate(BODY_START + run.octets);
  const words = blocks.wordsOf(chain);
  const base = wordAt(chain);
  const full = entry.bodyFor(true);
  const plain = entry.bodyFor(false) === full ? undefined : entry.bodyFor(false);
  words[base + Word.HASH] = place.hash;
  blocks.doublesOf(chain)[doubleAt(chain) + STORED_AT] = entry.storedAt;
  words[base + Word.LIFETIME] = offset(entry.expiresAt - entry.storedAt);
  words[base + Word.SERIAL] = place.serial;
  words[base + Word.SECURE] = offset(entry.secureUntil - entry.storedAt);
  words[base + Word.TROUBLE] = words[base + Word.REFRESH] = 0;
  words[base + Word.GENERATION] = entry.generation;
  words[base + Word.MARKS] =
    (entry.rcode & Mark.RCODE) |
    (VERDICTS.indexOf(entry.verdict) << Mark.VERDICT_SHIFT) |
    (place.isBarren ? Mark.IS_BARREN : 0) |
    (run.errorOctets << Mark.ERRORS_SHIFT);
  words[base + Word.NAMES] = place.keyLength | (place.upstream << 16);
  words[base + Word.LENGTHS] = full.octets.length | ((plain?.octets.length ?? 0) << 16);
  words[base + Word.TTLS] = full.ttlOffsets.length | ((plain?.ttlOffsets.length ?? 0) << 16);
  blocks.write(chain, BODY_START, RUN_VIEW, run.octets);
  return chain;
}

/** Octets that the entry of `chain` accounts for. */
export function octetsOf(blocks: Blocks, chain: number): number {
  const words = blocks.wordsOf(chain);
  const base = wordAt(chain);
  const lengths = words[base + Word.LENGTHS]!;
  const ttls = words[base + Word.TTLS]!;
  const bodies = (lengths & 0xffff) + (lengths >>> 16) + 2 * ((ttls & 0xffff) + (ttls >>> 16));
  const errorOctets = words[base + Word.MARKS]! >>> Mark.ERRORS_SHIFT;
  return accounted({ octets: bodies + errorOctets, errorOctets });
}

function putBody({ octets, ttlOffsets }: Body, start: number): number {
  RUN.latin1Write(octets, start, octets.length);
  let at = start + octets.length;
  for (let i = 0; i < ttlOffsets.length; i++) {
    const where = ttlOffsets.charCodeAt(i);
    RUN[at++] = where >> 8;
    RUN[at++] = where & 0xff;
  }
  return at;
}

/** The errors that leave room for others to be kept: what has more to tell than 64 KiB is kept with its codes alone. */
function putErrors({ errors }: Entry, at: number): number {
  if (errors.length === 0) return 0;
  const whole = JSON.stringify(errors);
  const isLong = Buffer.byteLength(whole) > MAX_ERROR_OCTETS;
  const text = isLong ? JSON.stringify(errors.map(({ infoCode }) => ({ infoCode, text: "" }))) : whole;
  return RUN.write(text, at, MAX_ERROR_OCTETS, "utf8");
}

function offset(milliseconds: number): number {
  return Math.min(Math.max(0, Math.floor(milliseconds)), MAX_OFFSET);
}

export function keyLengthOf(blocks: Blocks, chain: number): number {
  return blocks.wordsOf(chain)[wordAt(chain) + Word.NAMES]! & KEY_OCTETS;
}
