/**
 * One zone of the lab: its records, its keys, its signatures and its proofs, and the look-ups an answer
 * needs. Which answer that makes is `authority.ts`.
 *
 * Source: RFC 1034 §4.2, §4.3.2; RFC 4035 §2; RFC 5155 §7.1; RFC 9077 (TTL of NSEC).
 */
import type { Name } from "../../src/ports/message.ts";
import { isAtOrBelow, parentOf, wildcardOf } from "../../src/wire/names.ts";
import {
  makeChain,
  nsec3ParamRdata,
  TYPE_NSEC3PARAM,
  type DenialChain,
  type DenialEntry,
  type DenialOptions,
  type NoDenial,
} from "./denial.ts";
import { signed, type Period, type RRset, type RrsigFields } from "./signer.ts";
import { dsOf, makeZoneKey, SEP_FLAG, ZONE_FLAG, type ZoneKey } from "./zone-key.ts";
import { lineText, named, nameText, parseLine } from "./zone-text.ts";

const TYPE_NS = 2;
const TYPE_SOA = 6;
const TYPE_DS = 43;
const TYPE_RRSIG = 46;
const TYPE_DNSKEY = 48;

export interface ZoneSecurity {
  /** Default `[13]`. */
  readonly algorithms?: readonly number[];
  /** A KSK that signs the DNSKEY RRset and a ZSK for the rest; default one key for both. */
  readonly split?: boolean;
  readonly rsaBits?: number;
  /** Default NSEC. */
  readonly denial?: DenialOptions | NoDenial;
  /** Digest types of the DS at the parent; default `[2]`. */
  readonly digests?: readonly number[];
  readonly period: Period;
  /** In place of keys made from the apex: those that sign DNSKEY, and those that sign the rest. */
  readonly keys?: { readonly ksk: readonly ZoneKey[]; readonly zsk: readonly ZoneKey[] };
  /** Keys published beside those that sign. */
  readonly extraKeys?: readonly ZoneKey[];
  /** Changes RRSIG fields while signing. */
  readonly fieldsFor?: (owner: Name, type: number) => RrsigFields | undefined;
}

export interface ZoneSpec {
  /** `example.com.` */
  readonly apex: string;
  /** `OWNER [TTL] TYPE RDATA`; SOA and NS of the apex are added where missing. */
  readonly records: readonly string[];
  /** Absent: unsigned. */
  readonly security?: ZoneSecurity;
}

type TypeMap = Map<number, RRset>;

export class Zone {
  readonly apex: Name;
  readonly keys: { readonly ksk: readonly ZoneKey[]; readonly zsk: readonly ZoneKey[] };
  readonly security: ZoneSecurity | undefined;
  /** Signed RRsets of the denial chain, at the positions of `chain.records`. */
  readonly denials: readonly RRset[] = [];
  readonly chain: DenialChain | undefined;
  readonly #nodes = new Map<Name, TypeMap>();
  /** Names of nodes and the empty ones between them and the apex. */
  readonly #names = new Set<Name>();
  readonly #cuts = new Set<Name>();

