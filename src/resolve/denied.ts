/**
 * What was concluded of one name that does not exist, for the next ones: kept with the range that the name falls into.
 * Names of one range that have the same closest encloser have the same wildcard too, and the same records deny both.
 * So that is not proven again, and clients that set DO are given what was rendered for the one before.
 *
 * Source: RFC 4035 §5.4, RFC 5155 §8.4, RFC 8198 §5.1, §5.2.
 */
import { type Tail, tailOf } from "../cache/tail.ts";
import type { Instant } from "../ports/clock.ts";
import type { Name, ResourceRecord, Rrset } from "../ports/message.ts";
import { wildcardOf } from "../wire/names.ts";
import { type Kept, type Place, placeOf, type Remembered, type Span } from "./spans.ts";
import type { ZoneRanges } from "./zone-ranges.ts";

/** What follows from ranges for a name. */
export interface Conclusion {
  readonly rcode: number;
  readonly proofs: readonly Kept[];
  /** What the name is expanded from. */
  readonly wildcard: Kept | undefined;
}

/** The same while the ranges themselves are at hand. */
export interface SpansConcluded extends Conclusion {
  readonly proofs: readonly Span<unknown>[];
}

/** The ranges that the steps of a proof stand on. */
interface Ranges {
  /** Of the name, or with NSEC3 of the next closer one. */
  readonly own: Place;
  /** Of the wildcard at the closest encloser. */
  readonly wildcard: Place;
  /** Begun by the closest encloser; with NSEC both ends of the first range tell which name that is. */
  readonly match: Place | undefined;
}

/** Octets of heap that it takes to remember a conclusion: objects for it and its ranges, a list, two strings. */
const DENIED_OCTETS = 500;

export class Denied implements Conclusion, Remembered {
  readonly rcode: number;
  readonly wildcard = undefined;
  readonly ranges: Ranges;
  /** The closest encloser of the names. */
  readonly encloser: Name;
  readonly #proofs: readonly Place[];
  /** Of the zone's ranges, when these were last found to be what it says of these names. */
  #version: number;
  #tail: Tail | undefined;
  /** Whose SOA record is in it. */
  #tailSoa: Rrset | undefined;

  constructor({ rcode, proofs }: SpansConcluded, ranges: Ranges, encloser: Name, version: number) {
    this.rcode = rcode;
    this.#proofs = proofs.map(placeOf);
    this.ranges = ranges;
    this.encloser = encloser;
    this.#version = version;
  }

  get proofs(): readonly Kept[] {
    return this.#proofs.flatMap(({ span }) => span ?? []);
  }

  /** Until when every proof counts, and `until` at most. */
  leastOf(until: Instant): Instant {
    let least = until;
    for (const { span } of this.#proofs) least = Math.min(least, span?.until ?? 0);
    return least;
  }

  /** Memory it takes. */
  get octets(): number {
    return DENIED_OCTETS + (this.#tail?.octets ?? 0);
  }

  /** Whether it would be concluded again: from ranges that count, and that no later one has taken the place of. */
  isCurrent(zone: ZoneRanges, now: Instant): boolean {
    for (const { span } of this.#proofs) if (span === undefined || now >= span.until) return false;
    if (this.#version !== zone.version) {
      const wildcard = wildcardOf(this.encloser);
      const span = wildcard === undefined ? undefined : zone.spanAt(wildcard, now);
      if (span !== this.ranges.wildcard.span) return false;
      this.#version = zone.version;
    }
    return true;
  }

  /** SOA record and proofs, all with their signatures. */
  tail(soa: Kept, zone: ZoneRanges): Tail | undefined {
    if (this.#tailSoa === soa.rrset) return this.#tail;
    const tail = tailOfAll(zone.zone, [soa, ...this.proofs]);
    const own = this.ranges.own.span;
    if (tail === undefined || own === undefined) return tail;
    if (zone.grow(own, tail.octets - (this.#tail?.octets ?? 0))) {
      this.#tail = tail;
      this.#tailSoa = soa.rrset;
    }
    return tail;
  }
}

/** All records of these and their signatures, rendered. */
export function tailOfAll(zone: Name, kept: readonly Kept[]): Tail | undefined {
  const records: ResourceRecord[] = [];
  for (const { rrset } of kept) records.push(...rrset.records, ...rrset.signatures);
  return tailOf(zone, records);
}

/** Until when every proof of a conclusion counts, and `until` at most. */
export function leastOf(made: Conclusion, until: Instant): Instant {
  if (made instanceof Denied) return made.leastOf(until);
  let least = until;
  for (const proof of made.proofs) least = Math.min(least, proof.until);
  return least;
}
