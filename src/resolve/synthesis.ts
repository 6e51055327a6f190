/**
 * Answers made from proofs already in hand: names that a signed zone has shown not to exist, or to be
 * expanded from a wildcard, are not asked for again. The answer carries its proofs, so a client that
 * validates can check it.
 *
 * Source: RFC 8198 §5 (aggressive use of NSEC and NSEC3), RFC 9077 §3.4 (TTL), RFC 8020, RFC 8914 (29
 * Synthesized).
 */
import { answeredHere, Entry, type Servable } from "../cache/entry.ts";
import { soaMinimum } from "../cache/lifetime.ts";
import type { Tail } from "../cache/tail.ts";
import { readNsec } from "../dnssec/nsec.ts";
import { readNsec3 } from "../dnssec/nsec3.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { ExtendedError, Proven, Response } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord, Rrset } from "../ports/message.ts";
import { Class, InfoCode, Type } from "../wire/codes.ts";
import { parentOf, ROOT } from "../wire/names.ts";
import { conclude } from "./conclusions.ts";
import { DenialView } from "./denial-view.ts";
import { type Conclusion, Denied, leastOf, tailOfAll } from "./denied.ts";
import { PackedRrset } from "./packed.ts";
import type { Kept } from "./spans.ts";
import { ZoneRanges } from "./zone-ranges.ts";

export interface SynthesisOptions {
  /** Octets that may be held at first: the share of memory that denials have. */
  readonly maxOctets: number;
  /** Seconds; cap for what is answered from here. */
  readonly maxTtl: number;
  /** Names that other rules speak for: never answered from here. */
  readonly isExempt: (name: Name) => boolean;
}

/** One zone may take this share of what all may take: no zone crowds out every other. */
const ZONE_SHARE = 1 / 2;

const SYNTHESIZED: readonly ExtendedError[] = [{ infoCode: InfoCode.SYNTHESIZED, text: "" }];

export interface SynthesisCounters {
  /** Answers made here. */
  answers: number;
}

export class Synthesis {
  readonly counters: SynthesisCounters = { answers: 0 };
  readonly #options: SynthesisOptions;
  readonly #clock: Clock;
  readonly #view = new DenialView(SYNTHESIZED);
  /** In order of use, the least recent first. BOUNDED: by `maxOctets` over all zones. */
  readonly #zones = new Map<Name, ZoneRanges>();
  #maxOctets: number;
  /** The last of them. */
  #latest: ZoneRanges | undefined;
  #octets = 0;
  #teaches = false;
  #trustFor: (name: Name) => Name = () => ROOT;
  #isRuled: (question: Question) => boolean = () => false;

  constructor(options: SynthesisOptions, clock: Clock) {
    this.#options = options;
    this.#maxOctets = options.maxOctets;
    this.#clock = clock;
  }

  /** From now on `maxOctets` may be held; by the zones that are known, no more each than before. */
  grow(maxOctets: number): void {
    this.#maxOctets = maxOctets;
  }

  /** Memory that is taken, over all zones. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Whether the response to the last question may answer others: nothing follows for it yet, and of its zone new ranges come as
   * names are asked for.
   */
  get teaches(): boolean {
    return this.#teaches;
  }

  /**
   * From now on what is concluded for a name does not come from above `zoneFor` it: the closest trust anchor alone speaks for
   * what is below it (RFC 6840 §5.10).
   */
  trustFrom(zoneFor: (name: Name) => Name): void {
    this.#trustFor = zoneFor;
  }

  /** From now on nothing is concluded for a question that a rule leads elsewhere: a configured CNAME stands, whatever its zone denies. */
  yieldTo(isRuled: (question: Question) => boolean): void {
    this.#isRuled = isRuled;
  }

  clear(): void {
    this.#zones.clear();
    this.#latest = undefined;
    this.#octets = 0;
  }

