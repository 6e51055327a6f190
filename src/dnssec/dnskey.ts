/**
 * DNSKEY RDATA: flags, algorithm, key tag. Knows nothing of cryptography; `public-key.ts` does.
 *
 * Source: RFC 4034 §2 and appendix B, RFC 5011 §3 (REVOKE).
 */

/** Bits of the Flags field (RFC 4034 §2.1.1, RFC 5011 §7). */
export const KeyFlag = { ZONE: 0x0100, REVOKE: 0x0080, SEP: 0x0001 } as const;

/** The only value the Protocol field may have (RFC 4034 §2.1.2). */
const PROTOCOL = 3;
/** Octets before the public key. */
export const DNSKEY_HEADER_OCTETS = 4;

export interface Dnskey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly tag: number;
  /** The whole RDATA: what a DS digests and what two equal keys share. */
  readonly rdata: Uint8Array;
}

/** `undefined` where the RDATA is too short to hold a key. */
export function readDnskey(rdata: Uint8Array): Dnskey | undefined {
  if (rdata.length <= DNSKEY_HEADER_OCTETS) return undefined;
  return {
    flags: (rdata[0]! << 8) | rdata[1]!,
    protocol: rdata[2]!,
    algorithm: rdata[3]!,
    tag: keyTag(rdata),
    rdata,
  };
}

/** Algorithm 1 has a key tag of its own (RFC 4034 appendix B.1, RFC 6840 §5.5). */
const RSAMD5 = 1;

/** The key tag of DNSKEY RDATA (RFC 4034 appendix B). A hint to find a key by, never proof of anything. */
export function keyTag(rdata: Uint8Array): number {
  const octets = rdata.length;
  if (rdata[3] === RSAMD5) return octets < 7 ? 0 : (rdata[octets - 3]! << 8) | rdata[octets - 2]!;
  let sum = 0;
  for (let i = 0; i < octets; i++) sum += (i & 1) === 0 ? rdata[i]! << 8 : rdata[i]!;
  sum += (sum >>> 16) & 0xffff;
  return sum & 0xffff;
}

/** Whether the key may sign data of its zone (RFC 4034 §2.1.1, §2.1.2; RFC 5011 §2.1). */
export function isZoneKey(key: Dnskey): boolean {
  return (key.flags & KeyFlag.ZONE) !== 0 && (key.flags & KeyFlag.REVOKE) === 0 && key.protocol === PROTOCOL;
}

export function isRevoked(key: Dnskey): boolean {
  return (key.flags & KeyFlag.REVOKE) !== 0;
}

/** The key as it was before its REVOKE bit was set: what DS records and earlier signatures name. */
export function unrevoked(key: Dnskey): Dnskey {
  if (!isRevoked(key)) return key;
  const rdata = Buffer.from(key.rdata);
  rdata.writeUInt16BE(key.flags & ~KeyFlag.REVOKE & 0xffff, 0);
  return { ...key, flags: key.flags & ~KeyFlag.REVOKE, tag: keyTag(rdata), rdata };
}

export function isSameKey(a: Dnskey, b: Dnskey): boolean {
  return Buffer.compare(a.rdata, b.rdata) === 0;
}
