/**
 * Why data is bogus, insecure or indeterminate: a closed set, each with its extended DNS errors for clients
 * and the words and remedy that `sotto explain` shows. No text here holds a name.
 *
 * Source: RFC 8914 §4 (INFO-CODEs 1 to 12, 22, 23, 25, 27).
 */
import type { ExtendedError, Response } from "../ports/exchange.ts";
import { InfoCode, Rcode, rcodeToText } from "../wire/codes.ts";

interface Explanation {
  readonly infoCode: number;
  /** What is wrong, in words that fit after a name and a type; EXTRA-TEXT of the error. */
  readonly text: string;
  /** What would mend it, and who can. */
  readonly remedy: string;
}

const OPERATOR = "the zone's operator has to";

const REASONS = {
  "signature-missing": {
    infoCode: InfoCode.RRSIGS_MISSING,
    text: "no signature where the chain of trust requires one",
    remedy: "ask another upstream (this one may strip RRSIG records); else the zone must be signed again",
  },
  "signature-expired": {
    infoCode: InfoCode.SIGNATURE_EXPIRED,
    text: "every signature has expired",
    remedy: `check this machine's clock; else ${OPERATOR} sign the zone again`,
  },
  "signature-not-yet-valid": {
    infoCode: InfoCode.SIGNATURE_NOT_YET_VALID,
    text: "every signature starts in the future",
    remedy: "check this machine's clock; else the signer's clock is ahead",
  },
  "signature-expired-before-valid": {
    infoCode: InfoCode.SIGNATURE_EXPIRED_BEFORE_VALID,
    text: "a signature ends before it starts",
    remedy: `${OPERATOR} sign the zone again`,
  },
  "signature-wrong": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "no signature verifies: data or signature was altered",
    remedy: `ask another upstream; if it fails there too, ${OPERATOR} sign the zone again`,
  },
  "signature-misplaced": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "the signatures name another zone or impossible labels",
    remedy: `ask another upstream; else ${OPERATOR} sign the zone again`,
  },
  "key-unknown": {
    infoCode: InfoCode.DNSKEY_MISSING,
    text: "the signatures were made with a key that is not among the zone's",
    remedy: `${OPERATOR} publish the key or sign again with a published one`,
  },
  "key-unusable": {
    infoCode: InfoCode.UNSUPPORTED_DNSKEY_ALGORITHM,
    text: "the signing key is too short or malformed",
    remedy: `${OPERATOR} replace the key`,
  },
  "dnskey-missing": {
    infoCode: InfoCode.DNSKEY_MISSING,
    text: "no DNSKEY record matches the DS records at the parent",
    remedy: `${OPERATOR} correct the DS records at the parent or publish the key they name`,
  },
  "dnskey-absent": {
    infoCode: InfoCode.DNSKEY_MISSING,
    text: "there is a DS record at the parent but no DNSKEY RRset",
    remedy: `${OPERATOR} publish the DNSKEY RRset or remove the DS records`,
  },
  "anchor-mismatch": {
    infoCode: InfoCode.DNSKEY_MISSING,
    text: "no DNSKEY record matches a trust anchor",
    remedy: "bring the trust anchors up to date: the zone's key has rolled, or the upstream lies",
  },
  "zone-key-bit-clear": {
    infoCode: InfoCode.NO_ZONE_KEY_BIT_SET,
    text: "the key that matches the DS record is not a zone key",
    remedy: `${OPERATOR} set the Zone Key flag (DNSKEY flags 256 or 257)`,
  },
  "key-revoked": {
    infoCode: InfoCode.DNSKEY_MISSING,
    text: "the only keys that match are revoked",
    remedy: "bring the trust anchors or the DS records up to date",
  },
  "denial-missing": {
    infoCode: InfoCode.NSEC_MISSING,
    text: "no NSEC or NSEC3 record proves what the response denies",
    remedy: "ask another upstream (this one may strip NSEC records); else the zone must be signed again",
  },
  "denial-wrong": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "the NSEC or NSEC3 records do not prove what the response denies",
    remedy: `ask another upstream; else ${OPERATOR} sign the zone again`,
  },
  "wildcard-unproven": {
    infoCode: InfoCode.NSEC_MISSING,
    text: "a wildcard was expanded without proof that no closer name exists",
    remedy: "ask another upstream (this one may drop NSEC records or replay a wildcard)",
  },
  "nsec3-iterations-excessive": {
    infoCode: InfoCode.UNSUPPORTED_NSEC3_ITERATIONS,
    text: "the zone's NSEC3 iterations exceed all bounds",
    remedy: `${OPERATOR} set NSEC3 iterations to 0 (RFC 9276)`,
  },
  "nsec3-iterations": {
    infoCode: InfoCode.UNSUPPORTED_NSEC3_ITERATIONS,
    text: "the zone's NSEC3 iterations exceed the configured limit",
    remedy: `${OPERATOR} set NSEC3 iterations to 0 (RFC 9276)`,
  },
  "alias-wrong": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "an unsigned CNAME is not what the signed DNAME makes of the name",
    remedy: "ask another upstream",
  },
  "alias-beside-data": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "a CNAME stands beside other data of its owner",
    remedy: `ask another upstream; else ${OPERATOR} remove one of the two`,
  },
  "rcode-wrong": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "the response code contradicts the signed data that came with it",
    remedy: "ask another upstream",
  },
  "alias-loop": {
    infoCode: InfoCode.OTHER,
    text: "CNAME or DNAME records lead in a circle or too far",
    remedy: `${OPERATOR} shorten the chain of aliases`,
  },
  "name-absent": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "the parent proves that the name does not exist, yet there is data",
    remedy: "ask another upstream",
  },
  "work-limit": {
    infoCode: InfoCode.DNSSEC_BOGUS,
    text: "validating this would take more work than allowed",
    remedy: `${OPERATOR} use fewer keys, signatures or records`,
  },
  "ds-unreachable": {
    infoCode: InfoCode.NO_REACHABLE_AUTHORITY,
    text: "the DS records could not be fetched",
    remedy: "see whether the upstream answers DS questions; try again",
  },
  "dnskey-unreachable": {
    infoCode: InfoCode.NO_REACHABLE_AUTHORITY,
    text: "the DNSKEY records could not be fetched",
    remedy: "see whether the upstream answers DNSKEY questions; try again",
  },
  "upstream-failure": {
    infoCode: InfoCode.NO_REACHABLE_AUTHORITY,
    text: "the upstream could not answer",
    remedy: "try again; if it stays, ask another upstream",
  },
  "algorithm-unsupported": {
    infoCode: InfoCode.UNSUPPORTED_DNSKEY_ALGORITHM,
    text: "the zone is signed with unsupported algorithms only",
    remedy: `${OPERATOR} sign with a current algorithm (8, 13 or 15)`,
  },
  "digest-unsupported": {
    infoCode: InfoCode.UNSUPPORTED_DS_DIGEST_TYPE,
    text: "the DS records use unsupported digest types only",
    remedy: `${OPERATOR} publish a DS record with SHA-256`,
  },
} as const satisfies Record<string, Explanation>;

