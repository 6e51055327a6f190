/**
 * What has been proven not to exist in one signed zone: NSEC spans in canonical order or NSEC3 spans in the
 * order of their hashes, the zone's SOA and its wildcards. Holds authenticated records only.
 *
 * Source: RFC 8198 §5 (aggressive use), RFC 9077 (lifetimes).
 */
import { nsec3Hash, type Nsec3 } from "../dnssec/nsec3.ts";
import type { Nsec } from "../dnssec/nsec.ts";
import type { Rrset } from "../dnssec/rrsets.ts";
import type { Instant } from "../ports/clock.ts";
import type { Name } from "../ports/message.ts";
import { compareNames } from "../wire/names.ts";

/** An RRset that was proven, and until when it counts. */
export interface Kept {
  readonly rrset: Rrset;
  readonly since: Instant;
  readonly until: Instant;
}

interface Span<R> extends Kept {
  readonly record: R;
}

/** Spans in order of where they begin. */
class Spans<R, K> {
  readonly #spans: Span<R>[] = [];
  readonly #keyOf: (record: R) => K;
  readonly #compare: (a: K, b: K) => number;

  constructor(keyOf: (record: R) => K, compare: (a: K, b: K) => number) {
    this.#keyOf = keyOf;
    this.#compare = compare;
  }

  get size(): number {
    return this.#spans.length;
  }

  /** The last span that begins at or before `key`, the last of all where none does: spans wrap around. */
  at(key: K): Span<R> | undefined {
    const place = this.#place(key);
    return this.#spans[place < 0 ? this.#spans.length - 1 : place];
  }

  /** Puts a span in, in the place of one that begins alike. Gives how many spans there are more. */
  put(span: Span<R>): number {
    const key = this.#keyOf(span.record);
    const place = this.#place(key);
    const before = this.#spans[place];
    const replaces = before !== undefined && this.#compare(this.#keyOf(before.record), key) === 0;
    this.#spans.splice(replaces ? place : place + 1, replaces ? 1 : 0, span);
    return replaces ? 0 : 1;
  }

  /** Index of the last span that begins at or before `key`; -1 for none. */
  #place(key: K): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#keyOf(this.#spans[middle]!.record), key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Spans a zone may have here; what comes above it is asked for. */
const MAX_SPANS = 8_192;
/** Wildcard RRsets a zone may have here. */
const MAX_WILDCARDS = 256;
/** Hashes remembered per zone: names near one another share their closest enclosers. */
const MAX_HASHES = 1_024;

function compareHashes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export class ZoneRanges {
  readonly zone: Name;
  /** BOUNDED: by `MAX_SPANS`. */
  readonly #nsecs = new Spans<Nsec, Name>((nsec) => nsec.owner, compareNames);
  /** BOUNDED: by `MAX_SPANS`. */
  readonly #nsec3s = new Spans<Nsec3, string>((nsec3) => nsec3.hash, compareHashes);
  /** By owner and type. BOUNDED: by `MAX_WILDCARDS`. */
  readonly #wildcards = new Map<string, Kept>();
  /** BOUNDED: by `MAX_HASHES`, then emptied. */
  readonly #hashes = new Map<Name, string>();
  #parameters: { readonly salt: string; readonly iterations: number } | undefined;
  #soa: Kept | undefined;

  constructor(zone: Name) {
    this.zone = zone;
  }

  /** Records held. */
  get size(): number {
    return this.#nsecs.size + this.#nsec3s.size + this.#wildcards.size;
  }

  get hasNsec3(): boolean {
    return this.#nsec3s.size > 0;
  }

  soa(now: Instant): Kept | undefined {
    return this.#soa !== undefined && now < this.#soa.until ? this.#soa : undefined;
  }

  keepSoa(soa: Kept): void {
    this.#soa = soa;
  }

  keepNsec(record: Nsec, kept: Kept): number {
    return this.#nsecs.size < MAX_SPANS ? this.#nsecs.put({ ...kept, record }) : 0;
  }

  /** A zone that has a new salt starts anew: hashes of before mean nothing. */
  keepNsec3(record: Nsec3, kept: Kept): number {
    const { salt, iterations } = record;
    this.#parameters ??= { salt, iterations };
    if (this.#parameters.salt !== salt || this.#parameters.iterations !== iterations) return 0;
    return this.#nsec3s.size < MAX_SPANS ? this.#nsec3s.put({ ...kept, record }) : 0;
  }

  keepWildcard(kept: Kept): number {
    const key = kept.rrset.owner + String.fromCharCode(kept.rrset.type);
    const isNew = !this.#wildcards.has(key);
    if (isNew && this.#wildcards.size >= MAX_WILDCARDS) return 0;
    this.#wildcards.set(key, kept);
    return isNew ? 1 : 0;
  }

  wildcard(owner: Name, type: number, now: Instant): Kept | undefined {
    const kept = this.#wildcards.get(owner + String.fromCharCode(type));
    return kept !== undefined && now < kept.until ? kept : undefined;
  }

  /** The NSEC span that `name` falls into or begins, if it still counts. */
  nsecAt(name: Name, now: Instant): Span<Nsec> | undefined {
    return current(this.#nsecs.at(name), now);
  }

  /** The same for NSEC3, by the hash of `name`. */
  nsec3At(name: Name, now: Instant): { readonly span: Span<Nsec3>; readonly hash: string } | undefined {
    const hash = this.#hashOf(name);
    const span = hash === undefined ? undefined : current(this.#nsec3s.at(hash), now);
    return span === undefined || hash === undefined ? undefined : { span, hash };
  }

  #hashOf(name: Name): string | undefined {
    if (this.#parameters === undefined) return undefined;
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const { salt, iterations } = this.#parameters;
    const hash = nsec3Hash(name, salt, iterations);
    if (this.#hashes.size >= MAX_HASHES) this.#hashes.clear();
    this.#hashes.set(name, hash);
    return hash;
  }
}

function current<S extends Kept>(span: S | undefined, now: Instant): S | undefined {
  return span !== undefined && now < span.until ? span : undefined;
}
