/**
 * Follows CNAME and DNAME through the ANSWER section, as far as it goes. Judges nothing: which links are
 * good is for the verdict to say.
 *
 * Source: RFC 1034 §3.6.2, §4.3.2; RFC 6672 §2.2, §3.1, §3.2, §5.3; RFC 2181 §10.1.
 */
import type { Name, Question, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { MAX_NAME_OCTETS, isAtOrBelow, nameFromOctets, octetsOfName } from "../wire/names.ts";
import { MAX_ALIASES, MAX_ANY_RRSETS } from "./limits.ts";

export interface AliasLink {
  /** The name that is aliased. */
  readonly name: Name;
  /** The CNAME at it, or the DNAME above it. */
  readonly rrset: Rrset;
  /** The unsigned CNAME that came with the DNAME, or else the one that it makes; absent where that is too long. */
  readonly synthesized?: Rrset;
  /** The unsigned CNAME is not what the DNAME makes of the name. */
  readonly isMismatch: boolean;
}

export interface AliasChain {
  readonly links: readonly AliasLink[];
  /** The name the links lead to: the QNAME where there are none. */
  readonly end: Name;
  /** RRsets at `end` that answer the question; empty where the response denies them. */
  readonly positive: readonly Rrset[];
  readonly flaw: AliasFlaw | undefined;
}

export type AliasFlaw =
  /** A CNAME stands beside what is positive, which cannot be (RFC 1034 §3.6.2). */
  | "beside-data"
  /** A circle, or more links than are followed. */
  | "endless"
  /** The last DNAME makes a name that is too long: the end of the chain, with RCODE YXDOMAIN (RFC 6672 §2.2). */
  | "overlong";

export function followAliases(question: Question, answer: readonly Rrset[]): AliasChain {
  const { qtype } = question;
  if (isPlain(question, answer)) return chainOf(NO_LINKS, question.qname, answer);
  const links: AliasLink[] = [];
  let end = question.qname;
  for (;;) {
    const link = linkAt(end, qtype, answer);
    if (link === undefined) {
      const flaw = isAliasBeside(end, qtype, answer) ? "beside-data" : undefined;
      return chainOf(links, end, answersAt(end, qtype, answer), flaw);
    }
    if (links.length === MAX_ALIASES) return chainOf(links, end, NO_DATA, "endless");
    links.push(link);
    const target = targetOf(link);
    if (target === undefined) return chainOf(links, end, NO_DATA, "overlong");
    if (isAnsweredByCname(qtype)) return chainOf(links, end, NO_DATA);
    if (links.some((earlier) => earlier.name === target)) return chainOf(links, target, NO_DATA, "endless");
    end = target;
  }
}

/** Whether a CNAME, be it one that a DNAME makes, is what was asked for and so not followed (RFC 1034 §3.6.2). */
export function isAnsweredByCname(qtype: number): boolean {
  return qtype === Type.CNAME || qtype === Type.ANY;
}

/** The links as far as the first that leads to a name that `isBlocked`; `undefined` where none does. */
export function linksToBlocked(
  { links }: AliasChain,
  isBlocked: (name: Name) => boolean,
): readonly AliasLink[] | undefined {
  const last = links.findIndex((link) => {
    const target = targetOf(link);
    return target !== undefined && isBlocked(target);
  });
  return last < 0 ? undefined : links.slice(0, last + 1);
}

/** Every chain is made here: one that is put together of others' properties costs V8 microseconds. */
function chainOf(
  links: readonly AliasLink[],
  end: Name,
  positive: readonly Rrset[],
  flaw?: AliasFlaw,
): AliasChain {
  return { links, end, positive, flaw };
}

const NO_DATA: readonly Rrset[] = [];
const NO_LINKS: readonly AliasLink[] = [];

/** Nearly every answer: one RRset, which is what was asked for. */
function isPlain({ qname, qtype }: Question, answer: readonly Rrset[]): boolean {
  return answer.length === 1 && answer[0]!.owner === qname && answer[0]!.type === qtype;
}

function answersAt(name: Name, qtype: number, answer: readonly Rrset[]): Rrset[] {
  if (qtype !== Type.ANY)
    return answer.filter((rrset) => rrset.owner === name && rrset.type === qtype).slice(0, 1);
  return answer.filter((rrset) => rrset.owner === name).slice(0, MAX_ANY_RRSETS);
}

/** NSEC stands beside a CNAME by right (RFC 4034 §4), and ANY asks for both. */
function isAliasBeside(name: Name, qtype: number, answer: readonly Rrset[]): boolean {
  if (qtype === Type.CNAME || qtype === Type.NSEC || qtype === Type.ANY) return false;
  return answer.some((rrset) => rrset.owner === name && rrset.type === Type.CNAME);
}

function linkAt(name: Name, qtype: number, answer: readonly Rrset[]): AliasLink | undefined {
  const cname = answer.find((rrset) => rrset.owner === name && rrset.type === Type.CNAME);
  const isUnsigned = cname === undefined || cname.signatures.length === 0;
  const dname = isUnsigned ? dnameAbove(name, answer) : undefined;
  if (dname !== undefined) return dnameLink(name, dname, cname);
  if (cname === undefined || isAnsweredByCname(qtype)) return undefined;
  const answers = answer.some((rrset) => rrset.owner === name && rrset.type === qtype);
  return answers ? undefined : { name, rrset: cname, isMismatch: false };
}

/** RFC 6672 §2.3: a DNAME redirects names below its owner, never the owner itself. */
function dnameAbove(name: Name, answer: readonly Rrset[]): Rrset | undefined {
  return answer.find(
    (rrset) => rrset.type === Type.DNAME && rrset.owner !== name && isAtOrBelow(name, rrset.owner),
  );
}

function dnameLink(name: Name, dname: Rrset, cname: Rrset | undefined): AliasLink {
  const target = substitute(name, dname);
  if (cname !== undefined) {
    const isMismatch = cname.records.length !== 1 || firstName(cname) !== target;
    return { name, rrset: dname, synthesized: cname, isMismatch };
  }
  if (target === undefined) return { name, rrset: dname, isMismatch: false };
  return { name, rrset: dname, synthesized: synthesize(name, target, dname), isMismatch: false };
}

/** The CNAME that `dname` makes of `name`, for clients that know no DNAME: with its class and TTL (RFC 6672 §3.1). */
function synthesize(owner: Name, target: Name, dname: Rrset): Rrset {
  const { class: qclass, ttl } = dname.records[0]!;
  const record = { owner, type: Type.CNAME, class: qclass, ttl, rdata: octetsOfName(target) };
  return { owner, type: Type.CNAME, records: [record], signatures: [] };
}

function targetOf(link: AliasLink): Name | undefined {
  if (link.rrset.type === Type.CNAME) return firstName(link.rrset);
  // Where the two differ and the DNAME is unsigned, the CNAME is as good: it is what other resolvers follow.
  if (link.isMismatch && link.synthesized !== undefined) return firstName(link.synthesized);
  return substitute(link.name, link.rrset);
}

function firstName(rrset: Rrset): Name | undefined {
  return nameFromOctets(rrset.records[0]?.rdata ?? new Uint8Array());
}

/** RFC 6672 §2.2: the owner's labels at the end of `name` give way to the target's; `undefined` where that is too long. */
function substitute(name: Name, dname: Rrset): Name | undefined {
  const suffix = firstName(dname);
  if (suffix === undefined) return undefined;
  const target = name.slice(0, name.length - dname.owner.length) + suffix;
  return target.length > MAX_NAME_OCTETS ? undefined : (target as Name);
}
