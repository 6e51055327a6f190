/**
 * Keeps of a response only the records that answer the question: an upstream that is careless, or lies, must
 * not be able to plant records under other names (RFC 5452 §6, RFC 2181 §5.4.1).
 *
 * Source: RFC 1034 §3.6.2 (CNAME), RFC 6672 §2.3 (DNAME), RFC 4035 §3.1 (proofs in AUTHORITY).
 */
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { isAtOrBelow, MAX_NAME_OCTETS, nameFromOctets } from "../wire/names.ts";

/** Most CNAME and DNAME steps followed. unbound and BIND: 11. */
export const MAX_CHAIN_LINKS = 11;

export interface Relevant {
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Records of ANSWER left out. */
  readonly dropped: number;
}

/** What of these sections belongs to the question. */
export function relevantRecords(
  question: Question,
  answer: readonly ResourceRecord[],
  authority: readonly ResourceRecord[],
): Relevant {
  if (authority.length === 0 && isPlainAnswer(question, answer)) return { answer, authority, dropped: 0 };
  const owners = chainOwners(question, answer);
  const keptAnswer = answer.filter((record) => answers(record, question, owners));
  const last = owners[owners.length - 1] ?? question.qname;
  const keptAuthority = authority.filter((record) => isProof(record, question, last));
  return {
    answer: keptAnswer.length === answer.length ? answer : keptAnswer,
    authority: keptAuthority.length === authority.length ? authority : keptAuthority,
    dropped: answer.length - keptAnswer.length,
  };
}

/** What nearly every answer is: records of QNAME and QTYPE, and signatures over them. */
function isPlainAnswer({ qname, qtype, qclass }: Question, answer: readonly ResourceRecord[]): boolean {
  for (const record of answer) {
    if (record.owner !== qname || record.class !== qclass) return false;
    if (record.type !== qtype && (record.type !== Type.RRSIG || coveredType(record) !== qtype)) return false;
  }
  return true;
}

/** QNAME and every name its CNAME and DNAME records lead to, in order. */
function chainOwners(question: Question, answer: readonly ResourceRecord[]): Name[] {
  const owners = [question.qname];
  if (question.qtype === Type.CNAME || question.qtype === Type.ANY) return owners;
  for (let links = 0; links < MAX_CHAIN_LINKS; links++) {
    const at = owners[owners.length - 1];
    const target = at === undefined ? undefined : aliasOf(at, answer);
    if (target === undefined || owners.includes(target)) break;
    owners.push(target);
  }
  return owners;
}

/** Where `name` leads. A DNAME should come with the CNAME it makes (RFC 6672 §3.1); where it does not, so does it. */
function aliasOf(name: Name, answer: readonly ResourceRecord[]): Name | undefined {
  const cname = answer.find((record) => record.type === Type.CNAME && record.owner === name);
  if (cname !== undefined) return nameFromOctets(cname.rdata);
  const dname = answer.find(({ type, owner }) => type === Type.DNAME && isBelow(name, owner));
  const suffix = dname === undefined ? undefined : nameFromOctets(dname.rdata);
  if (dname === undefined || suffix === undefined) return undefined;
  const target = name.slice(0, name.length - dname.owner.length) + suffix;
  return target.length > MAX_NAME_OCTETS ? undefined : (target as Name);
}

/** What a DNAME at `owner` redirects: never the owner itself (RFC 6672 §2.3). */
function isBelow(name: Name, owner: Name): boolean {
  return name !== owner && isAtOrBelow(name, owner);
}

function answers(record: ResourceRecord, question: Question, owners: readonly Name[]): boolean {
  if (record.class !== question.qclass) return false;
  const type =
    record.type === Type.RRSIG && question.qtype !== Type.RRSIG ? coveredType(record) : record.type;
  if (type === Type.DNAME && owners.some((owner) => isBelow(owner, record.owner))) return true;
  if (!owners.includes(record.owner)) return false;
  return type === question.qtype || type === Type.CNAME || question.qtype === Type.ANY;
}

function isProof(record: ResourceRecord, question: Question, last: Name): boolean {
  if (record.class !== question.qclass) return false;
  const type = record.type === Type.RRSIG ? coveredType(record) : record.type;
  if (type === Type.SOA) return isAtOrBelow(last, record.owner);
  // Which zone a range belongs to is the validator's to judge; nothing is answered from it unproven.
  return type === Type.NSEC || type === Type.NSEC3;
}

function coveredType(record: ResourceRecord): number {
  return ((record.rdata[0] ?? 0) << 8) | (record.rdata[1] ?? 0);
}
