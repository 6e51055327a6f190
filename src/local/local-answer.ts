/**
 * Answers that are made here, from what the operator wrote down or an RFC prescribes. Data only.
 *
 * Source: RFC 2308 §5 (a negative answer needs an SOA to be cached), RFC 6303 §3 (its content).
 */
import type { ExtendedError } from "../ports/exchange.ts";
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, Rcode, Type } from "../wire/codes.ts";
import { octetsOfName } from "../wire/names.ts";

/** Why a name was answered here and never sent: the label of `sotto_names_withheld_total`. */
export type WithheldReason =
  | "records"
  | "hosts"
  | "blocked"
  | "localhost"
  | "reserved-tld"
  | "private-tld"
  | "multicast-dns"
  | "onion"
  | "alt"
  | "home-arpa"
  | "service-arpa"
  | "private-reverse"
  | "resolver-arpa"
  | "ipv4only-arpa"
  | "canary"
  | "single-label"
  | "address-literal";

/** Shared between clients: must not be written to. */
export interface LocalAnswer {
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly errors: readonly ExtendedError[];
  readonly reason: WithheldReason;
}

/** Seconds: "a negative cache Time to Live (TTL) of 3 hours" (RFC 6303 §3). */
export const EMPTY_ZONE_TTL = 10_800;

/** SERIAL 1, REFRESH 3600, RETRY 1200, EXPIRE 604800 (RFC 6303 §3); MINIMUM is the TTL, as the two SHOULD match. */
const SOA_TIMERS = [1, 3600, 1200, 604_800] as const;

/** "The SOA RNAME SHOULD default to nobody.invalid." (RFC 6303 §3). */
const RNAME = Buffer.from("\x06nobody\x07invalid\0", "latin1");

export function recordOf(owner: Name, type: number, ttl: number, rdata: Uint8Array): ResourceRecord {
  return { owner, type, class: Class.IN, ttl, rdata };
}

/** The SOA of a zone that we serve: MNAME is the zone itself (RFC 6303 §3). */
export function soaOf(zone: Name, ttl: number): ResourceRecord {
  const numbers = Buffer.alloc(20);
  [...SOA_TIMERS, ttl].forEach((number, i) => numbers.writeUInt32BE(number, 4 * i));
  return recordOf(zone, Type.SOA, ttl, Buffer.concat([octetsOfName(zone), RNAME, numbers]));
}

/** The NS of a zone that we serve: "the NS record defaults to the name of the zone" (RFC 6303 §3). */
export function nsOf(zone: Name, ttl: number): ResourceRecord {
  return recordOf(zone, Type.NS, ttl, octetsOfName(zone));
}

export function positive(
  reason: WithheldReason,
  answer: readonly ResourceRecord[],
  errors: readonly ExtendedError[] = [],
): LocalAnswer {
  return { rcode: Rcode.NOERROR, answer, authority: [], errors, reason };
}

/** No such name at or below `zone`. */
export function nxdomain(
  reason: WithheldReason,
  zone: Name,
  ttl: number,
  errors: readonly ExtendedError[] = [],
): LocalAnswer {
  return { rcode: Rcode.NXDOMAIN, answer: [], authority: [soaOf(zone, ttl)], errors, reason };
}

/** The name is there, data of that type is not. */
export function nodata(
  reason: WithheldReason,
  zone: Name,
  ttl: number,
  errors: readonly ExtendedError[] = [],
): LocalAnswer {
  return { rcode: Rcode.NOERROR, answer: [], authority: [soaOf(zone, ttl)], errors, reason };
}
