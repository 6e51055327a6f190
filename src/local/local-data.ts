/**
 * What is answered here, without a cache or an upstream, in this order: configured records, the hosts file,
 * block lists, special names. Synchronous, and next to nothing where no rule matches.
 *
 * A name that is configured here is ours alone: data of other types at it are NODATA, not asked for upstream.
 * Names beside and below it are not touched.
 *
 * Rules are replaced as a whole (`replace`), while queries are answered; where they differ from those before,
 * `generation` changes, and whoever keeps answers of before asks again.
 */
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Class, InfoCode, Rcode, Type } from "../wire/codes.ts";
import { nameFromOctets, ROOT } from "../wire/names.ts";
import {
  type LocalAnswer,
  nodata,
  nxdomain,
  positive,
  recordOf,
  type WithheldReason,
} from "./local-answer.ts";
import { LocalNames, type LocalNode, type RecordsByType } from "./local-names.ts";
import { areSame, type LocalRules } from "./local-rules.ts";
import { hashOf, hashStep, labelStarts, markLabels } from "./name-hash.ts";
import { Cover } from "./name-set.ts";
import type { SpecialName } from "./special-names.ts";

export interface LocalDataDeps {
  /** The seed that `blocked` was made with. */
  readonly seed: number;
  /** Whether a name of one label is known to be delegated from the root. */
  readonly isTopLevelDomain: (name: Name) => boolean;
}

/** Seconds a client may keep a block: taking a name off the list helps soon. */
const BLOCK_TTL = 60;
/** Seconds for the denial of a type at a configured name. */
const NODATA_TTL = 60;
/** CNAMEs followed among configured records. */
const MOST_ALIASES = 8;

/** RFC 8914 §4.16: the operator's own list. Not 17 "Filtered": clients here have not asked for it. */
const BLOCKED = { infoCode: InfoCode.BLOCKED, text: "the name is on a block list" } as const;
/** RFC 8914 §4.5: "should be used when an answer is still provided". */
const FORGED = { infoCode: InfoCode.FORGED_ANSWER, text: "" } as const;

const REFUSAL: LocalAnswer = {
  rcode: Rcode.REFUSED,
  answer: [],
  authority: [],
  errors: [BLOCKED],
  reason: "blocked",
};
const BLOCKED_NXDOMAIN = nxdomain("blocked", ROOT, BLOCK_TTL, [BLOCKED]);
const BLOCKED_NODATA = nodata("blocked", ROOT, BLOCK_TTL, [BLOCKED]);

/** What a top-level domain that our list does not know yet is asked by validators: never withheld. */
const INFRASTRUCTURE_TYPES: ReadonlySet<number> = new Set([Type.NS, Type.SOA, Type.DS, Type.DNSKEY]);

/** Configured data of one name, and where it is from. */
interface LocalRecords {
  readonly records: RecordsByType;
  readonly reason: WithheldReason;
}

/** Where a chain of configured CNAMEs leads out of what is configured. */
export interface Alias {
  readonly chain: readonly ResourceRecord[];
  readonly target: Name;
}

export class LocalData {
  readonly #deps: LocalDataDeps;
  /** How often a name was answered here, by reason; read when metrics are scraped. */
  readonly withheld = new Map<WithheldReason, number>(); // BOUNDED: by the reasons there are.
  #rules: LocalRules;
  #names: LocalNames;
  /** Most configurations have none, and then no question needs to be looked at for one. */
  #hasAliases: boolean;
  #generation = 1;
  // What `#match` found; used again for each question, so that a question without a rule makes no garbage.
  #exact: LocalNode | undefined;
  #encloser: LocalNode | undefined;
  #special: SpecialName | undefined;
  #isForwarded = false;
  #isBlocked = false;
  #labels = 0;

  constructor(rules: LocalRules, deps: LocalDataDeps) {
    this.#rules = rules;
    this.#deps = deps;
    this.#names = new LocalNames(rules, deps.seed);
    this.#hasAliases = hasAlias(rules);
  }

  /** Changes with every change of the rules, and when answers of before hold no more. */
  get generation(): number {
    return this.#generation;
  }