export type Reason = keyof typeof REASONS;

export function explanationOf(reason: Reason): Explanation {
  return REASONS[reason];
}

/** The errors of bogus data: what is wrong, then that it is bogus. */
export function bogusErrors(reason: Reason): readonly ExtendedError[] {
  const { infoCode, text } = REASONS[reason];
  const first = { infoCode, text };
  return infoCode === InfoCode.DNSSEC_BOGUS
    ? [first]
    : [first, { infoCode: InfoCode.DNSSEC_BOGUS, text: "" }];
}

/** The errors of data that could not be judged: the cause, then that it is indeterminate. */
export function indeterminateErrors(reason: Reason): readonly ExtendedError[] {
  const { infoCode, text } = REASONS[reason];
  return [
    { infoCode, text },
    { infoCode: InfoCode.DNSSEC_INDETERMINATE, text: "" },
  ];
}

/** What to tell beside insecure data; only for the reasons a client may care about. */
export function informativeErrors(reason: Reason | undefined): readonly ExtendedError[] {
  if (reason === undefined) return [];
  const { infoCode, text } = REASONS[reason];
  return [{ infoCode, text }];
}

/**
 * The errors of an upstream's failure. 23 Network Error, "an unrecoverable error occurred while communicating
 * with another server" (RFC 8914 §4.24): whether that one reached an authority, nobody here knows.
 */
export function failureErrors({
  rcode,
  errors,
}: Pick<Response, "rcode" | "errors">): readonly ExtendedError[] {
  if (rcode === Rcode.SERVFAIL && errors.length > 0) return errors;
  const text = `the upstream answered ${rcodeToText(rcode)}`;
  return [{ infoCode: InfoCode.NETWORK_ERROR, text }, ...errors];
}
