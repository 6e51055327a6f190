/**
 * Writes names into a message, each as far as possible as a pointer to where it stands already, letter
 * case included. Knows nothing of records: `write-message.ts` decides what may be compressed.
 *
 * Source: RFC 1035 §4.1.4.
 */
import type { Name } from "../ports/message.ts";
import { MAX_LABELS, MAX_NAME_OCTETS } from "./names.ts";

/** Places that may be pointed to in one message: what unbound takes too (CVE-2024-8508, CVE-2026-44390). */
const MAX_TARGETS = 120;
/** Slots of the table of targets; a power of two, above `MAX_TARGETS` so that probing ends soon. */
const SLOTS = 256;
/** First offset that a pointer cannot hold: it has 14 bits. */
const POINTER_LIMIT = 0x4000;
/** A target that was taken back: an offset no target has. */
const GONE = 0xffff;

/** The name being written, where its labels start, and the hash of each label with all that follow. */
const NAME = new Uint8Array(MAX_NAME_OCTETS + 1);
const LABELS = new Uint8Array(MAX_LABELS + 1);
const HASHES = new Uint32Array(MAX_LABELS + 1);

export class NameCompressor {
  #out: Buffer = Buffer.alloc(0);
  #limit = 0;
  #messageStart = 0;
  /** The latest name written in full, and where: most owners are the one before, or QNAME. */
  #latest = "";
  #latestOffset = 0;
  /** The latest name is the first of the message, and not among the targets yet: to plain answers no other name comes. */
  #isAlone = false;
  /** Offsets from the message's start, found by hash; 0 is an empty slot. BOUNDED: by `MAX_TARGETS`, cleared by `open`. */
  readonly #targets = new Uint16Array(SLOTS);
  #targetCount = 0;

  /** Starts a message in `out`, nothing to be written from `limit` on. */
  open(out: Buffer, messageStart: number, limit: number): void {
    this.#out = out;
    this.#messageStart = messageStart;
    this.#limit = limit;
    this.#latest = "";
    this.#isAlone = false;
    if (this.#targetCount > 0) this.#targets.fill(0);
    this.#targetCount = 0;
  }

  /** Writes `name` at `at`. @returns where it ends; -1 where there is no room. */
  writeName(name: Name, at: number): number {
    if (name === this.#latest) return this.#writePointer(this.#latestOffset, at);
    const octets = name.length;
    if (this.#isAlone) this.#index();
    else if (this.#targetCount === 0 && octets > 1) return this.#writeFirst(name, at);
    for (let i = 0; i < octets; i++) NAME[i] = name.charCodeAt(i);
    const end = this.#write(octets, at);
    const offset = at - this.#messageStart;
    // A pointer alone is a worse target than what it points to; the root is shorter than one.
    if (end > at && octets > 1 && this.#out[at]! < 0xc0 && offset < POINTER_LIMIT) {
      this.#latest = name;
      this.#latestOffset = offset;
    }
    return end;
  }

  /** As `writeName`, for the uncompressed name in `octets[start..end)`. */
  writeNameOctets(octets: Uint8Array, start: number, end: number, at: number): number {
    if (this.#isAlone) this.#index();
    for (let i = start; i < end; i++) NAME[i - start] = octets[i]!;
    return this.#write(end - start, at);
  }

  /** Takes back all that was written at `at` or after it. */
  forget(at: number): void {
    const firstGone = at - this.#messageStart;
    // A slot that became empty would cut a probe sequence short.
    for (let slot = 0; slot < SLOTS; slot++) {
      const target = this.#targets[slot]!;
      if (target !== 0 && target >= firstGone) this.#targets[slot] = GONE;
    }
    if (this.#latestOffset >= firstGone) {
      this.#latest = "";
      this.#isAlone = false;
    }
  }

  /** Writes a name that no other stands before: there is nothing to point to. */
  #writeFirst(name: Name, at: number): number {
    const octets = name.length;
    const offset = at - this.#messageStart;
    if (at + octets > this.#limit) return -1;
    for (let i = 0; i < octets; i++) this.#out[at + i] = name.charCodeAt(i);
    if (offset > 0 && offset < POINTER_LIMIT) {
      this.#latest = name;
      this.#latestOffset = offset;
      this.#isAlone = true;
    }
    return at + octets;
  }

  /** Makes targets of the labels of the latest name, which stands in full. */
  #index(): void {
    this.#isAlone = false;
    const name = this.#latest;
    for (let i = 0; i < name.length; i++) NAME[i] = name.charCodeAt(i);
    const labels = hashLabels(name.length);
    for (let label = 0; label < labels; label++) {
      this.#remember(HASHES[label]!, this.#latestOffset + LABELS[label]!);
    }
  }

  /** Writes the name in `NAME`. */
  #write(octets: number, at: number): number {
    const labels = hashLabels(octets);
    let plain = 0;
    let target = -1;
    for (; plain < labels; plain++) {
      target = this.#find(HASHES[plain]!, LABELS[plain]!);
      if (target >= 0) break;
    }
    const plainOctets = plain < labels ? LABELS[plain]! : octets;
    if (at + plainOctets > this.#limit) return -1;
    for (let i = 0; i < plainOctets; i++) this.#out[at + i] = NAME[i]!;
    const end = target < 0 ? at + plainOctets : this.#writePointer(target, at + plainOctets);
    if (end < 0) return -1;
    for (let label = 0; label < plain; label++) {
      this.#remember(HASHES[label]!, at - this.#messageStart + LABELS[label]!);
    }
    return end;
  }

  #writePointer(target: number, at: number): number {
    if (at + 2 > this.#limit) return -1;
    this.#out[at] = 0xc0 | (target >> 8);
    this.#out[at + 1] = target & 0xff;
    return at + 2;
  }

  #remember(hash: number, offset: number): void {
    if (this.#targetCount >= MAX_TARGETS || offset >= POINTER_LIMIT || offset <= 0) return;
    let slot = hash & (SLOTS - 1);
    while (this.#targets[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    this.#targets[slot] = offset;
    this.#targetCount += 1;
  }

  /** Offset of what `NAME` holds from `start` on, or -1. */
  #find(hash: number, start: number): number {
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const target = this.#targets[slot]!;
      if (target === 0) return -1;
      if (target !== GONE && this.#standsAt(target, start)) return target;
    }
  }

  /** Whether the message has at offset `target` the very name that `NAME` holds from `start` on. */
  #standsAt(target: number, start: number): boolean {
    const out = this.#out;
    let at = this.#messageStart + target;
    let i = start;
    for (;;) {
      const octet = out[at]!;
      if (octet >= 0xc0) {
        at = this.#messageStart + (((octet & 0x3f) << 8) | out[at + 1]!);
        continue;
      }
      for (const end = at + 1 + octet; at < end; ) if (out[at++] !== NAME[i++]) return false;
      if (octet === 0) return true;
    }
  }
}

/**
 * Finds the labels of the name in `NAME` and hashes each with all that follow it (FNV-1a, label by label
 * from the right). A collision only costs a comparison.
 * @returns labels without the root's.
 */
function hashLabels(octets: number): number {
  let labels = 0;
  for (let at = 0; at < octets - 1; at += 1 + NAME[at]!) LABELS[labels++] = at;
  let hash = 0x811c9dc5;
  let end = octets - 1;
  for (let label = labels - 1; label >= 0; label--) {
    const start = LABELS[label]!;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ NAME[i]!, 0x01000193);
    HASHES[label] = hash;
    end = start;
  }
  return labels;
}
