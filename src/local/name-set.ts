/**
 * A million names in a few tens of MiB, for block lists: which of them is the name in hand or above it?
 *
 * The names lie one after another in pages of octets; an open-addressed table of (hash, place) pairs finds them.
 * A hash that matches is followed by a comparison of the name itself, so a name that is not listed is never
 * taken for one that is. Nothing here is an object per name, so the garbage collector has nothing to walk.
 *
 * Filled once (`add`, then `index` until it is done), read-only afterwards: a reload makes another set.
 */
import type { Name } from "../ports/message.ts";
import { hashOf, hashStep } from "./name-hash.ts";

/** What a listed name covers; the two may be combined. */
export const Cover = {
  /** The name itself. */
  SELF: 1,
  /** Every name below it. */
  BELOW: 2,
} as const;

/** Octets of one page: large enough that few are needed, small enough that the last is no waste. */
const PAGE_OCTETS = 1 << 20;
const PAGE_SHIFT = 20;
const PAGE_MASK = PAGE_OCTETS - 1;

/** Before the octets of a name: its hash (4), what it covers (1), how long it is (1). */
const ENTRY_HEADER_OCTETS = 6;
const MAX_NAME_OCTETS = 255;
const MAX_LABEL_OCTETS = 63;

/** A page takes no entry that could reach its last four octets: they say where its entries end. */
const LAST_FREE = PAGE_OCTETS - 4 - ENTRY_HEADER_OCTETS - MAX_NAME_OCTETS;

/** Places are 32-bit, and 0 is for an empty slot. */
const MOST_PAGES = 4095;

const DOT = 0x2e;

export class NameSet {
  readonly #seed: number;
  // BOUNDED: by `MOST_PAGES` of 1 MiB each, and that by what the operator lists.
  readonly #pages: Buffer[] = [];
  /** First free octet of the last page. */
  #free = PAGE_OCTETS;
  #count = 0;
  /** Pairs: hash, place + 1 of the entry; 0 is an empty slot. */
  #slots = new Uint32Array(2);
  #mask = 0;
  /** Where `index` goes on. */
  #indexPage = 0;
  #indexAt = 0;

  /** @param seed 32 secret bits, the same as that of the hashes given to `coverAt`. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Names that were added; one that was added twice counts twice. */
  get size(): number {
    return this.#count;
  }

  /** Memory that the names and the table take. */
  get octets(): number {
    return this.#pages.length * PAGE_OCTETS + this.#slots.byteLength;
  }

