/**
 * The names of which something is known here: configured records, the hosts file, special names, domains of
 * split DNS. Found by hash, one ancestor after the other; read-only, a reload makes another.
 *
 * Source: RFC 4592 (wildcards, empty non-terminals).
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { withOneTtl } from "../wire/rrset-ttls.ts";
import { firstLabel, parentOf, ROOT } from "../wire/names.ts";
import type { WithheldReason } from "./local-answer.ts";
import { nameHash } from "./name-hash.ts";
import type { SpecialName } from "./special-names.ts";

/** Records of one owner by type. */
export type RecordsByType = ReadonlyMap<number, readonly ResourceRecord[]>;

export interface LocalNode {
  readonly name: Name;
  /** Data of the name itself, and where it is from. */
  readonly records: RecordsByType | undefined;
  readonly reason: WithheldReason;
  /** Data of `*` below it. */
  readonly wildcard: RecordsByType | undefined;
  /** Whether it or a name below it has data (RFC 4592 §2.2.2: an empty non-terminal exists). */
  readonly isThere: boolean;
  readonly special: SpecialName | undefined;
  /** Whether a server with `domains` answers for it and all below it. */
  readonly isForwarded: boolean;
}

export interface LocalSources {
  readonly records: readonly ResourceRecord[];
  /** Heard only for names that `records` says nothing of. */
  readonly hosts: readonly ResourceRecord[];
  readonly specials: readonly SpecialName[];
  readonly forwarded: readonly Name[];
}

interface GrowingNode {
  readonly name: Name;
  records: Map<number, readonly ResourceRecord[]> | undefined;
  reason: WithheldReason;
  wildcard: RecordsByType | undefined;
  isThere: boolean;
  special: SpecialName | undefined;
  isForwarded: boolean;
}

export class LocalNames {
  /** Of the root, which is above every name, where something is known of it or its wildcard. */
  readonly root: LocalNode | undefined;
  readonly #nodes: readonly LocalNode[];
  /** Pairs: hash, index of the node + 1; 0 is an empty slot. */
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(sources: LocalSources, seed: number) {
    this.#nodes = nodesOf(sources);
    this.root = this.#nodes.find(({ name }) => name === ROOT);
    const slots = 2 ** Math.max(4, Math.ceil(Math.log2(this.#nodes.length * 4)));
    this.#slots = new Uint32Array(slots * 2);
    this.#mask = slots - 1;
    this.#nodes.forEach((node, index) => {
      this.#insert(nameHash(seed, node.name), index);
    });
  }

  get isEmpty(): boolean {
    return this.#nodes.length === 0;
  }

  /** The node of `name[start..]`, whose hash is `hash`. */
  find(hash: number, name: Name, start: number): LocalNode | undefined {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = slots[2 * slot + 1]!;
      if (index === 0) return undefined;
      if (slots[2 * slot] !== hash) continue;
      const node = this.#nodes[index - 1]!;
      if (node.name.length === name.length - start && name.endsWith(node.name)) return node;
    }
  }

  #insert(hash: number, index: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = index + 1;
  }
}

function nodesOf(sources: LocalSources): readonly LocalNode[] {
  const nodes = new Map<Name, GrowingNode>();
  for (const record of sources.records) addRecord(nodes, record, "records");
  for (const record of sources.hosts) {
    const node = nodes.get(record.owner);
    if (node?.records === undefined || node.reason === "hosts") addRecord(nodes, record, "hosts");
  }
  for (const { records } of nodes.values())
    records?.forEach((rrset, type) => records.set(type, withOneTtl(rrset)));
  for (const special of sources.specials) nodeAt(nodes, special.name).special = special;
  for (const name of sources.forwarded) nodeAt(nodes, name).isForwarded = true;
  for (const node of [...nodes.values()]) {
    if (firstLabel(node.name) === "*") nodeAt(nodes, parentOf(node.name)).wildcard = node.records;
  }
  return [...nodes.values()];
}

function addRecord(nodes: Map<Name, GrowingNode>, record: ResourceRecord, reason: WithheldReason): void {
  const node = nodeAt(nodes, record.owner);
  node.records ??= new Map();
  node.reason = reason;
  const rrset = node.records.get(record.type);
  // A CNAME is alone at its owner (RFC 1034 §3.6.2): the first line of the configuration holds.
  if (node.records.has(Type.CNAME) || (record.type === Type.CNAME && node.records.size > 0)) return;
  if (rrset === undefined) node.records.set(record.type, [record]);
  else if (!rrset.some((other) => Buffer.compare(other.rdata, record.rdata) === 0))
    node.records.set(record.type, [...rrset, record]);

  for (let name = record.owner; name !== ROOT; name = parentOf(name)) {
    const above = nodeAt(nodes, name);
    if (above.isThere) break;
    above.isThere = true;
  }
}

function nodeAt(nodes: Map<Name, GrowingNode>, name: Name): GrowingNode {
  let node = nodes.get(name);
  if (node === undefined) {
    node = {
      name,
      records: undefined,
      reason: "records",
      wildcard: undefined,
      isThere: false,
      special: undefined,
      isForwarded: false,
    };
    nodes.set(name, node);
  }
  return node;
}
