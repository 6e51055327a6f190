/**
 * What has been proven not to exist in one signed zone: NSEC spans in canonical order or NSEC3 spans in the
 * order of their hashes, the zone's SOA and its wildcards. Holds authenticated records only.
 *
 * Source: RFC 8198 §5 (aggressive use), RFC 5155 §8.2 (one set of parameters).
 */
import { nsec3Hash, type Nsec3 } from "../dnssec/nsec3.ts";
import type { Nsec } from "../dnssec/nsec.ts";
import type { Instant } from "../ports/clock.ts";
import type { Rrset } from "../dnssec/rrsets.ts";
import type { Name, ResourceRecord } from "../ports/message.ts";
import { orderKey } from "../wire/names.ts";
import { type Kept, type Span, Spans } from "./spans.ts";

/** Hashes remembered per zone: names near one another share their closest enclosers. */
const MAX_HASHES = 256;
/** Octets one remembered hash takes, about: two strings and a place in the map. */
const HASH_OCTETS = 200;
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
  #soa: Kept | undefined;

  /** @param maxOctets what this zone may take. */
  constructor(zone: Name, maxOctets: number) {
    this.zone = zone;
    this.#maxOctets = maxOctets;
  }

  /** Memory it takes. */
  get octets(): number {
    const spans = this.#nsecs.octets + this.#nsec3s.octets + this.#wildcardOctets;
    return ZONE_OCTETS + spans + (this.#soa?.octets ?? 0) + this.#hashes.size * HASH_OCTETS;
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

  /** Lets the SOA count until then where `rrset` is the one that is kept. */
  renewSoa(rrset: Rrset, until: Instant): boolean {
    if (this.#soa === undefined || !isSame(this.#soa.rrset, rrset)) return false;
    this.#soa = { ...this.#soa, until };
    return true;
  }

  /** A zone denies in one way at a time: what it denied with before is over. */
  keepNsec(record: Nsec, kept: Kept, now: Instant): void {
    if (!this.#nsec3s.isEmpty) this.#nsec3s.clear();
    this.#makeRoom(kept, now);
    this.#nsecs.put(spanOf(kept, record, orderKey(record.owner, this.zone)));
  }

  /** A zone that has a new salt starts anew: hashes of before mean nothing. */
  keepNsec3(record: Nsec3, kept: Kept, now: Instant): void {
    const { salt, iterations } = record;
    if (this.#parameters?.salt !== salt || this.#parameters.iterations !== iterations) {
      this.#parameters = { salt, iterations };
      this.#nsec3s.clear();
      this.#hashes.clear();
    }
    if (!this.#nsecs.isEmpty) this.#nsecs.clear();
    this.#makeRoom(kept, now);
    this.#nsec3s.put(spanOf(kept, record, record.hash));
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

  /** The NSEC span that `name` falls into or begins, if it still counts. */
  nsecAt(name: Name, now: Instant): Span<Nsec> | undefined {
    return this.#nsecs.at(orderKey(name, this.zone), now);
  }

  /** The same for NSEC3, by the hash of `name`. */
  nsec3At(name: Name, now: Instant): { readonly span: Span<Nsec3>; readonly hash: string } | undefined {
    const hash = this.#hashOf(name);
    const span = hash === undefined ? undefined : this.#nsec3s.at(hash, now);
    return span === undefined || hash === undefined ? undefined : { span, hash };
  }

  /** Where a zone has its share, what no longer counts goes, and where that is not enough, everything. */
  #makeRoom({ octets }: Kept, now: Instant): void {
    if (this.octets + octets <= this.#maxOctets) return;
    this.#nsecs.purge(now);
    this.#nsec3s.purge(now);
    for (const [key, kept] of this.#wildcards) if (now >= kept.until) this.#dropWildcard(key, kept);
    if (this.octets + octets <= this.#maxOctets) return;
    this.#nsecs.clear();
    this.#nsec3s.clear();
    this.#wildcards.clear();
    this.#wildcardOctets = 0;
    this.#hashes.clear();
  }

  #dropWildcard(key: string, kept: Kept): void {
    this.#wildcards.delete(key);
    this.#wildcardOctets -= kept.octets;
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

function spanOf<R>({ rrset, until, octets }: Kept, record: R, key: string): Span<R> {
  return { rrset, until, octets, record, key };
}

function isSame(one: Rrset, other: Rrset): boolean {
  return areSame(one.records, other.records) && areSame(one.signatures, other.signatures);
}

function areSame(some: readonly ResourceRecord[], others: readonly ResourceRecord[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ rdata }, i) => Buffer.compare(rdata, others[i]!.rdata) === 0);
}

function wildcardKey(owner: Name, type: number): string {
  return owner + String.fromCharCode(type);
}
