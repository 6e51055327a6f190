/**
 * What waits for a response on one connection, by message ID.
 *
 * A table of slots indexed by the low bits of the ID, at most half full, doubled when it is: an idle
 * connection costs 64 slots, not 65,536, and no query costs a Map entry. IDs are random, and an ID is not
 * used again before its entry is taken out, which is what makes a response attributable (RFC 7766 §6.2.1:
 * "clients MUST ... not re-use the IDs of in-flight queries").
 */
import type { Random } from "../ports/random.ts";

const FIRST_SLOTS = 64;
/** Message IDs are 16 bits (RFC 1035 §4.1.1). */
const MAX_SLOTS = 65_536;

export class IdTable<Entry extends { readonly id: number }> {
  /** BOUNDED: by `MAX_SLOTS`. */
  #slots: (Entry | undefined)[] = new Array<Entry | undefined>(FIRST_SLOTS).fill(undefined);
  #used = 0;

  get size(): number {
    return this.#used;
  }

  /** Half of all IDs are in use: the connection should take no more. */
  get isFull(): boolean {
    return this.#used >= MAX_SLOTS / 2;
  }

  /** An ID that no entry has and whose slot is free. Must be followed by `put` before the next call. */
  vacantId(random: Random): number {
    if (this.#used * 2 >= this.#slots.length && this.#slots.length < MAX_SLOTS) this.#double();
    const mask = this.#slots.length - 1;
    let id = random.u16();
    while (this.#slots[id & mask] !== undefined) id = (id + 1) & 0xffff;
    return id;
  }

  put(entry: Entry): void {
    this.#slots[entry.id & (this.#slots.length - 1)] = entry;
    this.#used++;
  }

  get(id: number): Entry | undefined {
    const entry = this.#slots[id & (this.#slots.length - 1)];
    return entry?.id === id ? entry : undefined;
  }

  delete(entry: Entry): void {
    const slot = entry.id & (this.#slots.length - 1);
    if (this.#slots[slot] !== entry) return;
    this.#slots[slot] = undefined;
    this.#used--;
  }

  /** All that waits, in no particular order. */
  entries(): Entry[] {
    return this.#slots.filter((entry) => entry !== undefined);
  }

  /** Takes everything out, in no particular order. */
  clear(): Entry[] {
    const entries = this.entries();
    this.#slots = new Array<Entry | undefined>(FIRST_SLOTS).fill(undefined);
    this.#used = 0;
    return entries;
  }

  /** Entries with different low bits still differ when one more bit counts: nothing can collide. */
  #double(): void {
    const old = this.#slots;
    const mask = old.length * 2 - 1;
    this.#slots = new Array<Entry | undefined>(old.length * 2).fill(undefined);
    for (const entry of old) if (entry !== undefined) this.#slots[entry.id & mask] = entry;
  }
}
