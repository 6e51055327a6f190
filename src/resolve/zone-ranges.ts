/**
 * What has been proven not to exist in one signed zone: NSEC spans in canonical order or NSEC3 spans in the
 * order of their hashes, the zone's SOA and its wildcards. Holds authenticated records only.
 *
 * Source: RFC 8198 §5 (aggressive use), RFC 5155 §8.2 (one set of parameters).
 */
import { type Tail, tailOf } from "../cache/tail.ts";
import { nsec3Hash, type Nsec3, readNsec3 } from "../dnssec/nsec3.ts";
import { type Nsec, readNsec } from "../dnssec/nsec.ts";
import type { Instant } from "../ports/clock.ts";
import type { Name, Rrset } from "../ports/message.ts";
import { isAtOrBelow, orderKey } from "../wire/names.ts";
import { PackedRrset } from "./packed.ts";
import { END, isSame, type Kept, type Place, placeOf, Span, Spans } from "./spans.ts";

/** Hashes remembered per zone: names near one another share their closest enclosers. */
const MAX_HASHES = 256;
/** Conclusions are kept while the zone has taken no more than this of its share: the rest is for ranges. */
const CONCLUSIONS_SHARE = 1 / 2;
/** Those that every denial of a zone brings: of the wildcard, and with NSEC3 of the closest encloser; and room for others. */
const MAX_FAMILIAR = 4;
/** Octets one remembered hash takes, about: two strings and a place in the map. */
const HASH_OCTETS = 200;
/** Milliseconds from a new range on in which more are expected: somebody asks for many names of the zone. */
const GROWING = 1_000;
/** Octets of an empty zone. */
const ZONE_OCTETS = 1_000;

export class ZoneRanges {
  readonly zone: Name;
  readonly #maxOctets: number;
  /** BOUNDED: by `maxOctets`, as all below together. */
  readonly #nsecs = new Spans<Nsec>();
  readonly #nsec3s = new Spans<Nsec3>();
  /** By owner and type. BOUNDED: by `maxOctets`. */
  readonly #wildcards = new Map<string, Kept>();
  #wildcardOctets = 0;
  /** BOUNDED: by `MAX_HASHES`, then emptied. */
  readonly #hashes = new Map<Name, string>();
  #parameters: { readonly salt: string; readonly iterations: number } | undefined;
  /** The latest name that was asked for, and its hash: most are never asked for again. */
  #latestName = "";
  #latestHash = "";
  #soa: Kept | undefined;
  /** Spans that came again, the latest first. BOUNDED: by `MAX_FAMILIAR`. */
  #familiar: Place[] = [];
  /** The SOA record as clients without DO are given it, and of which RRset. */
  #soaTail: Tail | undefined;
  #soaTailOf: Rrset | undefined;
  #version = 0;
  #grewAt = Number.NEGATIVE_INFINITY;
  /** As `nsecOf`. */
  readonly #nsec3Of = (rrset: Rrset): Nsec3 => readNsec3(rrset, this.zone)!;

  /** @param maxOctets what this zone may take. */
  constructor(zone: Name, maxOctets: number) {
    this.zone = zone;
    this.#maxOctets = maxOctets;
  }

