/**
 * The signed data of an RRset, in one buffer that is used again by the next call: no strings, and a copy of
 * RDATA only where a name in it has upper-case letters.
 *
 * Source: RFC 4034 §6, RFC 4035 §5.3.2, RFC 6840 §5.1.
 */
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { LOWER_CASE, ancestorOf } from "../wire/names.ts";
import { canonicalRdata } from "../wire/rdata.ts";
import { RRSIG_HEADER_OCTETS, type Signature, signedLabels } from "./rrsig.ts";

/** Octets between the owner and the RDATA of a record: type, class, TTL, RDLENGTH. */
const RECORD_HEADER_OCTETS = 10;

/** BOUNDED: by 256 records of one message: at most about 130 KiB. */
let scratch = Buffer.allocUnsafeSlow(4_096);

/**
 * RRSIG RDATA without the signature, then each record in canonical form and order. The view is valid until
 * the next call.
 */
export function signedData(rrset: Rrset, signature: Signature): Buffer {
  const { records, type } = rrset;
  const owner = signedOwner(rrset.owner, signature.labels);
  const rdatas = canonicalRdatas(rrset);
  let size = RRSIG_HEADER_OCTETS + signature.signer.length;
  for (const rdata of rdatas) size += owner.length + RECORD_HEADER_OCTETS + rdata.length;
  if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(size);

  for (let i = 0; i < RRSIG_HEADER_OCTETS; i++) scratch[i] = signature.rdata[i]!;
  let at = writeOctets(signature.signer, RRSIG_HEADER_OCTETS);
  for (const rdata of rdatas) {
    at = writeOctets(owner, at);
    at = writeU16(type, at);
    at = writeU16(records[0]!.class, at);
    at = writeU16(signature.originalTtl >>> 16, at);
    at = writeU16(signature.originalTtl & 0xffff, at);
    at = writeU16(rdata.length, at);
    scratch.set(rdata, at);
    at += rdata.length;
  }
  return scratch.subarray(0, at);
}

/** Few octets: one by one they are there sooner than by a call. */
function writeOctets(name: string, at: number): number {
  for (let i = 0; i < name.length; i++) scratch[at + i] = name.charCodeAt(i);
  return at + name.length;
}

function writeU16(value: number, at: number): number {
  scratch[at] = value >>> 8;
  scratch[at + 1] = value & 0xff;
  return at + 2;
}

/** The owner as it was signed: `*` and the rightmost labels where a wildcard was expanded (RFC 4035 §5.3.2). */
export function signedOwner(owner: Name, labels: number): string {
  return labels < signedLabels(owner) ? `\x01*${ancestorOf(owner, labels)}` : owner;
}

/** RDATAs in canonical form and order, each once (RFC 4034 §6.3). */
function canonicalRdatas(rrset: Rrset): Uint8Array[] {
  const { records, type } = rrset;
  if (records.length === 1) return [canonicalForm(type, records[0]!.rdata)];
  const sorted = records.map((record) => canonicalForm(type, record.rdata)).sort(Buffer.compare);
  return sorted.filter((rdata, i) => i === 0 || Buffer.compare(rdata, sorted[i - 1]!) !== 0);
}

function canonicalForm(type: number, rdata: Uint8Array): Uint8Array {
  return type === Type.A6 ? foldedA6(rdata) : canonicalRdata(type, rdata);
}

/**
 * A6 is not among the types `wire/` knows, being historic (RFC 6563), but its name is folded (RFC 4034
 * §6.2): prefix length, an address suffix of 128 bits less the prefix, then the prefix name.
 */
function foldedA6(rdata: Uint8Array): Uint8Array {
  const suffixOctets = Math.max(0, Math.ceil((128 - (rdata[0] ?? 128)) / 8));
  return rdata.map((octet, i) => (i > suffixOctets ? LOWER_CASE[octet]! : octet));
}
