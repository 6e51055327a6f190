/**
 * The verdict on what nearly every answer is: one RRset, which is what was asked for, each record once, with one
 * signature by a zone whose keys are known, or with none below an insecure cut that is known. One pass, nothing to wait for, and
 * the list of records that came is given on as it is. Everything else is `judge.ts`'s.
 */
import type { Budget, Proven, Response } from "../ports/exchange.ts";
import type { Question, ResourceRecord, Rrset } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import { withoutDuplicates } from "../wire/duplicates.ts";
import { type Finding, isOfMessage, reasonOf, verdictOf } from "./finding.ts";
import type { JudgeTools, Judgement } from "./judgement.ts";
import { plausibleSignatures, typeCovered } from "./rrsets.ts";
import { signedLabels } from "./rrsig.ts";
import { findingAtOnce, findingOfUnsignedAtOnce } from "./signers.ts";
import { trimmed } from "./trim.ts";

const NOTHING_PROVEN: readonly Proven[] = [];

/** `undefined` where the response is anything else. */
export function judgePlainAnswer(
  question: Question,
  response: Response,
  tools: JudgeTools,
  budget: Budget,
): Judgement | undefined {
  const { rcode, answer, authority } = response;
  if (rcode !== Rcode.NOERROR || authority.length > 0) return undefined;
  const signatures = signaturesAtEnd(question, answer);
  if (signatures === undefined || withoutDuplicates(answer) !== answer) return undefined;
  switch (signatures) {
    case 0:
      return judgeUnsigned(question, response, tools);
    case 1:
      return judgeSigned(response, tools, budget);
  }
}

function judgeSigned(response: Response, tools: JudgeTools, budget: Budget): Judgement | undefined {
  const { answer } = response;
  const rrset = rrsetOf(answer);
  const signatures = plausibleSignatures(rrset);
  // One that a wildcard was expanded to needs a proof.
  if (signatures.length !== 1 || signatures[0]!.labels < signedLabels(rrset.owner)) return undefined;
  const finding = findingAtOnce(rrset, signatures, tools.zones, tools.context(budget));
  if (finding === undefined) return undefined;
  if (finding.kind !== "signed") return judgementOf(finding, response, answer, Number.POSITIVE_INFINITY);
  const { signedBy } = finding;
  return judgementOf(finding, response, trimmed(answer, rrset, signedBy), signedBy.lifetime);
}

function judgeUnsigned(
  { qname, qtype }: Question,
  response: Response,
  tools: JudgeTools,
): Judgement | undefined {
  const finding = findingOfUnsignedAtOnce(qname, qtype, tools);
  if (finding === undefined) return undefined;
  return judgementOf(finding, response, response.answer, Number.POSITIVE_INFINITY);
}

function judgementOf(
  finding: Finding,
  { rcode, authority }: Response,
  answer: readonly ResourceRecord[],
  lifetime: number,
): Judgement {
  return {
    verdict: verdictOf(finding),
    reason: reasonOf(finding),
    rcode,
    answer,
    authority,
    proven: NOTHING_PROVEN,
    lifetime,
    isOfMessage: finding.kind === "fault" && isOfMessage(finding.status),
    findings: [finding],
  };
}

/** Signatures at the end of `answer`, 0 or 1, where all before them is records of QNAME and QTYPE; else `undefined`. */
function signaturesAtEnd(
  { qname, qtype, qclass }: Question,
  answer: readonly ResourceRecord[],
): 0 | 1 | undefined {
  const last = answer.length - 1;
  // What signatures are the data of, nothing covers: they are not judged like other data.
  if (last < 0 || qtype === Type.RRSIG) return undefined;
  for (let i = 0; i <= last; i++) {
    const record = answer[i]!;
    if (record.owner !== qname || record.class !== qclass) return undefined;
    if (i < last && record.type !== qtype) return undefined;
  }
  const { type, rdata } = answer[last]!;
  if (type === qtype) return 0;
  return last > 0 && type === Type.RRSIG && typeCovered(rdata) === qtype ? 1 : undefined;
}

function rrsetOf(answer: readonly ResourceRecord[]): Rrset {
  const first = answer[0]!;
  const last = answer.length - 1;
  const records = last === 1 ? [first] : answer.slice(0, last);
  return { owner: first.owner, type: first.type, records, signatures: [answer[last]!] };
}
