/**
 * Canonical form and order for signing, written apart from `src/dnssec/` so that signer and validator do not
 * share a mistake. BIND's and ldns's verifiers check it in the tests.
 *
 * Source: RFC 4034 §6.2, §6.3; RFC 6840 §5.1 (which types' names are folded); RFC 3597 §7.
 */

/** Where names lie in RDATA that is folded: octets before the first, and how many follow. */
const FOLDED: ReadonlyMap<number, { readonly skip: number; readonly names: number }> = new Map([
  ...[2, 3, 4, 5, 7, 8, 9, 12, 39].map((type) => [type, { skip: 0, names: 1 }] as const), // NS MD MF CNAME MB MG MR PTR DNAME
  ...[6, 14, 17].map((type) => [type, { skip: 0, names: 2 }] as const), // SOA MINFO RP
  ...[15, 18, 21, 36].map((type) => [type, { skip: 2, names: 1 }] as const), // MX AFSDB RT KX
  [26, { skip: 2, names: 2 }], // PX
  [33, { skip: 6, names: 1 }], // SRV
]);

const TYPE_NAPTR = 35;

/** RDATA as it is signed. */
export function canonicalRdata(type: number, rdata: Uint8Array): Buffer {
  const copy = Buffer.from(rdata);
  const layout = type === TYPE_NAPTR ? { skip: naptrSkip(copy), names: 1 } : FOLDED.get(type);
  if (layout === undefined) return copy;
  let at = layout.skip;
  for (let i = 0; i < layout.names; i++) at = foldName(copy, at);
  return copy;
}

/** In the order of RFC 4034 §6.3, without duplicates. */
export function canonicalOrder(rdatas: readonly Buffer[]): Buffer[] {
  const sorted = [...rdatas].sort((a, b) => Buffer.compare(a, b));
  return sorted.filter((rdata, i) => i === 0 || !rdata.equals(sorted[i - 1] as Buffer));
}

function foldName(octets: Buffer, start: number): number {
  let at = start;
  for (let length = octets[at] ?? 0; length > 0; length = octets[at] ?? 0) {
    for (let i = at + 1; i <= at + length; i++) {
      const octet = octets[i] ?? 0;
      if (octet >= 0x41 && octet <= 0x5a) octets[i] = octet | 0x20;
    }
    at += length + 1;
  }
  return at + 1;
}

/** Order, preference, then three character-strings. */
function naptrSkip(rdata: Buffer): number {
  let at = 4;
  for (let i = 0; i < 3; i++) at += 1 + (rdata[at] ?? 0);
  return at;
}
