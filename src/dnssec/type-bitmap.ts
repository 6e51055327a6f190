/**
 * The Type Bit Maps field of NSEC and NSEC3 records.
 *
 * Source: RFC 4034 §4.1.2, RFC 5155 §3.2.1.
 */
import { Type } from "../wire/codes.ts";
import { bitmapTypes } from "../wire/type-bitmap.ts";

/** Whether `type` is listed in the bit maps that start at `start` of `rdata`. */
export function listsType(rdata: Uint8Array, start: number, type: number): boolean {
  const window = type >> 8;
  const octet = (type & 0xff) >> 3;
  for (let at = start; at + 2 <= rdata.length; at += 2 + rdata[at + 1]!) {
    if (rdata[at] !== window) continue;
    return octet < rdata[at + 1]! && ((rdata[at + 2 + octet] ?? 0) & (0x80 >> (type & 7))) !== 0;
  }
  return false;
}

/**
 * Every listed type but RRSIG, NSEC and NSEC3, in rising order. RFC 4035 §5.4: "a validator MUST ignore the
 * settings of the NSEC and RRSIG bits in an NSEC RR."
 */
export function typesListed(rdata: Uint8Array, start: number): number[] {
  return bitmapTypes(rdata, start, rdata.length).filter(
    (type) => type !== Type.RRSIG && type !== Type.NSEC && type !== Type.NSEC3 && type !== 0,
  );
}