  /** Takes up what a secure response proves besides its answer. */
  learn(response: Response): void {
    const { verdict, proven = [] } = response;
    if (verdict !== "secure") return;
    const zone = proven.find(({ rrset: { type } }) => type === Type.NSEC || type === Type.NSEC3)?.zone;
    if (zone === undefined) return;
    const ranges = this.#zones.get(zone) ?? new ZoneRanges(zone, this.#maxOctets * ZONE_SHARE);
    const before = this.#zones.has(zone) ? ranges.octets : 0;
    const own = proven.filter((each) => each.zone === zone);
    const terms = { now: this.#clock.now(), maxTtl: this.#maxTtl(own, zone, response) };
    for (const { rrset, wildcard } of own) {
      if (wildcard === undefined) learnProof(rrset, ranges, terms);
      else learnWildcard(rrset, wildcard, ranges, terms);
    }
    this.#use(ranges, before);
    this.#evict();
  }

  /** The answer to `question` that follows from what is known; `undefined` where nothing does. */
  answer(question: Question): Response | undefined {
    const now = this.#clock.now();
    const found = this.#conclude(question, now);
    return found === undefined ? undefined : responseOf(question, found, now);
  }

  /**
   * The same as it is written to a client, with what comes behind the question rendered as often as it changes. What
   * it gives is good until the next one. @param key of the question.
   */
  find(question: Question, key: string, dnssecOk: boolean, now: Instant): Servable | undefined {
    const found = this.#conclude(question, now);
    if (found === undefined) return undefined;
    const before = found.ranges.octets;
    const tail = tailFor(found, dnssecOk);
    this.#use(found.ranges, before);
    if (this.#octets > this.#maxOctets) this.#evict();
    if (tail === undefined) return entryOf(question, found, dnssecOk, now);
    return this.#view.aim(key, found.made.rcode, tail, ttlOf(found, now), now);
  }

  #conclude(question: Question, now: Instant): Found | undefined {
    this.#teaches = false;
    if (this.#zones.size === 0 || !mayBeSynthesized(question.qtype)) return undefined;
    if (question.qclass !== Class.IN || this.#options.isExempt(question.qname)) return undefined;
    const ranges = this.#enclosing(question.qname);
    const soa = ranges?.soa(now);
    if (ranges === undefined || soa === undefined) return undefined;
    const before = ranges.octets;
    const made = conclude(question, ranges, now);
    this.#use(ranges, before);
    this.#teaches = made === undefined && ranges.isGrowing(now);
    if (made === undefined || this.#isRuled(question)) return undefined;
    this.counters.answers++;
    return { ranges, soa, made };
  }

  /** The ranges of the deepest zone known that `name` lies in. */
  #enclosing(name: Name): ZoneRanges | undefined {
    const top = this.#trustFor(name);
    for (let zone = name; ; zone = parentOf(zone)) {
      const ranges = this.#zones.get(zone);
      if (ranges !== undefined) return ranges;
      if (zone === top) return undefined;
    }
  }

  /**
   * Seconds that what a response proves may be used. "A resolver that supports aggressive use of NSEC and
   * NSEC3 MAY limit the TTL of NSEC and NSEC3 records to the lesser of the SOA.MINIMUM field and the TTL of
   * the SOA in a response" (RFC 9077 §3.4).
   */
  #maxTtl(proven: readonly Proven[], zone: Name, response: Response): number {
    const soa = proven.find(({ rrset }) => rrset.type === Type.SOA && rrset.owner === zone)?.rrset.records[0];
    const negative = soa === undefined ? Number.POSITIVE_INFINITY : Math.min(soaMinimum(soa), soa.ttl);
    return Math.min(this.#options.maxTtl, response.maxLifetime ?? Number.POSITIVE_INFINITY, negative);
  }

  /** @param before octets of these ranges that are accounted for. */
  #use(ranges: ZoneRanges, before: number): void {
    this.#octets += ranges.octets - before;
    if (ranges === this.#latest) return;
    this.#latest = ranges;
    this.#zones.delete(ranges.zone);
    this.#zones.set(ranges.zone, ranges);
  }

  #evict(): void {
    for (const [zone, ranges] of this.#zones) {
      if (this.#octets <= this.#maxOctets) return;
      this.#zones.delete(zone);
      if (ranges === this.#latest) this.#latest = undefined;
      this.#octets -= ranges.octets;
    }
  }
}

/** What was concluded, and by which zone. */
interface Found {
  readonly ranges: ZoneRanges;
  readonly soa: Kept;
  readonly made: Conclusion;
}

interface Terms {
  readonly now: Instant;
  /** Seconds. */
  readonly maxTtl: number;
}

function learnProof(rrset: Rrset, ranges: ZoneRanges, terms: Terms): void {
  if (rrset.type === Type.SOA && rrset.owner === ranges.zone) {
    // Every denial of a zone brings it, nearly always the same.
    if (!ranges.renewSoa(rrset, until(rrset, terms))) ranges.keepSoa(keptOf(rrset, terms));
    return;
  }
  if (ranges.renew(rrset, until(rrset, terms))) return;
  if (rrset.type === Type.NSEC) {
    const nsec = readNsec(rrset);
    if (nsec !== undefined) ranges.keepNsec(nsec, until(rrset, terms), terms.now);
  } else if (rrset.type === Type.NSEC3) {
    const nsec3 = readNsec3(rrset, ranges.zone);
    // RFC 8198 §5.2: nothing may be concluded from an opt-out span.
    if (nsec3?.optOut === false) ranges.keepNsec3(nsec3, until(rrset, terms), terms.now);
  }
}

/** An answer expanded from a wildcard holds that wildcard's data and signature (RFC 4035 §5.3.2). */
function learnWildcard(rrset: Rrset, wildcard: Name, ranges: ZoneRanges, terms: Terms): void {
  if (rrset.type === Type.CNAME || rrset.type === Type.DNAME) return;
  ranges.keepWildcard(keptOf(rrset, terms, wildcard), terms.now);
}

function keptOf(rrset: Rrset, terms: Terms, owner = rrset.owner): Kept {
  const packed = new PackedRrset(rrset, owner);
  return { rrset: packed.unpacked(), octets: packed.octets, until: until(rrset, terms) };
}

function until(rrset: Rrset, { now, maxTtl }: Terms): Instant {
  let ttl = maxTtl;
  for (const record of rrset.records) ttl = Math.min(ttl, record.ttl);
  return now + ttl * 1_000;
}

/** DS belongs to the parent (RFC 8198 §4), and signatures and ranges are no data of their own. */
function mayBeSynthesized(qtype: number): boolean {
  return (
    qtype !== Type.DS &&
    qtype !== Type.ANY &&
    qtype !== Type.RRSIG &&
    qtype !== Type.NSEC &&
    qtype !== Type.NSEC3
  );
}

/** What comes behind the question of a denial; `undefined` for what is none, or has to be rendered each time. */
function tailFor({ ranges, soa, made }: Found, dnssecOk: boolean): Tail | undefined {
  if (made.wildcard !== undefined) return undefined;
  if (!dnssecOk) return ranges.soaTail(soa);
  return made instanceof Denied ? made.tail(soa, ranges) : tailOfAll(ranges.zone, [soa, ...made.proofs]);
}

/** Seconds. RFC 8198 §5.4: not longer than the least of what it follows from. */
function ttlOf({ soa, made }: Found, now: Instant): number {
  return Math.floor((leastOf(made, (made.wildcard ?? soa).until) - now) / 1_000);
}

function responseOf(question: Question, found: Found, now: Instant): Response {
  const { wildcard, proofs, rcode } = found.made;
  const ttl = ttlOf(found, now);
  const answer: ResourceRecord[] = [];
  const authority: ResourceRecord[] = [];
  // Under the name that asked for them; the signature stays as it is (RFC 4035 §3.1.3.3).
  if (wildcard !== undefined) appendRecords(wildcard.rrset, ttl, question.qname, answer);
  else appendRecords(found.soa.rrset, ttl, found.ranges.zone, authority);
  for (const { rrset } of proofs) appendRecords(rrset, ttl, rrset.owner, authority);
  return { rcode, answer, authority, verdict: "secure", errors: SYNTHESIZED, upstream: "" };
}

function entryOf(question: Question, found: Found, dnssecOk: boolean, now: Instant): Entry {
  return new Entry(question, responseOf(question, found, now), answeredHere(now, dnssecOk));
}

/** Appends records and signatures with `ttl`, under `owner`. */
function appendRecords({ records, signatures }: Rrset, ttl: number, owner: Name, to: ResourceRecord[]): void {
  for (const { type, class: inClass, rdata } of records) to.push({ owner, type, class: inClass, ttl, rdata });
  for (const { type, class: inClass, rdata } of signatures)
    to.push({ owner, type, class: inClass, ttl, rdata });
}
