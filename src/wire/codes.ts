/**
 * Numbers of the IANA registries that code here names, and their texts. Only what is used or shown is
 * listed; anything else is written TYPE123 and CLASS123 (RFC 3597 §5).
 *
 * Source: IANA "Domain Name System (DNS) Parameters"; RFC 1035 §3.2, RFC 6895, RFC 8914.
 */

/** Resource record types and QTYPEs. */
export const Type = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  "NSAP-PTR": 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  A6: 38,
  DNAME: 39,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  AMTRELAY: 260,
  RESINFO: 261,
  DLV: 32769,
} as const;

/** Classes and QCLASSes (RFC 6895 §3.2). */
/** The highest type below "Q and Meta-TYPEs", which reach up to ANY (RFC 6895 §3.1); above that more data types follow. */
const LAST_OF_DATA = 127;

/** Whether there can be data of such a type; ANY asks for all there is. */
export function isOfData(qtype: number): boolean {
  return qtype <= LAST_OF_DATA ? qtype !== Type.OPT : qtype >= Type.ANY;
}

export const Class = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

/** Response codes, the extended ones too (RFC 6895 §2.3). */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const;

/** Kinds of query (RFC 6895 §2.2). */
export const Opcode = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;

/** Bits of the header's second 16-bit word (RFC 1035 §4.1.1, RFC 4035 §3). */
export const Flag = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** EDNS options. */
export const OptionCode = {
  NSID: 3,
  /** Client subnet (RFC 7871). */
  ECS: 8,
  EXPIRE: 9,
  COOKIE: 10,
  /** edns-tcp-keepalive (RFC 7828). */
  KEEPALIVE: 11,
  /** RFC 7830. */
  PADDING: 12,
  CHAIN: 13,
  /** Extended DNS error (RFC 8914). */
  EDE: 15,
} as const;

/** INFO-CODEs of extended DNS errors (RFC 8914 §4; 25 to 29 from the IANA registry). */
export const InfoCode = {
  OTHER: 0,
  UNSUPPORTED_DNSKEY_ALGORITHM: 1,
  UNSUPPORTED_DS_DIGEST_TYPE: 2,
  STALE_ANSWER: 3,
  FORGED_ANSWER: 4,
  DNSSEC_INDETERMINATE: 5,
  DNSSEC_BOGUS: 6,
  SIGNATURE_EXPIRED: 7,
  SIGNATURE_NOT_YET_VALID: 8,
  DNSKEY_MISSING: 9,
  RRSIGS_MISSING: 10,
  NO_ZONE_KEY_BIT_SET: 11,
  NSEC_MISSING: 12,
  CACHED_ERROR: 13,
  NOT_READY: 14,
  BLOCKED: 15,
  CENSORED: 16,
  FILTERED: 17,
  PROHIBITED: 18,
  STALE_NXDOMAIN_ANSWER: 19,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  NO_REACHABLE_AUTHORITY: 22,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
  SIGNATURE_EXPIRED_BEFORE_VALID: 25,
  TOO_EARLY: 26,
  UNSUPPORTED_NSEC3_ITERATIONS: 27,
  UNABLE_TO_CONFORM_TO_POLICY: 28,
  SYNTHESIZED: 29,
} as const;

/** DNSSEC algorithms by their mnemonics (RFC 8624 §3.1; RFC 4034 appendix A.1 for the oldest). */
export const Algorithm = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  "DSA-NSEC3-SHA1": 6,
  NSEC3RSASHA1: 7,
  "RSASHA1-NSEC3-SHA1": 7,
  RSASHA256: 8,
  RSASHA512: 10,
  "ECC-GOST": 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
} as const;

/** Types of CERT records (RFC 4398 §2.1). */
export const CertificateType = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
} as const;

const TYPE_TEXTS: ReadonlyMap<number, string> = textsOf(Type);
const CLASS_TEXTS: ReadonlyMap<number, string> = textsOf(Class);
const RCODE_TEXTS: ReadonlyMap<number, string> = textsOf(Rcode);
const INFO_CODE_TEXTS: ReadonlyMap<number, string> = wordsOf(InfoCode);
const TYPES: ReadonlyMap<string, number> = new Map(Object.entries(Type));
const CLASSES: ReadonlyMap<string, number> = new Map(Object.entries(Class));

/** `A`, or `TYPE65280` where the type has no mnemonic here. */
export function typeToText(type: number): string {
  return TYPE_TEXTS.get(type) ?? `TYPE${type}`;
}

/** The type of a mnemonic or of TYPE123, in any letter case. */
export function typeFromText(text: string): number | undefined {
  const mnemonic = text.toUpperCase();
  return TYPES.get(mnemonic) ?? numbered(mnemonic, "TYPE");
}

export function classToText(code: number): string {
  return CLASS_TEXTS.get(code) ?? `CLASS${code}`;
}

export function classFromText(text: string): number | undefined {
  const mnemonic = text.toUpperCase();
  return CLASSES.get(mnemonic) ?? numbered(mnemonic, "CLASS");
}

/** `NXDOMAIN`, or `RCODE12` where the code has no name here. */
export function rcodeToText(rcode: number): string {
  return RCODE_TEXTS.get(rcode) ?? `RCODE${rcode}`;
}

/** `signature expired`, or `code 99` where the code has no name here. */
export function infoCodeToText(code: number): string {
  return INFO_CODE_TEXTS.get(code) ?? `code ${code}`;
}

/** In words, for people: abbreviations keep their capitals. */
function wordsOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(codes).map(([text, code]) => {
      const words = text.toLowerCase().replaceAll("_", " ");
      const named = words.replace(/\b(dnssec|dnskey|ds|nsec3?|nxdomain)\b/g, (word) => word.toUpperCase());
      return [code, named.replace("rrsigs", "RRSIGs")];
    }),
  );
}

function textsOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(codes).map(([text, code]) => [code, text]));
}

function numbered(text: string, prefix: string): number | undefined {
  const digits = text.startsWith(prefix) ? text.slice(prefix.length) : "";
  const code = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN;
  return code <= 0xffff ? code : undefined;
}