  /**
   * Adds the name that stands as text in `line[start..end)`, labels separated by dots.
   * @returns false where that is no domain name; nothing is added then.
   */
  add(line: Uint8Array, start: number, end: number, cover: number): boolean {
    if (end - start > MAX_NAME_OCTETS - 2 || start >= end) return false;
    if (this.#free > LAST_FREE && !this.#addPage()) return false;

    const page = this.#pages[this.#pages.length - 1]!;
    const nameAt = this.#free + ENTRY_HEADER_OCTETS;
    const length = writeName(page, nameAt, line, start, end);
    if (length === 0) return false;

    let state = this.#seed;
    for (let at = nameAt + length - 1; at >= nameAt; at--) state = hashStep(state, page[at]!);
    page.writeUInt32LE(hashOf(state), this.#free);
    page[this.#free + 4] = cover;
    page[this.#free + 5] = length;
    this.#free = nameAt + length;
    this.#count++;
    return true;
  }

  /**
   * Puts up to `names` names into the table, which is made at the first call.
   * @returns whether names are left to be put there.
   */
  index(names: number): boolean {
    if (this.#mask === 0) {
      // At most half full: a probe then looks at one or two neighbours.
      const slots = 2 ** Math.max(4, Math.ceil(Math.log2(this.#count * 2 + 1)));
      this.#slots = new Uint32Array(slots * 2);
      this.#mask = slots - 1;
    }
    for (let left = names; left > 0; left--) {
      const page = this.#pages[this.#indexPage];
      if (page === undefined) return false;
      if (this.#indexAt >= this.#endOf(this.#indexPage)) {
        this.#indexPage++;
        this.#indexAt = 0;
        continue;
      }
      this.#insert(page, this.#indexPage * PAGE_OCTETS + this.#indexAt);
      this.#indexAt += ENTRY_HEADER_OCTETS + page[this.#indexAt + 5]!;
    }
    return true;
  }

  /** Whether `other`, a set of the same seed, was filled with the same names in the same order. Both are indexed. */
  equals(other: NameSet): boolean {
    if (this.#count !== other.#count || this.#pages.length !== other.#pages.length) return false;
    return this.#pages.every((page, i) => {
      const end = this.#endOf(i);
      return other.#endOf(i) === end && page.compare(other.#pages[i]!, 0, end, 0, end) === 0;
    });
  }

  /** What the listed name `name[start..]` covers, 0 where it is not listed. `hash` is that of `name[start..]`. */
  coverAt(hash: number, name: Name, start: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = slots[2 * slot + 1]!;
      if (place === 0) return 0;
      if (slots[2 * slot] === hash && this.#isAt(place - 1, name, start)) {
        return this.#pages[(place - 1) >>> PAGE_SHIFT]![((place - 1) & PAGE_MASK) + 4]!;
      }
    }
  }

  #isAt(place: number, name: Name, start: number): boolean {
    const page = this.#pages[place >>> PAGE_SHIFT]!;
    const at = (place & PAGE_MASK) + ENTRY_HEADER_OCTETS;
    const length = page[at - 1]!;
    if (length !== name.length - 1 - start) return false;
    for (let i = 0; i < length; i++) {
      if (page[at + i] !== name.charCodeAt(start + i)) return false;
    }
    return true;
  }

  #insert(page: Buffer, place: number): void {
    const at = place & PAGE_MASK;
    const hash = page.readUInt32LE(at);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const taken = this.#slots[2 * slot + 1]!;
      if (taken === 0) {
        this.#slots[2 * slot] = hash;
        this.#slots[2 * slot + 1] = place + 1;
        return;
      }
      if (this.#slots[2 * slot] === hash && this.#join(taken - 1, page, at)) return;
    }
  }

  /** Where the entry at `place` is the same name: lets it cover what the new one covers too. */
  #join(place: number, page: Buffer, at: number): boolean {
    const other = this.#pages[place >>> PAGE_SHIFT]!;
    const otherAt = place & PAGE_MASK;
    const length = page[at + 5]!;
    if (other[otherAt + 5] !== length) return false;
    const from = ENTRY_HEADER_OCTETS;
    const isSame =
      page.compare(other, otherAt + from, otherAt + from + length, at + from, at + from + length) === 0;
    if (isSame) other[otherAt + 4] = other[otherAt + 4]! | page[at + 4]!;
    return isSame;
  }

  #endOf(page: number): number {
    return page === this.#pages.length - 1 ? this.#free : this.#pages[page]!.readUInt32LE(PAGE_OCTETS - 4);
  }

  #addPage(): boolean {
    const last = this.#pages[this.#pages.length - 1];
    if (this.#pages.length >= MOST_PAGES) return false;
    last?.writeUInt32LE(this.#free, PAGE_OCTETS - 4);
    this.#pages.push(Buffer.allocUnsafeSlow(PAGE_OCTETS));
    this.#free = 0;
    return true;
  }
}

/** Writes the name without the root's octet, in lower case. Gives its length, 0 where it is no name. */
function writeName(page: Buffer, at: number, line: Uint8Array, start: number, end: number): number {
  let lengthAt = at;
  let to = at + 1;
  for (let from = start; from < end; from++) {
    const octet = line[from]!;
    if (octet !== DOT) {
      page[to++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
      continue;
    }
    const label = to - lengthAt - 1;
    if (label === 0 || label > MAX_LABEL_OCTETS) return 0;
    page[lengthAt] = label;
    lengthAt = to++;
  }
  const label = to - lengthAt - 1;
  if (label === 0 || label > MAX_LABEL_OCTETS) return 0;
  page[lengthAt] = label;
  return to - at;
}