  /** Memory it takes. */
  get octets(): number {
    const spans = this.#nsecs.octets + this.#nsec3s.octets + this.#wildcardOctets;
    const soa = (this.#soa?.octets ?? 0) + (this.#soaTail?.octets ?? 0);
    return ZONE_OCTETS + spans + soa + this.#hashes.size * HASH_OCTETS;
  }

  /** Changes whenever a span is taken up that was not known. */
  get version(): number {
    return this.#version;
  }

  get hasNsec3(): boolean {
    return !this.#nsec3s.isEmpty;
  }

  /** Hash computations that one name costs. */
  get hashCost(): number {
    return (this.#parameters?.iterations ?? 0) + 1;
  }

  soa(now: Instant): Kept | undefined {
    return this.#soa !== undefined && now < this.#soa.until ? this.#soa : undefined;
  }

  keepSoa(soa: Kept): void {
    this.#soa = soa;
  }

  /** The SOA record alone, rendered; `undefined` where it cannot be. */
  soaTail({ rrset }: Kept): Tail | undefined {
    if (this.#soaTailOf !== rrset) {
      this.#soaTailOf = rrset;
      this.#soaTail = tailOf(this.zone, rrset.records);
    }
    return this.#soaTail;
  }

  /** Lets the SOA count until then where `rrset` is the one that is kept. */
  renewSoa(rrset: Rrset, until: Instant): boolean {
    if (this.#soa === undefined || !isSame(this.#soa.rrset, rrset)) return false;
    this.#soa.until = until;
    return true;
  }

  /** Lets a span count until then where `rrset` is one that came again and again. */
  renew(rrset: Rrset, until: Instant): boolean {
    for (const { span } of this.#familiar) {
      if (span?.rrset.owner !== rrset.owner || span.rrset.type !== rrset.type) continue;
      if (!isSame(span.rrset, rrset)) continue;
      span.until = until;
      return true;
    }
    return false;
  }

  /** A zone denies in one way at a time: what it denied with before is over. */
  keepNsec({ owner, next, rrset }: Nsec, until: Instant, now: Instant): void {
    const { zone } = this;
    // No order says what lies between a name and one of another zone (RFC 4034 §4.1.1: "in the canonical ordering of the zone").
    if (!isAtOrBelow(next, zone)) return;
    if (!this.#nsec3s.isEmpty) this.#clearSpans();
    const end = next === zone ? END : orderKey(next, zone);
    const packed = new PackedRrset(rrset, owner);
    this.#keepSpan(
      this.#nsecs,
      new Span({ key: orderKey(owner, zone), end, rrset: packed, read: nsecOf }, until),
      now,
    );
  }

  /** A zone that has a new salt starts anew: hashes of before mean nothing. */
  keepNsec3({ salt, iterations, hash, next, rrset }: Nsec3, until: Instant, now: Instant): void {
    if (this.#parameters?.salt !== salt || this.#parameters.iterations !== iterations) {
      this.#parameters = { salt, iterations };
      this.#clearSpans();
      this.#hashes.clear();
      this.#latestName = "";
    }
    if (!this.#nsecs.isEmpty) this.#clearSpans();
    const packed = new PackedRrset(rrset, rrset.owner);
    this.#keepSpan(
      this.#nsec3s,
      new Span({ key: hash, end: next, rrset: packed, read: this.#nsec3Of }, until),
      now,
    );
  }

  keepWildcard(kept: Kept, now: Instant): void {
    this.#makeRoom(kept, now);
    const key = wildcardKey(kept.rrset.owner, kept.rrset.type);
    this.#wildcardOctets += kept.octets - (this.#wildcards.get(key)?.octets ?? 0);
    this.#wildcards.set(key, kept);
  }

  wildcard(owner: Name, type: number, now: Instant): Kept | undefined {
    const kept = this.#wildcards.get(wildcardKey(owner, type));
    return kept !== undefined && now < kept.until ? kept : undefined;
  }

  /** The NSEC span that the name with this key (`orderKey`) falls into or begins, if it still counts. */
  nsecAt(key: string, now: Instant): Span<Nsec> | undefined {
    return this.#nsecs.at(key, now);
  }

  /** The same for NSEC3, by the hash of a name. */
  nsec3At(hash: string, now: Instant): Span<Nsec3> | undefined {
    return this.#nsec3s.at(hash, now);
  }

  /** The span that `name` falls into or begins, whichever way the zone denies. */
  spanAt(name: Name, now: Instant): Span<unknown> | undefined {
    if (this.hasNsec3) return this.nsec3At(this.hashOf(name), now);
    return this.nsecAt(orderKey(name, this.zone), now);
  }

  /** The hash of a name that others of the zone share: an ancestor, or a wildcard. */
  hashOf(name: Name): string {
    if (name === this.#latestName) return this.#latestHash;
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const hash = this.#hash(name);
    if (this.#hashes.size >= MAX_HASHES) this.#hashes.clear();
    this.#hashes.set(name, hash);
    return hash;
  }

  /** The hash of the name that is asked for. */
  hashOfLatest(name: Name): string {
    if (name !== this.#latestName) {
      this.#latestHash = this.#hash(name);
      this.#latestName = name;
    }
    return this.#latestHash;
  }

  /** Accounts for what is to be kept with a span of these; false where there is no room for it. */
  grow(span: Span<unknown>, octets: number): boolean {
    if (this.octets + octets > this.#maxOctets * CONCLUSIONS_SHARE) return false;
    if (this.hasNsec3) this.#nsec3s.grow(span, octets);
    else this.#nsecs.grow(span, octets);
    return true;
  }

  /** Whether a range that was not known came within the last second. */
  isGrowing(now: Instant): boolean {
    return now - this.#grewAt < GROWING;
  }

  #keepSpan<R>(spans: Spans<R>, span: Span<R>, now: Instant): void {
    this.#makeRoom(span, now);
    this.#count(span, spans.put(span), now);
  }

  /** Where a zone has its share, what no longer counts goes, and where that is not enough, everything. */
  #makeRoom({ octets }: Pick<Kept, "octets">, now: Instant): void {
    if (this.octets + octets <= this.#maxOctets) return;
    this.#nsecs.purge(now);
    this.#nsec3s.purge(now);
    for (const [key, kept] of this.#wildcards) if (now >= kept.until) this.#dropWildcard(key, kept);
    if (this.octets + octets <= this.#maxOctets) return;
    this.#clearSpans();
    this.#wildcards.clear();
    this.#wildcardOctets = 0;
    this.#hashes.clear();
  }

  #clearSpans(): void {
    this.#nsecs.clear();
    this.#nsec3s.clear();
    this.#familiar = [];
  }

  /** @param held the span that is in the list now that `span` was put in. */
  #count(span: Span<unknown>, held: Span<unknown>, now: Instant): void {
    if (held === span) {
      this.#version++;
      this.#grewAt = now;
      return;
    }
    this.#familiar.unshift(placeOf(held));
    if (this.#familiar.length > MAX_FAMILIAR) this.#familiar.pop();
  }

  #dropWildcard(key: string, kept: Kept): void {
    this.#wildcards.delete(key);
    this.#wildcardOctets -= kept.octets;
  }

  #hash(name: Name): string {
    const { salt, iterations } = this.#parameters ?? NO_PARAMETERS;
    return nsec3Hash(name, salt, iterations);
  }
}

/** Of a zone without NSEC3 spans, in which no hash finds anything. */
const NO_PARAMETERS = { salt: "", iterations: 0 };

/** Of an RRset that was found to be one record before it was kept. */
function nsecOf(rrset: Rrset): Nsec {
  return readNsec(rrset)!;
}

function wildcardKey(owner: Name, type: number): string {
  return owner + String.fromCharCode(type);
}
