/**
 * The verdict on what nearly every signed answer is: one RRset, which is what was asked for, and one signature
 * over it by a zone whose keys are known. One pass, nothing to wait for, and the list of records that came is
 * given on as it is. Everything else is `judge.ts`'s.
 */
import type { Budget, Response } from "../ports/exchange.ts";
import type { Question, ResourceRecord, Rrset } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import { isOfMessage, reasonOf, verdictOf } from "./finding.ts";
import type { JudgeTools, Judgement } from "./judgement.ts";
import { plausibleSignatures, typeCovered } from "./rrsets.ts";
import { signedLabels } from "./rrsig.ts";
import { findingAtOnce } from "./signers.ts";
import { trimmed } from "./trim.ts";

const NO_PROOFS: readonly Rrset[] = [];

/** `undefined` where the response is anything else. */
export function judgePlainAnswer(
  question: Question,
  response: Response,
  tools: JudgeTools,
  budget: Budget,
): Judgement | undefined {
  const { rcode, answer, authority } = response;
  if (rcode !== Rcode.NOERROR || authority.length > 0 || !isPlain(question, answer)) return undefined;
  const rrset = rrsetOf(answer);
  const signatures = plausibleSignatures(rrset);
  // One that a wildcard was expanded to needs a proof.
  if (signatures.length !== 1 || signatures[0]!.labels < signedLabels(rrset.owner)) return undefined;
  const finding = findingAtOnce(rrset, signatures, tools.zones, tools.context(budget));
  if (finding === undefined) return undefined;
  const signedBy = finding.kind === "signed" ? finding.signedBy : undefined;
  return {
    verdict: verdictOf(finding),
    reason: reasonOf(finding),
    rcode,
    answer: signedBy === undefined ? answer : trimmed(answer, rrset, signedBy),
    authority,
    proofs: NO_PROOFS,
    lifetime: signedBy?.lifetime ?? Number.POSITIVE_INFINITY,
    isOfMessage: finding.kind === "fault" && isOfMessage(finding.status),
    findings: [finding],
  };
}

/** Whether `answer` is records of QNAME and QTYPE with one signature over them at its end. */
function isPlain({ qname, qtype, qclass }: Question, answer: readonly ResourceRecord[]): boolean {
  const last = answer.length - 1;
  if (last < 1) return false;
  for (let i = 0; i <= last; i++) {
    const record = answer[i]!;
    if (record.owner !== qname || record.class !== qclass) return false;
    if (i < last && record.type !== qtype) return false;
  }
  const signature = answer[last]!;
  return signature.type === Type.RRSIG && typeCovered(signature.rdata) === qtype && qtype !== Type.RRSIG;
}

function rrsetOf(answer: readonly ResourceRecord[]): Rrset {
  const first = answer[0]!;
  const last = answer.length - 1;
  const records = last === 1 ? [first] : answer.slice(0, last);
  return { owner: first.owner, type: first.type, records, signatures: [answer[last]!] };
}