  /** Puts some or all rules in the place of the old ones. */
  replace(rules: Partial<LocalRules>): void {
    const before = this.#rules;
    this.#rules = { ...before, ...rules };
    if (areSame(before, this.#rules)) return;
    this.#names = new LocalNames(this.#rules, this.#deps.seed);
    this.#hasAliases = hasAlias(this.#rules);
    this.#generation++;
  }

  /** Answers of before hold no more, nor those to questions that are under way. */
  outdate(): void {
    this.#generation++;
  }

  /** What `question` is answered here; `undefined` where it is not for us. */
  answer(question: Question): LocalAnswer | undefined {
    const answer = this.#decide(question);
    if (answer !== undefined) this.withheld.set(answer.reason, (this.withheld.get(answer.reason) ?? 0) + 1);
    return answer;
  }

  /** Whether `question` would be answered here; it is not counted. */
  isAnswered(question: Question): boolean {
    return this.#decide(question) !== undefined;
  }

  /** Whether a block list covers `name` and nothing configured answers for it. */
  isBlocked(name: Name): boolean {
    this.#match(name);
    return this.#isBlocked && this.#dataFor() === undefined;
  }

  /** What a question for a blocked name is answered, or one whose answer has a CNAME that leads to such a name. */
  blockedAnswer({ qname, qtype }: Question): LocalAnswer {
    switch (this.#rules.blockAnswer) {
      case "nxdomain":
        return BLOCKED_NXDOMAIN;
      case "refused":
        return REFUSAL;
      case "null_ip": {
        if (qtype !== Type.A && qtype !== Type.AAAA) return BLOCKED_NODATA;
        const unspecified = new Uint8Array(qtype === Type.A ? 4 : 16);
        return positive("blocked", [recordOf(qname, qtype, BLOCK_TTL, unspecified)], [BLOCKED, FORGED]);
      }
    }
  }

  /** The CNAMEs of configured records that lead from `question` to a name that has to be asked for upstream. */
  alias(question: Question): Alias | undefined {
    if (!this.#hasAliases || question.qclass !== Class.IN || asksForAlias(question.qtype)) return undefined;
    const chain = this.#chainOf(question);
    const target = chain.length === 0 ? undefined : targetOf(chain[chain.length - 1]!);
    return target === undefined ? undefined : { chain, target };
  }

  /** Looks for the name and each ancestor, the root first. */
  #match(qname: Name): void {
    const blocked = this.#rules.blocked;
    const hasBlocked = blocked.size > 0;
    this.#labels = markLabels(qname);
    this.#exact = this.#labels === 0 ? this.#names.root : undefined;
    this.#encloser = this.#labels === 0 ? undefined : this.#names.root;
    this.#special = undefined;
    this.#isForwarded = false;
    this.#isBlocked = false;

    let state = this.#deps.seed;
    let end = qname.length - 1;
    for (let label = this.#labels - 1; label >= 0; label--) {
      const start = labelStarts[label]!;
      for (let at = end - 1; at >= start; at--) state = hashStep(state, qname.charCodeAt(at));
      end = start;
      const hash = hashOf(state);
      const node = this.#names.find(hash, qname, start);
      if (node !== undefined) this.#meet(node, start);
      if (hasBlocked) {
        const cover = blocked.coverAt(hash, qname, start);
        if (cover !== 0 && (cover & (start === 0 ? Cover.SELF : Cover.BELOW)) !== 0) this.#isBlocked = true;
      }
    }
  }

  #meet(node: LocalNode, start: number): void {
    if (start === 0) this.#exact = node;
    if (node.isThere) this.#encloser = node;
    if (node.special !== undefined) this.#special = node.special;
    if (node.isForwarded) this.#isForwarded = true;
  }

  /** Configured data for the name matched last: its own, else that of the wildcard nearest above it (RFC 4592 §3.3.1). */
  #dataFor(): LocalRecords | undefined {
    const exact = this.#exact;
    if (exact?.records !== undefined) return { records: exact.records, reason: exact.reason };
    const wildcard = exact?.isThere === true ? undefined : this.#encloser?.wildcard;
    return wildcard === undefined ? undefined : { records: wildcard, reason: "records" };
  }

  #fromRecords(question: Question, data: LocalRecords): LocalAnswer | undefined {
    const { qname, qtype } = question;
    const alias = asksForAlias(qtype) ? undefined : data.records.get(Type.CNAME);
    if (alias !== undefined) return this.#fromChain(question, data.reason);

