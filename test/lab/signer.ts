/**
 * Signs RRsets, rightly or with any field of the RRSIG wrong. Written apart from `src/dnssec/`.
 *
 * Source: RFC 4034 §3.1 (RRSIG RDATA, signed data), §6 (canonical form).
 */
import type { Name } from "../../src/ports/message.ts";
import { labelCount } from "../../src/wire/names.ts";
import { canonicalOrder, canonicalRdata } from "./canonical.ts";
import { signOctets, type ZoneKey } from "./zone-key.ts";

export interface RRset {
  readonly owner: Name;
  readonly type: number;
  readonly ttl: number;
  readonly rdatas: readonly Buffer[];
  /** RRSIG RDATA; empty where unsigned. */
  readonly signatures: readonly Buffer[];
}

/** Seconds since 1970. */
export interface Period {
  readonly inception: number;
  readonly expiration: number;
}

/** RRSIG fields that differ from what is right. They are signed as they are written. */
export interface RrsigFields extends Partial<Period> {
  readonly typeCovered?: number;
  readonly algorithm?: number;
  readonly labels?: number;
  readonly originalTtl?: number;
  readonly tag?: number;
  readonly signer?: Name;
}

export interface Signing extends Period {
  readonly signer: Name;
  readonly keys: readonly ZoneKey[];
}

type Unsigned = Omit<RRset, "signatures">;

const CLASS_IN = 1;

/** The RRset with one RRSIG a key. */
export function signed(set: Unsigned, signing: Signing, fields: RrsigFields = {}): RRset {
  return { ...set, signatures: signing.keys.map((key) => rrsigRdata(set, key, signing, fields)) };
}

/** RDATA of one RRSIG over the RRset. */
export function rrsigRdata(
  set: Unsigned,
  key: ZoneKey,
  signing: Omit<Signing, "keys">,
  fields: RrsigFields = {},
): Buffer {
  const head = rrsigHead(set, key, signing, fields);
  return Buffer.concat([head, signOctets(key, signedData(set, head))]);
}

/** What a signature is made over, `head` being the RRSIG RDATA without its signature (RFC 4034 §3.1.8.1). */
export function signedData(set: Unsigned, head: Buffer): Buffer {
  const parts: Buffer[] = [head];
  const owner = Buffer.from(signedOwner(set.owner, head[3] ?? 0), "latin1");
  const rdatas = canonicalOrder(set.rdatas.map((rdata) => canonicalRdata(set.type, rdata)));
  for (const rdata of rdatas) {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(set.type, 0);
    fixed.writeUInt16BE(CLASS_IN, 2);
    head.copy(fixed, 4, 4, 8); // Original TTL
    fixed.writeUInt16BE(rdata.length, 8);
    parts.push(owner, fixed, rdata);
  }
  return Buffer.concat(parts);
}

/** A signature with one bit of its last octet turned. */
export function corrupted(rrsig: Buffer): Buffer {
  const copy = Buffer.from(rrsig);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}

/** Labels as RFC 4034 §3.1.3 counts them: without root and without a leading `*`. */
export function rrsigLabels(owner: Name): number {
  return labelCount(owner) - (owner.startsWith("\x01*") ? 1 : 0);
}

function rrsigHead(set: Unsigned, key: ZoneKey, signing: Omit<Signing, "keys">, fields: RrsigFields): Buffer {
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(fields.typeCovered ?? set.type, 0);
  fixed[2] = fields.algorithm ?? key.algorithm;
  fixed[3] = fields.labels ?? rrsigLabels(set.owner);
  fixed.writeUInt32BE(fields.originalTtl ?? set.ttl, 4);
  fixed.writeUInt32BE((fields.expiration ?? signing.expiration) >>> 0, 8);
  fixed.writeUInt32BE((fields.inception ?? signing.inception) >>> 0, 12);
  fixed.writeUInt16BE(fields.tag ?? key.tag, 16);
  return Buffer.concat([fixed, Buffer.from(fields.signer ?? signing.signer, "latin1")]);
}

/** The owner a signature of so many labels is over: a wildcard where it has fewer than the owner. */
function signedOwner(owner: Name, labels: number): string {
  let excess = rrsigLabels(owner) - labels;
  if (excess <= 0) return owner;
  let at = owner.startsWith("\x01*") ? 2 : 0;
  for (; excess > 0; excess--) at += 1 + owner.charCodeAt(at);
  return `\x01*${owner.slice(at)}`;
}
