/**
 * Walks RDATA by its layout: checks it, finds its names, brings it into canonical form. For uncompressed
 * RDATA; `read-message.ts` decompresses.
 *
 * Source: RFC 1035 §3.3; RFC 4034 §4.1.2 (type bit maps), §6.2 and RFC 6840 §5.1 (canonical form); RFC 9460
 * §2.2 (SvcParams).
 */
import { LOWER_CASE, MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from "./names.ts";
import { FIXED_OCTETS, layoutOf, type RdataField, type RdataLayout } from "./rdata-layouts.ts";

/** Octets of LOC, version 0 (RFC 1876 §2). */
const LOCATION_OCTETS = 16;

/** Whether uncompressed `rdata` is well formed for `type`; opaque RDATA always is. */
export function isRdataValid(type: number, rdata: Uint8Array): boolean {
  const known = layoutOf(type);
  return known === undefined || isValidFor(known, rdata, 0, rdata.length);
}

/** `isRdataValid` for `octets[start..end)`. */
export function isValidFor(known: RdataLayout, octets: Uint8Array, start: number, end: number): boolean {
  if (known.octets > 0) return end - start === known.octets;
  let at = start;
  for (const piece of known.pieces) {
    at = pieceEnd(piece, octets, at, end);
    if (at < 0) return false;
  }
  return at === end;
}

/** Where the names of valid, uncompressed `rdata` start. */
export function namesIn(type: number, rdata: Uint8Array): number[] {
  const known = layoutOf(type);
  const starts: number[] = [];
  if (known === undefined || !known.hasNames) return starts;
  let at = 0;
  for (const piece of known.pieces) {
    if (piece === "name") starts.push(at);
    at = pieceEnd(piece, rdata, at, rdata.length);
    if (at < 0) return [];
  }
  return starts;
}

/**
 * RDATA in canonical form: names in lower case for the types of RFC 4034 §6.2 as amended by RFC 6840
 * §5.1. The same array where nothing changes.
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const known = layoutOf(type);
  if (known === undefined || !known.foldsNames) return rdata;
  let folded: Uint8Array | undefined;
  for (const start of namesIn(type, rdata)) {
    const end = nameEnd(rdata, start, rdata.length);
    for (let i = start; i < end; i++) {
      const octet = rdata[i]!;
      if (LOWER_CASE[octet] === octet) continue;
      folded ??= Buffer.from(rdata);
      folded[i] = LOWER_CASE[octet]!;
    }
  }
  return folded ?? rdata;
}

/** Where a field or so many octets at `at` end; -1 where they are malformed or would end after `end`. */
export function pieceEnd(piece: RdataField | number, octets: Uint8Array, at: number, end: number): number {
  if (typeof piece === "number") return at + piece <= end ? at + piece : -1;
  switch (piece) {
    case "name":
      return nameEnd(octets, at, end);
    case "string":
    case "salt":
      return stringEnd(octets, at, end);
    case "tag":
    case "hash":
      return at < end && octets[at] === 0 ? -1 : stringEnd(octets, at, end);
    case "strings":
      return stringsEnd(octets, at, end);
    case "text":
      return end;
    case "hex":
    case "base64":
    case "rest":
      return at < end ? end : -1;
    case "bitmap":
      return bitmapEnd(octets, at, end);
    case "params":
      return paramsEnd(octets, at, end);
    case "location":
      return locationEnd(octets, at, end);
    default:
      return pieceEnd(FIXED_OCTETS[piece]!, octets, at, end);
  }
}

function nameEnd(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = octets[at]!;
    if (length > MAX_LABEL_OCTETS) return -1;
    at += 1 + length;
    if (length === 0) return at - start <= MAX_NAME_OCTETS ? at : -1;
  }
  return -1;
}

function stringEnd(octets: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const next = at + 1 + octets[at]!;
  return next <= end ? next : -1;
}

function stringsEnd(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  do {
    at = stringEnd(octets, at, end);
  } while (at >= 0 && at < end);
  return at;
}

/** Windows in rising order, 1 to 32 octets each, without octets of 0 at the end (RFC 4034 §4.1.2). */
function bitmapEnd(octets: Uint8Array, start: number, end: number): number {
  let previous = -1;
  let at = start;
  while (at < end) {
    const window = octets[at]!;
    const length = at + 1 < end ? octets[at + 1]! : 0;
    at += 2 + length;
    if (window <= previous || length < 1 || length > 32 || at > end || octets[at - 1] === 0) return -1;
    previous = window;
  }
  return at;
}

/** Keys in rising order, each value inside the RDATA (RFC 9460 §2.2). What a value means is the client's affair. */
function paramsEnd(octets: Uint8Array, start: number, end: number): number {
  let previous = -1;
  let at = start;
  while (at < end) {
    if (at + 4 > end) return -1;
    const key = (octets[at]! << 8) | octets[at + 1]!;
    at += 4 + ((octets[at + 2]! << 8) | octets[at + 3]!);
    if (key <= previous || at > end) return -1;
    previous = key;
  }
  return at;
}

/** Version 0 has 16 octets; what others have is not known (RFC 1876 §2). */
function locationEnd(octets: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  return octets[at] !== 0 || end - at === LOCATION_OCTETS ? end : -1;
}