    const found = qtype === Type.ANY ? [...data.records.values()].flat() : data.records.get(qtype);
    if (found === undefined) return nodata(data.reason, qname, NODATA_TTL);
    return positive(data.reason, ownedBy(qname, found));
  }

  /** The whole chain where it ends here; else nothing, since `alias` has its beginning. */
  #fromChain(question: Question, reason: WithheldReason): LocalAnswer | undefined {
    const chain = this.#chainOf(question);
    const target = targetOf(chain[chain.length - 1]!);
    if (target === undefined) return undefined;
    this.#match(target);
    const data = this.#dataFor();
    if (data === undefined) {
      // As where an upstream's CNAME leads there: the blocked name is not to be asked for.
      if (this.#isBlocked) return this.blockedAnswer(question);
      const special = this.#fromSpecials({ ...question, qname: target });
      return special === undefined
        ? undefined
        : { ...special, answer: [...chain, ...special.answer], reason };
    }
    const found = data.records.get(question.qtype);
    if (found === undefined) return { ...nodata(reason, target, NODATA_TTL), answer: chain };
    return positive(reason, [...chain, ...ownedBy(target, found)]);
  }

  #chainOf(question: Question): readonly ResourceRecord[] {
    const chain: ResourceRecord[] = [];
    let owner: Name | undefined = question.qname;
    // Where it comes round again it ends: each CNAME stands there once.
    while (owner !== undefined && chain.length < MOST_ALIASES && !isOwner(owner, chain)) {
      this.#match(owner);
      const [cname] = this.#dataFor()?.records.get(Type.CNAME) ?? [];
      if (cname === undefined) break;
      chain.push({ ...cname, owner });
      owner = targetOf(cname);
    }
    return chain;
  }

  #decide(question: Question): LocalAnswer | undefined {
    if (question.qclass !== Class.IN) return undefined;
    this.#match(question.qname);
    const data = this.#dataFor();
    return data === undefined ? this.#fromRules(question) : this.#fromRecords(question, data);
  }

  #fromRules(question: Question): LocalAnswer | undefined {
    return this.#isBlocked ? this.blockedAnswer(question) : this.#fromSpecials(question);
  }

  #fromSpecials(question: Question): LocalAnswer | undefined {
    if (this.#isForwarded) return undefined;
    const special = this.#special;
    if (special !== undefined) {
      const answer = special.answer(question);
      // An empty non-terminal above configured data exists (RFC 4592 §2.2.2): it is not denied. What a zone has at
      // its own name stays: SOA and NS (RFC 6303 §3), and a DS that is to be forwarded (RFC 8375 §4).
      const isDenied = answer?.rcode === Rcode.NXDOMAIN && this.#exact?.isThere === true;
      return isDenied ? nodata(special.reason, special.name, NODATA_TTL) : answer;
    }
    return this.#rules.withholdsJunk ? this.#fromJunkRules(question) : undefined;
  }

  /** What search lists and programs make of names that are none, seen often at the root servers. */
  #fromJunkRules({ qname, qtype }: Question): LocalAnswer | undefined {
    if (this.#labels === 0) return undefined;
    if (isNumeric(qname, labelStarts[this.#labels - 1]!)) return ADDRESS_LITERAL;
    if (this.#labels > 1 || INFRASTRUCTURE_TYPES.has(qtype)) return undefined;
    return this.#deps.isTopLevelDomain(qname) ? undefined : SINGLE_LABEL;
  }
}

const ADDRESS_LITERAL = nxdomain("address-literal", ROOT, NODATA_TTL);
const SINGLE_LABEL = nxdomain("single-label", ROOT, NODATA_TTL);

/** Whether the label at `start` is all digits: no top-level domain is (RFC 1123 §2.1, RFC 3696 §2). */
function isNumeric(name: Name, start: number): boolean {
  const end = start + 1 + name.charCodeAt(start);
  for (let at = start + 1; at < end; at++) {
    const octet = name.charCodeAt(at);
    if (octet < 0x30 || octet > 0x39) return false;
  }
  return true;
}

/** Whether a CNAME is what was asked for: "a type CNAME or * query should return just the CNAME" (RFC 1034 §3.6.2). */
function asksForAlias(qtype: number): boolean {
  return qtype === Type.CNAME || qtype === Type.ANY;
}

function hasAlias({ records }: LocalRules): boolean {
  return records.some(({ type }) => type === Type.CNAME);
}

function isOwner(name: Name, records: readonly ResourceRecord[]): boolean {
  return records.some(({ owner }) => owner === name);
}

function targetOf(cname: ResourceRecord): Name | undefined {
  return nameFromOctets(cname.rdata);
}

/** The records with `owner`: those of a wildcard take the name that was asked for. */
function ownedBy(owner: Name, records: readonly ResourceRecord[]): readonly ResourceRecord[] {
  return records[0]?.owner === owner ? records : records.map((record) => ({ ...record, owner }));
}
