/**
 * How long a response may be served: seconds from the moment it came.
 *
 * Source: RFC 2181 §5.2 (one TTL an RRset); RFC 2308 §5 (negative responses);
 * RFC 8767 §4 (cap, most significant bit); RFC 9520 §3.2 (failures); RFC 4035 §5.3.3 (signatures).
 */
import type { Response } from "../ports/exchange.ts";
import type { ResourceRecord } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";

export interface LifetimeLimits {
  /** Seconds; floor for positive responses. */
  readonly minTtl: number;
  /** Seconds; cap for every TTL. */
  readonly maxTtl: number;
  /** Seconds; cap for NXDOMAIN and NODATA. */
  readonly maxNegativeTtl: number;
}

/**
 * Seconds a SERVFAIL, another failure, or a response that could not be judged is kept at first: "at least 1
 * second" (RFC 9520 §3.2). The next try may fare better.
 */
export const FAILURE_LIFETIME = 1;

/** Seconds a bogus response is kept, so that a broken zone is not asked about at every query (RFC 9520 §3.2). */
export const BOGUS_LIFETIME = 60;

export interface Lifetime {
  /** Seconds the response may be served; 0 where it must not be kept. */
  readonly seconds: number;
  /** Seconds; no TTL in it may say more. */
  readonly maxTtl: number;
}

/** How long this response may be served, and what its TTLs may say. */
export function lifetimeOf(response: Response, limits: LifetimeLimits): Lifetime {
  const bound = Math.floor(Math.min(limits.maxTtl, response.maxLifetime ?? Number.POSITIVE_INFINITY));
  if (response.verdict === "indeterminate") return { seconds: FAILURE_LIFETIME, maxTtl: FAILURE_LIFETIME };
  if (response.verdict === "bogus") return { seconds: BOGUS_LIFETIME, maxTtl: BOGUS_LIFETIME };
  if (response.rcode !== Rcode.NOERROR && response.rcode !== Rcode.NXDOMAIN) {
    return { seconds: FAILURE_LIFETIME, maxTtl: 0 };
  }
  const positive = leastTtl(response.answer);
  if (!isNegative(response)) {
    // "discard the entire atomic entry when any of the RRs contained in it expire" (RFC 4035 §4.5): proofs too.
    const least = Math.min(positive, leastTtl(response.authority));
    return { seconds: Math.min(Math.max(least, limits.minTtl), bound), maxTtl: bound };
  }

  const negative = Math.min(negativeTtl(response.authority), limits.maxNegativeTtl, bound);
  return { seconds: Math.min(positive, negative), maxTtl: negative };
}

/** NXDOMAIN, or no record of the type asked for at the end of the chain (RFC 2308 §2). */
export function isNegative(response: Response): boolean {
  if (response.rcode === Rcode.NXDOMAIN) return true;
  if (response.answer.length === 0) return true;
  return response.authority.some((record) => record.type === Type.SOA);
}

/** "a 32-bit unsigned integer number": the cap is for what is unsoundly high, the highest bit or not (RFC 8767 §4). */
function leastTtl(records: readonly ResourceRecord[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const record of records) least = Math.min(least, record.ttl);
  return least;
}

/**
 * "the TTL of this record is set from the minimum of the MINIMUM field of the SOA record and the TTL of the
 * SOA itself" (RFC 2308 §3). Without an SOA record a negative response "SHOULD NOT be cached" (§5): 0.
 */
function negativeTtl(authority: readonly ResourceRecord[]): number {
  const soa = authority.find((record) => record.type === Type.SOA);
  if (soa === undefined) return 0;
  // RFC 9077 §3: an NSEC or NSEC3 record that lives less long bounds the proof as well.
  return Math.min(soaMinimum(soa), leastTtl(authority));
}

/** The MINIMUM field of an SOA record, its last (RFC 1035 §3.3.13). Seconds. */
export function soaMinimum({ rdata }: ResourceRecord): number {
  const at = rdata.length - 4;
  if (at < 0) return 0;
  return new DataView(rdata.buffer, rdata.byteOffset + at, 4).getUint32(0);
}
