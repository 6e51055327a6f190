/**
 * What one flight, one zone and one RRset may cost the validator: every bound in one table, so that
 * `docs/limits.md` can be read against it. Past a bound the data is bogus, never secure, and CPU time stays
 * bounded whatever a zone's operator or an upstream sends.
 *
 * Source: CVE-2023-50387 (KeyTrap), CVE-2023-50868 (NSEC3), RFC 9276 §3.2; values of other resolvers beside
 * each line.
 */
import type { Work } from "../ports/exchange.ts";

/** RRSIGs tried for one RRset, where a key and the time allow it; zones they name that are looked up. Unbound: 8. */
export const MAX_SIGNATURES_PER_RRSET = 8;
/** RRSIGs read for one RRset. An honest one has as many as its zone has algorithms and operators. */
export const MAX_SIGNATURES_READ = 64;
/** DNSKEYs of one tag and algorithm tried for one RRSIG. PowerDNS, hickory: 2. */
export const MAX_KEYS_PER_TAG = 2;
/** Verifications tried for one RRset, over all its signatures and keys. Unbound: 8. */
export const MAX_ATTEMPTS_PER_RRSET = 8;
/** DS records considered for one zone, of those that name the tag of a key it has. PowerDNS: 8. */
export const MAX_DS_PER_ZONE = 8;
/** DNSKEYs considered for one zone; the root has 3, the largest TLDs 8. */
export const MAX_DNSKEYS_PER_ZONE = 32;
/** Records of one RRset put into canonical form. PowerDNS, systemd: 256. */
export const MAX_RECORDS_PER_RRSET = 256;
/** NSEC or NSEC3 RRsets considered for one denial; the largest honest proof needs 3. PowerDNS: 10. */
export const MAX_DENIAL_RECORDS = 10;
/** CNAME and DNAME links followed for one question. Unbound, BIND: 11. */
export const MAX_ALIASES = 11;
/** RRsets validated for one QTYPE=ANY response. Unbound: 24. */
export const MAX_ANY_RRSETS = 24;
/** NSEC3 iterations above this are bogus; between the configured limit and this, insecure (EDE 27). hickory, domain: 500. */
export const MAX_NSEC3_ITERATIONS = 500;
/** Verifications between two pauses for other work: 8 of the slowest algorithm (P-384) are about 4 ms. */
export const VERIFICATIONS_PER_TURN = 8;

/**
 * Queries one flight may send, counted where they leave (`upstream/flight.ts`): the question itself, helpers,
 * retries, and what a lost connection makes it send again. Unbound: 32 sent, dnsmasq: 40.
 */
export const FLIGHT_QUERIES = 32;
/**
 * Verifications of one flight. A cold chain of four zones costs 8 and a denial at its end 4, and an honest
 * response may cross three such chains by CNAME. BIND's 16 are for one fetch; a flight of ours is all
 * fetches together. PowerDNS: 30.
 */
export const FLIGHT_VERIFICATIONS = 48;
/**
 * RRsets of one flight that may fail with every signature. An upstream that alters data spoils the DS, the
 * DNSKEY and the data of one zone, and each is asked for once more elsewhere. BIND: 1 a fetch.
 */
export const FLIGHT_FAILURES = 4;
/** NSEC3 hashes of one flight. Unbound: 8 at a go; PowerDNS: 600. */
export const FLIGHT_HASHES = 64;

/** What one flight may cause, shared by all its helper queries and never reset by a retry. */
export const FLIGHT_WORK: Readonly<Work> = {
  upstreamQueries: FLIGHT_QUERIES,
  verifications: FLIGHT_VERIFICATIONS,
  failedVerifications: FLIGHT_FAILURES,
  nsec3Hashes: FLIGHT_HASHES,
};