  /** `delegated` are lines for the children: NS, DS, glue. */
  constructor(spec: ZoneSpec, delegated: readonly string[] = []) {
    this.apex = named(spec.apex);
    this.security = spec.security;
    this.keys = spec.security === undefined ? { ksk: [], zsk: [] } : keysOf(spec.apex, spec.security);
    this.#load([...spec.records, ...delegated]);
    if (spec.security === undefined) return;
    this.#publish(spec.security);
    this.#signAll();
    const { denial = { kind: "nsec" } } = spec.security;
    if (denial.kind === "none") return;
    this.chain = makeChain(this.apex, this.#entries(spec.security), denial);
    const negativeTtl = this.negativeTtl;
    this.denials = this.chain.records.map(({ owner, type, rdata }) =>
      this.sign({ owner, type, ttl: negativeTtl, rdatas: [rdata] }),
    );
  }

  get soa(): RRset {
    return this.find(this.apex, TYPE_SOA) as RRset;
  }

  /** The lesser of SOA MINIMUM and SOA TTL (RFC 9077 §3). */
  get negativeTtl(): number {
    const { rdatas, ttl } = this.soa;
    return Math.min(ttl, rdatas[0]?.readUInt32BE(rdatas[0].length - 4) ?? ttl);
  }

  find(owner: Name, type: number): RRset | undefined {
    return this.#nodes.get(owner)?.get(type);
  }

  typesAt(owner: Name): readonly RRset[] {
    return [...(this.#nodes.get(owner)?.values() ?? [])];
  }

  /** Names with records, delegations included. */
  owners(): Name[] {
    return [...this.#nodes.keys()];
  }

  /** Whether the name is there, be it an empty non-terminal. */
  exists(name: Name): boolean {
    return this.#names.has(name);
  }

  /** The deepest name at or above `name` that exists. */
  closestEncloser(name: Name): Name {
    let at = name;
    while (!this.#names.has(at) && at !== this.apex) at = parentOf(at);
    return at;
  }

  /** The delegation at or above `name`, if there is one. */
  cutFor(name: Name): Name | undefined {
    for (let at = name; at !== this.apex; at = parentOf(at)) if (this.#cuts.has(at)) return at;
    return undefined;
  }

  /** The wildcard that stands for what is not there below `encloser`, be it an empty non-terminal (RFC 4592 §4.9). */
  wildcardAt(encloser: Name): Name | undefined {
    const wildcard = wildcardOf(encloser);
    return wildcard !== undefined && this.#names.has(wildcard) ? wildcard : undefined;
  }

  /** DS records for the parent, as lines. */
  dsLines(): string[] {
    const digests = this.security?.digests ?? [2];
    return this.keys.ksk.flatMap((key) =>
      digests.map((digest) =>
        lineText(this.apex, 3600, TYPE_DS, dsOf(this.apex, key, digest)).replace(" IN ", " "),
      ),
    );
  }

  sign(set: Omit<RRset, "signatures">, fields: RrsigFields = {}): RRset {
    if (this.security === undefined) return { ...set, signatures: [] };
    const keys = set.type === TYPE_DNSKEY ? this.keys.ksk : this.keys.zsk;
    const own = this.security.fieldsFor?.(set.owner, set.type) ?? {};
    return signed(set, { ...this.security.period, signer: this.apex, keys }, { ...own, ...fields });
  }

  /** Replaces an RRset as it stands, signatures included. */
  put(set: RRset): void {
    const node = this.#nodes.get(set.owner) ?? new Map<number, RRset>();
    this.#nodes.set(set.owner, node.set(set.type, set));
  }

  /** The whole zone as a master file. */
  text(): string {
    const sets = [
      this.soa,
      ...[...this.#nodes.values()].flatMap((node) => [...node.values()]),
      ...this.denials,
    ];
    const lines = sets.flatMap((set) => [
      ...set.rdatas.map((rdata) => lineText(set.owner, set.ttl, set.type, rdata)),
      ...set.signatures.map((rdata) => lineText(set.owner, set.ttl, TYPE_RRSIG, rdata)),
    ]);
    return `${[...new Set(lines)].join("\n")}\n`;
  }

  #load(lines: readonly string[]): void {
    const parsed = lines.map((line) => parseLine(line, this.apex));
    const has = (type: number): boolean =>
      parsed.some((line) => line.owner === this.apex && line.type === type);
    if (!has(TYPE_SOA))
      parsed.push(parseLine("@ 3600 SOA ns.lab.example. host.lab.example. 1 7200 3600 86400 300", this.apex));
    if (!has(TYPE_NS)) parsed.push(parseLine("@ 3600 NS ns.lab.example.", this.apex));
    for (const { owner, type, ttl, rdata } of parsed) {
      if (!isAtOrBelow(owner, this.apex))
        throw new Error(`${nameText(owner)} is not in ${nameText(this.apex)}`);
      const before = this.find(owner, type);
      this.put({
        owner,
        type,
        ttl: before?.ttl ?? ttl,
        rdatas: [...(before?.rdatas ?? []), rdata],
        signatures: [],
      });
      if (type === TYPE_NS && owner !== this.apex) this.#cuts.add(owner);
    }
    for (const owner of this.#nodes.keys()) {
      for (let at = owner; !this.#names.has(at); at = parentOf(at)) {
        this.#names.add(at);
        if (at === this.apex) break;
      }
    }
  }

  #publish(security: ZoneSecurity): void {
    const keys = [...this.keys.ksk, ...this.keys.zsk, ...(security.extraKeys ?? [])];
    const rdatas = [...new Map(keys.map((key) => [key.rdata.toString("hex"), key.rdata])).values()];
    this.put({ owner: this.apex, type: TYPE_DNSKEY, ttl: 3600, rdatas, signatures: [] });
    if (security.denial?.kind !== "nsec3") return;
    const rdata = nsec3ParamRdata(security.denial);
    this.put({ owner: this.apex, type: TYPE_NSEC3PARAM, ttl: 0, rdatas: [rdata], signatures: [] });
  }

  #signAll(): void {
    for (const node of this.#nodes.values()) {
      for (const set of node.values()) if (this.#isSigned(set)) node.set(set.type, this.sign(set));
    }
  }

  /** Delegations and glue are not (RFC 4035 §2.2). */
  #isSigned({ owner, type }: RRset): boolean {
    const cut = this.cutFor(owner);
    return cut === undefined || (cut === owner && type === TYPE_DS);
  }

  #entries(security: ZoneSecurity): DenialEntry[] {
    const { denial } = security;
    const wanted = denial?.kind === "nsec3" ? this.#nsec3Names(denial.optOut === true) : this.#nodes.keys();
    const entries: DenialEntry[] = [];
    for (const name of wanted) {
      const cut = this.cutFor(name);
      if (cut !== undefined && cut !== name) continue;
      const sets = this.typesAt(name).filter(
        (set) => cut === undefined || [TYPE_NS, TYPE_DS].includes(set.type),
      );
      const types = sets.map((set) => set.type);
      if (sets.some((set) => this.#isSigned(set))) types.push(TYPE_RRSIG);
      entries.push({ name, types });
    }
    return entries;
  }

  /** With empty non-terminals; under opt-out without insecure delegations and what is empty but for them. */
  #nsec3Names(optOut: boolean): Set<Name> {
    const names = new Set<Name>();
    for (const owner of this.#nodes.keys()) {
      const cut = this.cutFor(owner);
      if (cut !== undefined && cut !== owner) continue;
      if (optOut && cut !== undefined && this.find(owner, TYPE_DS) === undefined) continue;
      for (let at = owner; !names.has(at); at = parentOf(at)) {
        names.add(at);
        if (at === this.apex) break;
      }
    }
    return names;
  }
}

function keysOf(apex: string, security: ZoneSecurity): Zone["keys"] {
  if (security.keys !== undefined) return security.keys;
  const { algorithms = [13], split = false, rsaBits } = security;
  const make = (algorithm: number, flags: number, role: string): ZoneKey =>
    makeZoneKey({
      algorithm,
      flags,
      seed: `${apex} ${role} ${algorithm}`,
      ...(rsaBits === undefined ? {} : { rsaBits }),
    });
  const ksk = algorithms.map((algorithm) => make(algorithm, ZONE_FLAG | SEP_FLAG, "ksk"));
  return { ksk, zsk: split ? algorithms.map((algorithm) => make(algorithm, ZONE_FLAG, "zsk")) : ksk };
}
