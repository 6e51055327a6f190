/**
 * Spans of one zone that were proven empty, in order of where they begin, each for as long as its records live.
 * Where they begin is a string of octets that compares as the order wants it.
 */
import type { Instant } from "../ports/clock.ts";
import type { ResourceRecord, Rrset } from "../ports/message.ts";
import type { PackedRrset } from "./packed.ts";

/** An RRset that was proven, and until when it counts. */
export interface Kept {
  readonly rrset: Rrset;
  /** Moves on when the same is proven again. */
  until: Instant;
  /** Memory it takes. */
  readonly octets: number;
}

/** Leads to a span for as long as it is in its list: who keeps this keeps no span alive that has left. */
export interface Place {
  span: Span<unknown> | undefined;
}

/** What was concluded from a span, kept with it: `denied.ts` knows what it holds. */
export interface Remembered {
  /** Memory it takes. */
  readonly octets: number;
}

/** After the keys of all names: where the last span of a zone ends. */
export const END = "\u0100";

/** Where a span begins and ends, and what proves it. */
export interface Proven<R> {
  readonly key: string;
  readonly end: string;
  readonly rrset: PackedRrset;
  /** The NSEC or NSEC3 record of such an RRset. */
  readonly read: (rrset: Rrset) => R;
}

/** Most are never looked at once they are in their list: their records are read when they are. */
export class Span<R> implements Kept {
  /** Where it begins. */
  readonly key: string;
  /** Where it ends: before `key` for the last of a zone with NSEC3. */
  readonly end: string;
  readonly packed: PackedRrset;
  until: Instant;
  /** Memory it takes, with what was concluded from it. */
  octets: number;
  /** What was concluded last of a name in it that does not exist. */
  denied: Remembered | undefined;
  /** Made when somebody wants to keep it. */
  place: Place | undefined;
  readonly #read: (rrset: Rrset) => R;
  #rrset: Rrset | undefined;
  #record: R | undefined;

  constructor({ key, end, rrset, read }: Proven<R>, until: Instant) {
    this.key = key;
    this.end = end;
    this.packed = rrset;
    this.until = until;
    this.octets = rrset.octets + key.length + end.length;
    this.#read = read;
  }

  get rrset(): Rrset {
    return (this.#rrset ??= this.packed.unpacked());
  }

  get record(): R {
    return (this.#record ??= this.#read(this.rrset));
  }
}

/** Whether a name with this key lies between both ends of `span`, in a zone with NSEC. */
export function isInside(key: string, span: Span<unknown>): boolean {
  return span.key < key && key < span.end;
}

/** Spans in one piece of the list; a full one is cut in two. Putting one in moves no more than these. */
const MAX_PIECE = 128;

export class Spans<R> {
  /** In order, none of them empty. BOUNDED: by the share of its owner, `ZoneRanges`, as the spans in them. */
  #pieces: Span<R>[][] = [];
  #octets = 0;

  get octets(): number {
    return this.#octets;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** The last span that begins at or before `key`, the last of all where none does: spans wrap around. */
  at(key: string, now: Instant): Span<R> | undefined {
    const piece = this.#pieces[this.#pieceOf(key)];
    const span = piece === undefined ? this.#pieces.at(-1)?.at(-1) : piece[this.#placeIn(piece, key)];
    return span !== undefined && now < span.until ? span : undefined;
  }

  /**
   * Puts a span in, in the place of one that begins alike.
   * @returns the span that is in the list now: the one before where that is the same, of which only the time is new:
   *   what was concluded from it still follows.
   */
  put(span: Span<R>): Span<R> {
    const { key } = span;
    const which = Math.max(0, this.#pieceOf(key));
    const piece = this.#pieces[which];
    const place = piece === undefined ? 0 : this.#placeIn(piece, key);
    const before = piece?.[place];
    if (before?.key === key && before.packed.equals(span.packed)) {
      before.until = span.until;
      return before;
    }
    this.#octets += span.octets;
    if (piece === undefined) {
      this.#pieces.push([span]);
    } else if (before?.key === key) {
      this.#octets -= before.octets;
      leave(before);
      piece[place] = span;
    } else {
      piece.splice(place + 1, 0, span);
      if (piece.length > MAX_PIECE) this.#pieces.splice(which + 1, 0, piece.splice(MAX_PIECE >> 1));
    }
    return span;
  }

  /** Accounts for `octets` more that are kept with `span`, one of these. */
  grow(span: Span<unknown>, octets: number): void {
    span.octets += octets;
    this.#octets += octets;
  }

  /** Forgets what no longer counts. */
  purge(now: Instant): void {
    for (const piece of this.#pieces) for (const span of piece) if (now >= span.until) leave(span);
    const counting = this.#pieces.map((piece) => piece.filter((span) => now < span.until));
    this.#pieces = counting.filter((piece) => piece.length > 0);
    this.#octets = 0;
    for (const piece of this.#pieces) for (const { octets } of piece) this.#octets += octets;
  }

  clear(): void {
    this.#pieces = [];
    this.#octets = 0;
  }

  /** Index of the last piece that begins at or before `key`; -1 for none. */
  #pieceOf(key: string): number {
    const pieces = this.#pieces;
    let low = 0;
    let high = pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle]![0]!.key <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Index of the last span of `piece` that begins at or before `key`; -1 for none. */
  #placeIn(piece: readonly Span<R>[], key: string): number {
    let low = 0;
    let high = piece.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (piece[middle]!.key <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function leave({ place }: Span<unknown>): void {
  if (place !== undefined) place.span = undefined;
}

/** The place of `span`, which is in a list. */
export function placeOf(span: Span<unknown>): Place {
  return (span.place ??= { span });
}

/** Whether both hold the same records and signatures, whatever their TTLs. */
export function isSame(one: Rrset, other: Rrset): boolean {
  return areSame(one.records, other.records) && areSame(one.signatures, other.signatures);
}

function areSame(some: readonly ResourceRecord[], others: readonly ResourceRecord[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ rdata }, i) => Buffer.compare(rdata, others[i]!.rdata) === 0);
}
