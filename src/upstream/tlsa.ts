/**
 * TLSA records and whether a certificate matches them.
 *
 * Only usages 2 (DANE-TA) and 3 (DANE-EE) count: 0 and 1 constrain the public PKI in a way that "MUST be
 * treated as unusable" with opportunistic TLS and add nothing to the name check that we require anyway.
 *
 * Source: RFC 6698 §2.1, RFC 7671 §4, §5.1, §5.2, §9; RFC 8310 §8.2.
 */
import { createHash, type X509Certificate } from "node:crypto";
import { certificateOf } from "./authorities.ts";
import { provenIssuers } from "./certificate-path.ts";

export interface Tlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  readonly data: Uint8Array;
}

const Usage = { DANE_TA: 2, DANE_EE: 3 } as const;
const Selector = { CERTIFICATE: 0, SPKI: 1 } as const;
const Matching = { FULL: 0, SHA256: 1, SHA512: 2 } as const;
/** Usage, selector and matching type. */
const HEADER_OCTETS = 3;
/** Records looked at. */
const MAX_RECORDS = 16;

/** `undefined` where the RDATA is too short to be one. */
export function tlsaOf(rdata: Uint8Array): Tlsa | undefined {
  if (rdata.length <= HEADER_OCTETS) return undefined;
  return { usage: rdata[0]!, selector: rdata[1]!, matching: rdata[2]!, data: rdata.subarray(HEADER_OCTETS) };
}

/** Octets of the digest of each matching type; a full one has what it has. */
const DIGEST_OCTETS: Readonly<Record<number, number>> = { [Matching.SHA256]: 32, [Matching.SHA512]: 64 };

/**
 * Records that we know how to use (RFC 7671 §4: the others are as if they were not there), and of those with a
 * digest only the strongest for each usage and selector, so that a broken one can be retired (§9).
 */
export function usable(records: readonly Tlsa[]): Tlsa[] {
  const known = records.filter(isUsable).slice(0, MAX_RECORDS);
  return known.filter(
    (record) =>
      record.matching === Matching.FULL ||
      !known.some(
        ({ usage, selector, matching }) =>
          usage === record.usage && selector === record.selector && matching > record.matching,
      ),
  );
}

function isUsable({ usage, selector, matching, data }: Tlsa): boolean {
  if (usage !== Usage.DANE_TA && usage !== Usage.DANE_EE) return false;
  if (selector !== Selector.CERTIFICATE && selector !== Selector.SPKI) return false;
  return matching === Matching.FULL ? data.length > 0 : data.length === DIGEST_OCTETS[matching];
}

/** Whether a usable record matches the leaf, or an issuer on a path that was proven up to it. */
export function matchesTlsa(
  records: readonly Tlsa[],
  leaf: X509Certificate,
  candidates: readonly X509Certificate[],
  now: number | undefined,
): boolean {
  if (records.some((record) => record.usage === Usage.DANE_EE && isMatch(record, leaf))) return true;
  const anchors = records.filter(({ usage }) => usage === Usage.DANE_TA);
  if (anchors.length === 0) return false;
  // RFC 7671 §5.2.2: a whole certificate of the DNS need not be sent by the server.
  const known = [...anchors.flatMap(certificateIn), ...candidates];
  return provenIssuers(leaf, known, now).some((issuer) => anchors.some((record) => isMatch(record, issuer)));
}

function certificateIn({ selector, matching, data }: Tlsa): X509Certificate[] {
  if (selector !== Selector.CERTIFICATE || matching !== Matching.FULL) return [];
  const certificate = certificateOf(Buffer.from(data));
  return certificate === undefined ? [] : [certificate];
}

function isMatch({ selector, matching, data }: Tlsa, certificate: X509Certificate): boolean {
  const selected =
    selector === Selector.SPKI
      ? certificate.publicKey.export({ type: "spki", format: "der" })
      : certificate.raw;
  if (matching === Matching.FULL) return selected.equals(data);
  const digest = createHash(matching === Matching.SHA256 ? "sha256" : "sha512")
    .update(selected)
    .digest();
  return digest.equals(data);
}
