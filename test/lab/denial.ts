/**
 * NSEC and NSEC3 chains of a zone, and which of their records prove what.
 *
 * Source: RFC 4034 §4; RFC 5155 §3, §5, §7.1; RFC 9276.
 */
import { createHash } from "node:crypto";
import type { Name } from "../../src/ports/message.ts";
import { compareNames, prependLabel } from "../../src/wire/names.ts";

export const TYPE_NSEC = 47;
export const TYPE_NSEC3 = 50;
export const TYPE_NSEC3PARAM = 51;

export interface NsecOptions {
  readonly kind: "nsec";
}

export interface Nsec3Options {
  readonly kind: "nsec3";
  /** Default 0 (RFC 9276 §3.1). */
  readonly iterations?: number;
  /** Hex; default none. */
  readonly salt?: string;
  readonly optOut?: boolean;
}

/** Signed, but nothing can be denied: where only what is there will be asked for. */
export interface NoDenial {
  readonly kind: "none";
}

export type DenialOptions = NsecOptions | Nsec3Options;

/** A name of the zone that has a record in the chain, and the types it shows. */
export interface DenialEntry {
  readonly name: Name;
  readonly types: readonly number[];
}

export interface DenialRecord {
  readonly owner: Name;
  readonly type: typeof TYPE_NSEC | typeof TYPE_NSEC3;
  readonly rdata: Buffer;
}

/** A closed chain of intervals over a zone's names or their hashes. */
export interface DenialChain {
  readonly kind: "nsec" | "nsec3";
  /** In the order of the chain. */
  readonly records: readonly DenialRecord[];
  /** Position of the record that matches the name, or -1. */
  match(name: Name): number;
  /** Position of the record that covers the name, which must not match. */
  cover(name: Name): number;
}

export function makeChain(apex: Name, entries: readonly DenialEntry[], options: DenialOptions): DenialChain {
  return options.kind === "nsec" ? nsecChain(entries) : nsec3Chain(apex, entries, options);
}

/** RFC 5155 §5. */
export function nsec3Hash(name: Name, iterations: number, salt: Buffer): Buffer {
  let hash = createHash("sha1").update(name, "latin1").update(salt).digest();
  for (let i = 0; i < iterations; i++) hash = createHash("sha1").update(hash).update(salt).digest();
  return hash;
}

/** RDATA of the NSEC3PARAM at the apex. */
export function nsec3ParamRdata(options: Nsec3Options): Buffer {
  return nsec3Head(options, 0);
}

/** NSEC's and NSEC3's list of types (RFC 4034 §4.1.2). */
export function typeBitmap(types: readonly number[]): Buffer {
  const windows = new Map<number, Buffer>();
  for (const type of [...new Set(types)].sort((a, b) => a - b)) {
    const bits = windows.get(type >> 8) ?? Buffer.alloc(32);
    bits[(type & 0xff) >> 3] = (bits[(type & 0xff) >> 3] ?? 0) | (0x80 >> (type & 7));
    windows.set(type >> 8, bits);
  }
  const parts: Buffer[] = [];
  for (const [window, bits] of windows) {
    let used = 32;
    while (bits[used - 1] === 0) used -= 1;
    parts.push(Buffer.from([window, used]), bits.subarray(0, used));
  }
  return Buffer.concat(parts);
}

/** Base32hex without padding, lower case (RFC 4648 §7). */
export function base32hex(octets: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = (held << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += "0123456789abcdefghijklmnopqrstuv"[(held >> (bits - 5)) & 31] ?? "";
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ("0123456789abcdefghijklmnopqrstuv"[(held << (5 - bits)) & 31] ?? "");
}

function nsecChain(entries: readonly DenialEntry[]): DenialChain {
  const sorted = [...entries].sort((a, b) => compareNames(a.name, b.name));
  const records = sorted.map((entry, i): DenialRecord => {
    const next = (sorted[i + 1] ?? sorted[0] ?? entry).name;
    const rdata = Buffer.concat([Buffer.from(next, "latin1"), typeBitmap([...entry.types, 46, TYPE_NSEC])]);
    return { owner: entry.name, type: TYPE_NSEC, rdata };
  });
  const names = sorted.map((entry) => entry.name);
  const last = (name: Name): number => lastAtOrBefore(names, name, compareNames);
  return {
    kind: "nsec",
    records,
    match: (name) => (names[last(name)] === name ? last(name) : -1),
    cover: last,
  };
}

function nsec3Chain(apex: Name, entries: readonly DenialEntry[], options: Nsec3Options): DenialChain {
  const salt = Buffer.from(options.salt ?? "", "hex");
  const hash = (name: Name): string => nsec3Hash(name, options.iterations ?? 0, salt).toString("latin1");
  const sorted = entries
    .map((entry) => ({ types: entry.types, hash: hash(entry.name) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const head = nsec3Head(options, options.optOut === true ? 1 : 0);
  const records = sorted.map((entry, i): DenialRecord => {
    const next = Buffer.from((sorted[i + 1] ?? sorted[0] ?? entry).hash, "latin1");
    const types = entry.types.length === 0 ? [] : typeBitmap(entry.types);
    const rdata = Buffer.concat([head, Buffer.from([next.length]), next, Buffer.from(types)]);
    const owner = prependLabel(base32hex(Buffer.from(entry.hash, "latin1")), apex);
    if (owner === undefined) throw new Error("apex too long for an NSEC3 owner");
    return { owner, type: TYPE_NSEC3, rdata };
  });
  const hashes = sorted.map((entry) => entry.hash);
  const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
  return {
    kind: "nsec3",
    records,
    match(name) {
      const wanted = hash(name);
      const at = lastAtOrBefore(hashes, wanted, order);
      return hashes[at] === wanted ? at : -1;
    },
    cover: (name) => lastAtOrBefore(hashes, hash(name), order),
  };
}

function nsec3Head(options: Nsec3Options, flags: number): Buffer {
  const salt = Buffer.from(options.salt ?? "", "hex");
  const iterations = options.iterations ?? 0;
  return Buffer.concat([Buffer.from([1, flags, iterations >> 8, iterations & 0xff, salt.length]), salt]);
}

/** The last position whose value is not after `wanted`; the last of all where every value is. */
function lastAtOrBefore<T>(sorted: readonly T[], wanted: T, compare: (a: T, b: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle] as T, wanted) <= 0) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? sorted.length - 1 : low - 1;
}
