/**
 * NSEC3 records of one zone as a set to prove things by: which are usable, hashes of names (each computed
 * once a message, within the flight's budget), and what matches or covers a name.
 *
 * Source: RFC 5155 §3, §5, §8.1, §8.2; RFC 9276 §3.2; CVE-2023-50868.
 */
import { hash as digestOf } from "node:crypto";
import type { Work } from "../ports/exchange.ts";
import type { Name, Rrset } from "../ports/message.ts";
import { readBase32hex } from "../wire/base32hex.ts";
import { asBuffer } from "../wire/latin1.ts";
import { MAX_NAME_OCTETS, firstLabel, parentOf } from "../wire/names.ts";
import type { DenialRecord } from "./denial.ts";
import { soleRdata } from "./rrsets.ts";

export interface Nsec3 extends DenialRecord {
  readonly iterations: number;
  /** Octets as a latin1 string, as all three. */
  readonly salt: string;
  readonly hash: string;
  readonly next: string;
  readonly optOut: boolean;
}

/** The only hash algorithm there is (RFC 5155 §11), and the octets it gives. */
const SHA1 = 1;
const HASH_OCTETS = 20;
const HASH_CHARACTERS = 32;
/** Octets before the salt. */
const HEADER_OCTETS = 5;
const OPT_OUT = 0x01;

/** Room: a name or a hash, then the salt, whose length has one octet. */
const HASHED = Buffer.alloc(MAX_NAME_OCTETS + 0xff);

/**
 * The NSEC3 record of `rrset` in `zone`; `undefined` where it must be ignored: another hash algorithm
 * (RFC 5155 §8.1), flags other than 0 and 1 (§8.2), malformed, not alone, or an owner that is not exactly a
 * hash below the zone's apex.
 */
export function readNsec3(rrset: Rrset, zone: Name): Nsec3 | undefined {
  const rdata = soleRdata(rrset);
  if (rdata === undefined || rdata.length < HEADER_OCTETS) return undefined;
  if (rdata[0] !== SHA1 || (rdata[1]! & ~OPT_OUT) !== 0) return undefined;
  const nextAt = HEADER_OCTETS + rdata[4]!;
  const typesAt = nextAt + 1 + HASH_OCTETS;
  if (rdata[nextAt] !== HASH_OCTETS || rdata.length < typesAt || parentOf(rrset.owner) !== zone)
    return undefined;
  const hash = firstLabel(rrset.owner);
  if (hash.length !== HASH_CHARACTERS || readBase32hex(hash, HASHED) !== HASH_OCTETS) return undefined;
  const octets = asBuffer(rdata);
  return {
    rrset,
    rdata,
    typesAt,
    iterations: octets.readUInt16BE(2),
    salt: octets.latin1Slice(HEADER_OCTETS, nextAt),
    hash: HASHED.latin1Slice(0, HASH_OCTETS),
    next: octets.latin1Slice(nextAt + 1, typesAt),
    optOut: rdata[1] === OPT_OUT,
  };
}

/** The hash of `name` as a latin1 string of 20 octets (RFC 5155 §5). */
export function nsec3Hash(name: Name, salt: string, iterations: number): string {
  let digest = sha1(name, salt);
  for (let i = 0; i < iterations; i++) digest = sha1(digest, salt);
  return digest;
}

function sha1(octets: string, salt: string): string {
  HASHED.latin1Write(octets, 0);
  const end = octets.length + HASHED.latin1Write(salt, octets.length);
  return digestOf("sha1", HASHED.subarray(0, end), "binary");
}

/** A flight may compute no more hashes: its denials cannot be judged. */
export class HashBudgetExceeded extends Error {
  override readonly name = "HashBudgetExceeded";
}

/** NSEC3 records of one zone to prove things by. */
export interface Nsec3Spans {
  readonly zone: Name;
  /** The record whose owner is the hash of `name`. */
  matching(name: Name): Nsec3 | undefined;
  /** The record whose span holds the hash of `name`. */
  covering(name: Name): Nsec3 | undefined;
}

/** The usable NSEC3 records of one zone in one message. */
export class Nsec3Set implements Nsec3Spans {
  readonly zone: Name;
  readonly records: readonly Nsec3[];
  readonly #work: Work;
  /** Names that were hashed, and their hashes: few. BOUNDED: by the flight's budget of hashes; lives as long as one message is judged. */
  readonly #names: Name[] = [];
  readonly #hashes: string[] = [];

  /** `records` were authenticated and share salt and iterations. */
  constructor(zone: Name, records: readonly Nsec3[], work: Work) {
    this.zone = zone;
    this.records = records;
    this.#work = work;
  }

  matching(name: Name): Nsec3 | undefined {
    const hash = this.#hashOf(name);
    return this.records.find((record) => record.hash === hash);
  }

  covering(name: Name): Nsec3 | undefined {
    const hash = this.#hashOf(name);
    return this.records.find((record) => isBetween(hash, record.hash, record.next));
  }

  /** @throws {HashBudgetExceeded} */
  #hashOf(name: Name): string {
    const known = this.#names.indexOf(name);
    if (known >= 0) return this.#hashes[known]!;
    if (this.#work.nsec3Hashes <= 0) throw new HashBudgetExceeded();
    this.#work.nsec3Hashes -= 1;
    const { salt, iterations } = this.records[0]!;
    const hash = nsec3Hash(name, salt, iterations);
    this.#names.push(name);
    this.#hashes.push(hash);
    return hash;
  }
}

/** Strings of octets compare as octets do. The last record's span wraps around to the first hash. */
export function isBetween(hash: string, from: string, to: string): boolean {
  return from < to ? from < hash && hash < to : from < hash || hash < to;
}

/**
 * The records that share the parameters of the first; RFC 5155 §8.2 lets us treat a mixture as bogus, and
 * ignoring the others does so wherever they would have been needed.
 */
export function sameParameters(records: readonly Nsec3[]): Nsec3[] {
  const first = records[0];
  return records.filter((record) => record.salt === first?.salt && record.iterations === first.iterations);
}
