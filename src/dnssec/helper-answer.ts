/**
 * Asks the upstream for DS and DNSKEY, within the flight's budget, and keeps of the response what belongs to
 * the question, copied: a status lives longer than the message, and a view would keep a whole TLS record.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget, Exchange, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Name, Question, ResourceRecord, Rrset } from "../ports/message.ts";
import { Class, Rcode, Type } from "../wire/codes.ts";
import { isAtOrBelow, questionKey } from "../wire/names.ts";
import { groupRrsets } from "./rrsets.ts";

export interface HelperAnswer {
  readonly at: Instant;
  readonly rcode: number;
  readonly answer: readonly Rrset[];
  readonly authority: readonly Rrset[];
  readonly answerRecords: readonly ResourceRecord[];
  readonly authorityRecords: readonly ResourceRecord[];
  readonly upstream: string;
}

/** Why there is no answer: the flight's own time or work ran out, or the upstream failed. */
export type HelperFailure = "out-of-budget" | "failed";

export interface HelperDeps {
  readonly helpers: Exchange;
  readonly clock: Clock;
}

/** Asks for `qtype` (DS or DNSKEY) at `qname`. A SERVFAIL or REFUSED is no answer (RFC 4035 §4.3: indeterminate). */
export async function askHelper(
  qname: Name,
  qtype: number,
  budget: Budget,
  deps: HelperDeps,
  avoid?: string,
): Promise<HelperAnswer | HelperFailure> {
  const question: Question = { qname, qtype, qclass: Class.IN };
  const query = { question, key: questionKey(question), purpose: "helper" as const };
  try {
    const response = await deps.helpers.exchange(avoid === undefined ? query : { ...query, avoid }, budget);
    if (response.rcode !== Rcode.NOERROR && response.rcode !== Rcode.NXDOMAIN) return "failed";
    return kept(question, response, deps.clock.now());
  } catch (error) {
    if (!(error instanceof ResolutionError)) throw error;
    return error.fault === "deadline-exceeded" || error.fault === "work-exhausted"
      ? "out-of-budget"
      : "failed";
  }
}

function kept(question: Question, response: Response, at: Instant): HelperAnswer {
  const answerRecords = response.answer.filter((record) => isAnswer(record, question)).map(copied);
  const authorityRecords = response.authority.filter((record) => isProof(record, question)).map(copied);
  return {
    at,
    rcode: response.rcode,
    answerRecords,
    authorityRecords,
    answer: groupRrsets(answerRecords, Class.IN),
    authority: groupRrsets(authorityRecords, Class.IN),
    upstream: response.upstream,
  };
}

/** Records at the name, and a DNAME above it that shows it to be no zone cut. */
function isAnswer(record: ResourceRecord, question: Question): boolean {
  if (record.class !== Class.IN) return false;
  const type = coveredType(record);
  if (record.owner === question.qname) return type === question.qtype || type === Type.CNAME;
  return type === Type.DNAME && isAtOrBelow(question.qname, record.owner);
}

function isProof(record: ResourceRecord, question: Question): boolean {
  if (record.class !== Class.IN) return false;
  const type = coveredType(record);
  if (type === Type.SOA) return isAtOrBelow(question.qname, record.owner);
  return type === Type.NSEC || type === Type.NSEC3;
}

/** The type of a record, or what an RRSIG covers. */
export function coveredType(record: ResourceRecord): number {
  if (record.type !== Type.RRSIG) return record.type;
  return ((record.rdata[0] ?? 0) << 8) | (record.rdata[1] ?? 0);
}

function copied(record: ResourceRecord): ResourceRecord {
  return { ...record, rdata: Uint8Array.from(record.rdata) };
}
