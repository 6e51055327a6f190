/**
 * Answers as a recursive resolver asked with CD=1 would, from a whole tree of zones: follows CNAME and DNAME
 * across zones, expands wildcards, proves what is not there. It judges nothing.
 *
 * Responses are rendered once a question and patched after that, so that a bench measures its subject.
 *
 * Source: RFC 1034 §4.3.2; RFC 4035 §3.1, §3.2; RFC 6672 §3.2; RFC 8482 §4.1.
 */
import type { EdnsOption, Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import { nameFromOctets, parentOf, ROOT } from "../../src/wire/names.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import { afterName } from "./raw-message.ts";
import type { RRset } from "./signer.ts";
import type { Tree } from "./tree.ts";
import type { Zone } from "./zone.ts";
import { expansionProof, nodataProof, nxdomainProof, wildcardNodataProof } from "./zone-proofs.ts";

const TYPE_CNAME = 5;
const TYPE_DNAME = 39;
const TYPE_DS = 43;
const TYPE_RRSIG = 46;
const TYPE_NSEC = 47;
const TYPE_NSEC3 = 50;
const TYPE_ANY = 255;

const OPTION_PADDING = 12;

const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const YXDOMAIN = 6;

const FLAG_QR_RA = 0x8080;
const FLAG_AD = 0x0020;
const FLAGS_ECHOED = 0x0110; // RD, CD

/** CNAME and DNAME links followed; past them the chain stays incomplete. */
const MAX_LINKS = 64;
/** Rendered responses kept; all are dropped when there are more. */
const MAX_RENDERED = 300_000;

/** A response before it is rendered: whole RRsets with their signatures. */
export interface Outcome {
  readonly rcode: number;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
}

/** Changes the outcome of questions at or below a name. */
export type Rewrite = (question: Question, outcome: Outcome) => Outcome;

export interface AuthorityOptions {
  /** By the name at or below which they act; the deepest one alone does. */
  readonly rewrites?: ReadonlyMap<Name, Rewrite>;
  /** Treats every query as DO=0: an upstream that knows no DNSSEC. */
  readonly ignoresDo?: boolean;
  /** Sets AD in every response, whatever it holds. */
  readonly liesAd?: boolean;
  /** Pads responses with EDNS to a multiple of so many octets; RFC 8467 §4.1 has 468. */
  readonly padTo?: number;
}

export class LabAuthority {
  readonly #tree: Tree;
  readonly #options: AuthorityOptions;
  // BOUNDED: by MAX_RENDERED.
  readonly #rendered = new Map<string, Buffer>();

  constructor(tree: Tree, options: AuthorityOptions = {}) {
    this.#tree = tree;
    this.#options = options;
  }

  /** The response to a query; `undefined` for what is no query of one question. */
  respond = (query: Buffer): Buffer | undefined => {
    if (query.length < 17 || query.readUInt16BE(4) !== 1) return undefined;
    const end = afterName(query, 12) + 4;
    if (end > query.length) return undefined;
    const hasEdns = query.readUInt16BE(10) > 0 && query[end] === 0 && query[end + 2] === 41;
    const dnssecOk = hasEdns && ((query[end + 7] ?? 0) & 0x80) !== 0 && this.#options.ignoresDo !== true;
    const key = query.latin1Slice(12, end) + (dnssecOk ? "d" : hasEdns ? "e" : "-");
    let template = this.#rendered.get(key);
    if (template === undefined) {
      template = this.#render(query, end, hasEdns, dnssecOk);
      if (template === undefined) return undefined;
      if (this.#rendered.size >= MAX_RENDERED) this.#rendered.clear();
      this.#rendered.set(key, template);
    }
    const response = Buffer.allocUnsafe(template.length);
    template.copy(response);
    query.copy(response, 12, 12, end);
    response[0] = query[0] ?? 0;
    response[1] = query[1] ?? 0;
    response.writeUInt16BE(template.readUInt16BE(2) | (query.readUInt16BE(2) & FLAGS_ECHOED), 2);
    return response;
  };

  /** What the tree has on a question, rewrites included. */
  outcomeOf(question: Question): Outcome {
    const outcome = resolve(this.#tree, question);
    const { rewrites } = this.#options;
    if (rewrites === undefined) return outcome;
    for (let at = question.qname; ; at = parentOf(at)) {
      const rewrite = rewrites.get(at);
      if (rewrite !== undefined) return rewrite(question, outcome);
      if (at === ROOT) return outcome;
    }
  }

  #render(query: Buffer, end: number, hasEdns: boolean, dnssecOk: boolean): Buffer | undefined {
    const qname = nameFromOctets(query, 12);
    if (qname === undefined) return undefined;
    const question = { qname, qtype: query.readUInt16BE(end - 4), qclass: query.readUInt16BE(end - 2) };
    const outcome = this.outcomeOf(question);
    const parts = {
      id: 0,
      flags: FLAG_QR_RA | (this.#options.liesAd === true ? FLAG_AD : 0),
      rcode: outcome.rcode,
      questions: [question],
      answer: records(outcome.answer, dnssecOk, question.qtype),
      authority: records(outcome.authority, dnssecOk, -1),
    };
    if (!hasEdns) return writeMessage(parts);
    const withOptions = (options: readonly EdnsOption[]): Buffer | undefined =>
      writeMessage({ ...parts, edns: { udpSize: 1232, version: 0, dnssecOk, options } });
    const { padTo } = this.#options;
    const bare = withOptions([]);
    if (padTo === undefined || bare === undefined) return bare;
    const octets = (padTo - ((bare.length + 4) % padTo)) % padTo;
    return withOptions([{ code: OPTION_PADDING, data: Buffer.alloc(octets) }]);
  }
}

/** What a tree has on a question. */
export function resolve(tree: Tree, question: Question): Outcome {
  const outcome: { rcode: number; answer: RRset[]; authority: RRset[] } = {
    rcode: NOERROR,
    answer: [],
    authority: [],
  };
  let qname: Name | undefined = question.qname;
  for (let links = 0; qname !== undefined && links < MAX_LINKS; links++) {
    const zone = tree.zoneFor(qname, question.qtype);
    if (zone === undefined) return { rcode: SERVFAIL, answer: [], authority: [] };
    const step: Step = lookUp(zone, qname, question.qtype);
    if (step.rcode === SERVFAIL) return { rcode: SERVFAIL, answer: [], authority: [] };
    outcome.rcode = step.rcode;
    outcome.answer.push(...step.answer);
    outcome.authority.push(...step.authority);
    qname = step.next;
    if (qname !== undefined && outcome.answer.some((set) => set.owner === qname && set.type === TYPE_CNAME))
      break;
  }
  return outcome;
}

interface Step extends Outcome {
  /** The CNAME's or DNAME's target, to be asked next. */
  readonly next?: Name | undefined;
}

function lookUp(zone: Zone, qname: Name, qtype: number): Step {
  const cut = zone.cutFor(qname);
  if (cut !== undefined && !(cut === qname && qtype === TYPE_DS))
    return { rcode: SERVFAIL, answer: [], authority: [] };
  const dname = dnameAbove(zone, qname);
  if (dname !== undefined) return followDname(dname, qname, qtype);
  if (zone.exists(qname)) return fromNode(zone, qname, qtype);
  const wildcard = zone.wildcardAt(zone.closestEncloser(qname));
  if (wildcard !== undefined) return fromWildcard(zone, qname, qtype, wildcard);
  return { rcode: NXDOMAIN, answer: [], authority: [negativeSoa(zone), ...nxdomainProof(zone, qname)] };
}

function fromNode(zone: Zone, qname: Name, qtype: number): Step {
  const set = matching(zone, qname, qtype);
  if (set !== undefined) return { rcode: NOERROR, answer: [set], authority: [], next: targetOf(set, qtype) };
  return { rcode: NOERROR, answer: [], authority: [negativeSoa(zone), ...nodataProof(zone, qname)] };
}

function fromWildcard(zone: Zone, qname: Name, qtype: number, wildcard: Name): Step {
  const set = matching(zone, wildcard, qtype);
  if (set === undefined) {
    const proof = wildcardNodataProof(zone, qname, wildcard);
    return { rcode: NOERROR, answer: [], authority: [negativeSoa(zone), ...proof] };
  }
  const expanded = { ...set, owner: qname };
  return {
    rcode: NOERROR,
    answer: [expanded],
    authority: expansionProof(zone, qname),
    next: targetOf(set, qtype),
  };
}

/** The RRset that answers, a CNAME among them. ANY gets one RRset of the node (RFC 8482 §4.1). */
function matching(zone: Zone, owner: Name, qtype: number): RRset | undefined {
  if (qtype === TYPE_ANY) return zone.typesAt(owner)[0];
  if (qtype === TYPE_NSEC && zone.chain?.kind === "nsec") return zone.denials[zone.chain.match(owner)];
  if (qtype === TYPE_RRSIG) return signaturesAt(zone, owner);
  return zone.find(owner, qtype) ?? zone.find(owner, TYPE_CNAME);
}

/** RRSIGs asked for by name: those of the node's first RRset. */
function signaturesAt(zone: Zone, owner: Name): RRset | undefined {
  const set = zone.typesAt(owner).find((each) => each.signatures.length > 0);
  return set && { owner, type: TYPE_RRSIG, ttl: set.ttl, rdatas: set.signatures, signatures: [] };
}

function targetOf(set: RRset, qtype: number): Name | undefined {
  if (set.type !== TYPE_CNAME || qtype === TYPE_CNAME || qtype === TYPE_ANY) return undefined;
  return nameFromOctets(set.rdatas[0] ?? Buffer.alloc(0));
}

function dnameAbove(zone: Zone, qname: Name): RRset | undefined {
  for (let at = qname; at !== zone.apex; ) {
    at = parentOf(at);
    const set = zone.find(at, TYPE_DNAME);
    if (set !== undefined) return set;
  }
  return undefined;
}

function followDname(dname: RRset, qname: Name, qtype: number): Step {
  const suffix = nameFromOctets(dname.rdatas[0] ?? Buffer.alloc(0)) ?? ROOT;
  const target = (qname.slice(0, qname.length - dname.owner.length) + suffix) as Name;
  if (target.length > 255) return { rcode: YXDOMAIN, answer: [dname], authority: [] };
  const cname = {
    owner: qname,
    type: TYPE_CNAME,
    ttl: dname.ttl,
    rdatas: [Buffer.from(target, "latin1")],
    signatures: [],
  };
  return { rcode: NOERROR, answer: [dname, cname], authority: [], next: targetOf(cname, qtype) };
}

/** With the TTL of a negative answer (RFC 2308 §3). */
function negativeSoa(zone: Zone): RRset {
  return { ...zone.soa, ttl: zone.negativeTtl };
}

function records(sets: readonly RRset[], dnssecOk: boolean, qtype: number): ResourceRecord[] {
  const flat: ResourceRecord[] = [];
  for (const { owner, type, ttl, rdatas, signatures } of sets) {
    const isProof = type === TYPE_NSEC || type === TYPE_NSEC3;
    if (isProof && !dnssecOk && type !== qtype) continue;
    for (const rdata of rdatas) flat.push({ owner, type, class: 1, ttl, rdata });
    if (!dnssecOk) continue;
    for (const rdata of signatures) flat.push({ owner, type: TYPE_RRSIG, class: 1, ttl, rdata });
  }
  return flat;
}
