/**
 * Groups the records of a section into RRsets with the signatures that cover each. Says nothing about
 * whether they are good.
 *
 * Source: RFC 2181 §5 (RRsets), RFC 4035 §5.3.1 (same owner and class as the RRSIG).
 */
import type { Name, ResourceRecord, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { withoutDuplicates } from "../wire/duplicates.ts";
import { parentOf } from "../wire/names.ts";
import { MAX_SIGNATURES_PER_RRSET, MAX_SIGNATURES_READ } from "./limits.ts";
import { type Signature, canCover, readSignature } from "./rrsig.ts";

/**
 * The signatures of `rrset` that may be about it at all, at most 64: what is left of `signatures` after
 * every check that needs neither key nor clock. How many are tried is counted where that is done.
 */
export function plausibleSignatures(rrset: Rrset): readonly Signature[] {
  return rrset instanceof Grouped ? rrset.plausible() : plausibleOf(rrset);
}

function plausibleOf(rrset: Rrset): Signature[] {
  const plausible: Signature[] = [];
  for (const record of rrset.signatures) {
    const signature = readSignature(record.rdata, record.ttl);
    if (signature === undefined || !canCover(signature, rrset)) continue;
    plausible.push(signature);
    if (plausible.length === MAX_SIGNATURES_READ) break;
  }
  return plausible;
}

/** The zones that `signatures` name, each once, at most 8: what is not known of them has to be asked for. */
export function signersOf(signatures: readonly Signature[]): readonly Name[] {
  if (signatures.length === 1) return [signatures[0]!.signer];
  const signers = new Set<Name>();
  for (const { signer } of signatures) {
    signers.add(signer);
    if (signers.size === MAX_SIGNATURES_PER_RRSET) break;
  }
  return [...signers];
}

/** The one RDATA of `rrset`; `undefined` where there are several. */
export function soleRdata({ records }: Rrset): Uint8Array | undefined {
  return records.length === 1 ? records[0]!.rdata : undefined;
}

const NO_RECORDS: ResourceRecord[] = [];

/** An RRset that grows while its section is gone through, and is asked for its signatures thereafter. */
class Grouped implements Rrset {
  readonly owner: Name;
  readonly type: number;
  records = NO_RECORDS;
  signatures = NO_RECORDS;
  /** Private, so that no copy under another owner takes it along. */
  #plausible: readonly Signature[] | undefined;

  constructor(owner: Name, type: number) {
    this.owner = owner;
    this.type = type;
  }

  /** Lists of one are made as such: the first `push` to an empty one makes room for sixteen more. */
  add(record: ResourceRecord): void {
    if (record.type !== Type.RRSIG) {
      if (this.records.length === 0) this.records = [record];
      else this.records.push(record);
    } else if (this.signatures.length === 0) this.signatures = [record];
    else this.signatures.push(record);
  }

  /** Two sections put together may hold a record twice, and so may one that is careless (RFC 2181 §5). */
  suppressDuplicates(): void {
    if (this.records.length > 1) this.records = withoutDuplicates(this.records);
    if (this.signatures.length > 1) this.signatures = withoutDuplicates(this.signatures);
  }

  plausible(): readonly Signature[] {
    this.#plausible ??= plausibleOf(this);
    return this.#plausible;
  }
}

/** Above so many RRsets an index is built: below it, looking back is faster. */
const INDEX_FROM = 12;

/** RRsets of `section` in the order they first appear, each record once; RRSIGs that cover nothing in it are dropped. */
export function groupRrsets(section: readonly ResourceRecord[], qclass: number): Rrset[] {
  const sets: Grouped[] = [];
  let index: Map<string, Grouped> | undefined;
  for (const record of section) {
    if (record.class !== qclass) continue;
    const covered = record.type === Type.RRSIG ? typeCovered(record.rdata) : record.type;
    let set =
      index === undefined
        ? lookBack(sets, record.owner, covered)
        : index.get(indexKey(record.owner, covered));
    if (set === undefined) {
      set = new Grouped(record.owner, covered);
      sets.push(set);
      if (sets.length === INDEX_FROM)
        index = new Map(sets.map((each) => [indexKey(each.owner, each.type), each]));
      else index?.set(indexKey(set.owner, covered), set);
    }
    set.add(record);
  }
  for (const set of sets) set.suppressDuplicates();
  return sets.some(isEmpty) ? sets.filter((set) => !isEmpty(set)) : sets;
}

function lookBack(sets: readonly Grouped[], owner: Name, type: number): Grouped | undefined {
  for (let i = sets.length - 1; i >= 0; i--) {
    const set = sets[i]!;
    if (set.type === type && set.owner === owner) return set;
  }
  return undefined;
}

function indexKey(owner: Name, type: number): string {
  return owner + String.fromCharCode(type);
}

function isEmpty(set: Rrset): boolean {
  return set.records.length === 0;
}

/** RRSIG RDATA starts with it (RFC 4034 §3.1.1); 0, no type at all, where the RDATA is cut off. */
export function typeCovered(rdata: Uint8Array): number {
  return rdata.length < 2 ? 0 : (rdata[0]! << 8) | rdata[1]!;
}

/** What a cut has to be above of, for the RRset to be another zone's. */
export function containerOf(name: Name, type: number): Name {
  return type === Type.DS || type === Type.NSEC ? parentOf(name) : name;
}

/** Whether it is there to prove a denial. */
export function isProof(rrset: Rrset): boolean {
  return rrset.type === Type.SOA || rrset.type === Type.NSEC || rrset.type === Type.NSEC3;
}
