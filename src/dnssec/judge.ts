/**
 * The verdict on one response: every link of its alias chain, and the data or the denial at its end, each
 * judged by the zone that signed it. What is not part of that is dropped, so that nothing unproven travels
 * along with what is proven.
 *
 * Source: RFC 4035 §5, RFC 5155 §8, RFC 6672 §5.3, RFC 6840 §4; RFC 4033 §5 (the four states).
 */
import type { Budget, Proven, Response, Verdict } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord, Rrset } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import { isAtOrBelow, wildcardOf } from "../wire/names.ts";
import {
  type AliasChain,
  type AliasLink,
  followAliases,
  isAnsweredByCname,
  linksToBlocked,
} from "./aliases.ts";
import { type Finding, fault, fromAbove, isOfMessage, reasonOf, verdictOf } from "./finding.ts";
import type { JudgeTools, Judgement } from "./judgement.ts";
import { VERIFICATIONS_PER_TURN } from "./limits.ts";
import { judgePlainAnswer } from "./plain-answer.ts";
import type { Reason } from "./reasons.ts";
import { groupRrsets, isProof, plausibleSignatures } from "./rrsets.ts";
import { findingOf, findingOfUnsigned, isBelowCut, mayBeBelowCut } from "./signers.ts";
import { type Steps, awaited, taken } from "./steps.ts";
import { appendTrimmed, trimmedRrset } from "./trim.ts";
import { type SignedBy, verifyRrset } from "./verify.ts";
import { type DenialContext, type ZoneDenials, denialSigners, denialsOf } from "./zone-denials.ts";
import type { SecureZone, ZoneStatus } from "./zone-status.ts";

/** The judgement itself where nothing has to be waited for, which is nearly always. */
export function judge(
  question: Question,
  response: Response,
  tools: JudgeTools,
  budget: Budget,
): Judgement | Promise<Judgement> {
  const plain = judgePlainAnswer(question, response, tools, budget);
  if (plain !== undefined) return plain;
  const judging = new Judging(question, response, tools, budget);
  return judging.denialAtOnce() ?? taken(judging.steps());
}

const RANK: Readonly<Record<Verdict, number>> = { secure: 0, insecure: 1, indeterminate: 2, bogus: 3 };

class Judging {
  readonly #question: Question;
  readonly #response: Response;
  readonly #tools: JudgeTools;
  readonly #budget: Budget;
  readonly #context: DenialContext;
  readonly #authority: readonly Rrset[];
  /** BOUNDED: by the links and signers of one message, as all below. */
  #denials: Map<Name, ZoneDenials> | undefined;
  readonly #findings: Finding[] = [];
  /** BOUNDED: by the proofs of one message. */
  #signedProofs: Map<Rrset, SignedBy> | undefined;
  /** Verifications left when other work last had its turn. */
  #turn: number;
  #rcode: number;
  #lifetime = Number.POSITIVE_INFINITY;
  #verdict: Verdict = "secure";
  #reason: Reason | undefined;
  #isOfMessage = false;

  constructor(question: Question, response: Response, tools: JudgeTools, budget: Budget) {
    this.#question = question;
    this.#response = response;
    this.#tools = tools;
    this.#budget = budget;
    this.#context = tools.context(budget);
    this.#authority = response.authority.length === 0 ? [] : groupRrsets(response.authority, question.qclass);
    this.#rcode = response.rcode;
    this.#turn = budget.work.verifications;
  }

  /** What nearly every denial needs: one zone that signed it, whose keys are known. Without what steps cost. */
  denialAtOnce(): Judgement | undefined {
    const { qname, qtype } = this.#question;
    const { zones } = this.#tools;
    if (this.#response.answer.length > 0 || !this.#mayDeny()) return undefined;
    const signer = denialSigners(this.#authority, qname, qtype)[0];
    if (signer === undefined || !isAtOrBelow(signer, zones.topFor(qname, qtype))) return undefined;
    const status = zones.known(signer);
    if (status?.kind !== "secure" || mayBeBelowCut(qname, qtype, signer, zones)) return undefined;
    return this.#denied(qname, qtype, status) === undefined ? this.#judgement([], []) : undefined;
  }

  *steps(): Steps<Judgement> {
    const { qclass, qtype } = this.#question;
    const answer = groupRrsets(this.#response.answer, qclass);
    const chain = followAliases(this.#question, answer);
    const toBlocked = linksToBlocked(chain, (name) => this.#tools.isBlocked(name));
    const links = toBlocked ?? chain.links;
    if (links.length > 0) this.#warm(toBlocked?.map(({ rrset }) => rrset) ?? answer);
    for (const link of links) {
      yield* this.#pause();
      if (this.#isOpen()) yield* this.#link(link);
    }
    if (toBlocked !== undefined) return this.#judgement(toBlocked, []);
    if (chain.flaw === "endless") this.#fault(chain.end, qtype, "alias-loop");
    else if (chain.flaw === "overlong") this.#overlong(chain.end);
    else if (chain.positive.length > 0) {
      for (const rrset of chain.positive) {
        yield* this.#pause();
        if (this.#isOpen()) yield* this.#data(rrset);
      }
      this.#positive(chain);
    } else if (chain.links.at(-1)?.synthesized === undefined || !isAnsweredByCname(qtype)) {
      yield* this.#pause();
      if (this.#isOpen()) yield* this.#end(chain, qtype);
    } else this.#positive(chain);
    return this.#judgement(links, chain.positive);
  }

  /** Zones further along the chain are looked into at once, not one after the other. */
  #warm(answer: readonly Rrset[]): void {
    for (const rrset of answer) {
      const signer = plausibleSignatures(rrset)[0]?.signer;
      this.#tools.zones.prefetch(signer ?? this.#tools.likelyCut(rrset.owner), this.#budget);
    }
  }

  /** Lets other work have its turn, where this has had its own. */
  *#pause(): Steps<void> {
    const { verifications } = this.#budget.work;
    if (this.#turn - verifications < VERIFICATIONS_PER_TURN) return;
    this.#turn = verifications;
    yield* awaited(this.#tools.pause());
  }

  /** Once bogus or unjudged, nothing can mend it. */
  #isOpen(): boolean {
    return RANK[this.#verdict] < RANK.indeterminate;
  }

  /** Signatures cover neither the RCODE nor what else is in a message: neither may contradict what they prove. */
  #positive(chain: AliasChain): void {
    if (this.#verdict !== "secure") return;
    if (chain.flaw === "beside-data") this.#fault(chain.end, Type.CNAME, "alias-beside-data");
    else if (this.#rcode !== Rcode.NOERROR) this.#fault(chain.end, this.#question.qtype, "rcode-wrong");
  }

  *#link(link: AliasLink): Steps<void> {
    const finding = yield* this.#data(link.rrset, link.name);
    if (finding.kind !== "signed" || link.rrset.type !== Type.DNAME) return;
    if (link.isMismatch) this.#fault(link.name, Type.CNAME, "alias-wrong", finding.status);
  }

  /** Judges an RRset that is there; `name` is what it was found for, below its owner for a DNAME. */
  *#data(rrset: Rrset, name: Name = rrset.owner): Steps<Finding> {
    return this.#take(yield* findingOf(rrset, this.#tools, this.#budget, this.#context), rrset, name);
  }

  #take(finding: Finding, rrset: Rrset, name: Name): Finding {
    this.#add(finding);
    if (finding.kind !== "signed" || finding.signedBy.encloser === undefined) return finding;
    const { encloser } = finding.signedBy;
    if (rrset.type === Type.DNAME) {
      return this.#fault(name, rrset.type, "signature-misplaced", finding.status);
    }
    return this.#expansion(rrset, finding.status, encloser);
  }

  /** RFC 4035 §5.3.4, RFC 5155 §8.8: the proof must be in the same message. */
  #expansion(rrset: Rrset, status: SecureZone, encloser: Name): Finding {
    const result = this.#denialsOf(status).proveExpansion(rrset.owner, encloser);
    if (result.found) {
      return this.#add({
        kind: "denied",
        name: rrset.owner,
        qtype: rrset.type,
        status,
        denial: result.denial,
      });
    }
    const { reason } = result;
    if (reason === "nsec3-iterations") return this.#iterations(rrset.owner);
    return this.#fault(rrset.owner, rrset.type, reason, status);
  }

  /** Where nothing is. Aliases may lead to a name that is not to leave: what is said of that is not looked into. */
  *#end({ links, end }: AliasChain, qtype: number): Steps<void> {
    if (links.length > 0 && this.#tools.isAnsweredHere({ ...this.#question, qname: end })) {
      this.#add({ kind: "insecure", name: end, status: undefined, reason: undefined });
    } else {
      yield* this.#negative(end, qtype);
    }
  }

  /** Whether the RCODE is one that a denial comes with. */
  #mayDeny(): boolean {
    return this.#rcode === Rcode.NOERROR || this.#rcode === Rcode.NXDOMAIN;
  }

  *#negative(name: Name, qtype: number): Steps<void> {
    if (!this.#mayDeny()) {
      this.#add({
        kind: "fault",
        verdict: "indeterminate",
        name,
        qtype,
        reason: "upstream-failure",
        status: undefined,
      });
      return;
    }
    const { zones } = this.#tools;
    let failure: Reason | undefined;
    const top = zones.topFor(name, qtype);
    for (const signer of denialSigners(this.#authority, name, qtype)) {
      if (!isAtOrBelow(signer, top)) continue;
      const status = zones.known(signer) ?? (yield* awaited(zones.status(signer, this.#budget)));
      if (status.kind === "no-cut") continue;
      if (status.kind !== "secure") {
        this.#add(fromAbove(name, qtype, status));
        return;
      }
      if (yield* isBelowCut(name, qtype, signer, zones, this.#budget)) continue;
      const reason = this.#denied(name, qtype, status);
      if (reason === undefined) return;
      failure ??= reason;
    }
    if (failure === "nsec3-iterations-excessive" || failure === "work-limit") {
      this.#fault(name, qtype, failure);
      return;
    }
    const soa = this.#authority.find((rrset) => rrset.type === Type.SOA)?.owner;
    const reason = failure ?? "denial-missing";
    this.#add(yield* findingOfUnsigned(name, qtype, reason, soa, this.#tools, this.#budget));
  }

  /** Judges the denial by one zone; the reason where it proves nothing. */
  #denied(name: Name, qtype: number, status: SecureZone): Reason | undefined {
    const denials = this.#denialsOf(status);
    const isNxdomain = this.#rcode === Rcode.NXDOMAIN;
    let result = isNxdomain ? denials.proveNameError(name) : denials.proveNoData(name, qtype);
    if (!result.found && isNxdomain) {
      // The name exists without the type: told as what it is, never as a secure NXDOMAIN. Some servers say so
      // of empty non-terminals, with NSEC; Unbound is as lenient, and with NSEC3 nobody is.
      const noData = denials.proveNoData(name, qtype);
      const isNsec =
        noData.found && noData.denial.steps.every(({ record }) => record.rrset.type === Type.NSEC);
      if (noData.found && (isNsec || noData.denial.optOut)) {
        result = noData;
        if (isNsec) this.#rcode = Rcode.NOERROR;
      }
    }
    if (!result.found) {
      if (result.reason !== "nsec3-iterations") return result.reason;
      this.#iterations(name);
      return undefined;
    }
    this.#add({ kind: "denied", name, qtype, status, denial: result.denial });
    this.#soaOf(status);
    return undefined;
  }

  /** An SOA record of the zone must be signed too; without one the proof holds all the same. */
  #soaOf(status: SecureZone): void {
    const soa = this.#authority.find((rrset) => rrset.type === Type.SOA && rrset.owner === status.name);
    if (soa === undefined) return;
    const signedBy = verifyRrset(soa, status.name, status.keys, this.#context);
    if (typeof signedBy === "string") {
      this.#fault(status.name, Type.SOA, signedBy, status);
      return;
    }
    this.#keepProof(soa, signedBy);
  }

  #denialsOf(status: SecureZone): ZoneDenials {
    this.#denials ??= new Map();
    const known = this.#denials.get(status.name);
    if (known !== undefined) return known;
    const denials = denialsOf(this.#authority, status.name, status.keys, this.#context);
    this.#denials.set(status.name, denials);
    return denials;
  }

  /** RFC 9276 §3.2: signatures hold, but the denial asks for more hashing than allowed. */
  #iterations(name: Name): Finding {
    return this.#add({ kind: "insecure", name, status: undefined, reason: "nsec3-iterations" });
  }

  #overlong(name: Name): void {
    if (this.#rcode !== Rcode.YXDOMAIN && this.#isOpen()) {
      this.#fault(name, this.#question.qtype, "alias-wrong");
    }
  }

  #fault(name: Name, qtype: number, reason: Reason, status?: ZoneStatus): Finding {
    return this.#add(fault(name, qtype, reason, status));
  }

  #add(finding: Finding): Finding {
    this.#findings.push(finding);
    const verdict = verdictOf(finding);
    if (finding.kind === "signed") this.#lifetime = Math.min(this.#lifetime, finding.signedBy.lifetime);
    if (finding.kind === "denied") {
      const signedBy = this.#denials?.get(finding.status.name)?.signedBy;
      for (const { record } of finding.denial.steps) {
        const proof = signedBy?.get(record.rrset);
        if (proof !== undefined) this.#keepProof(record.rrset, proof);
      }
    }
    if (RANK[verdict] > RANK[this.#verdict]) {
      this.#verdict = verdict;
      this.#reason = reasonOf(finding);
      this.#isOfMessage = finding.kind === "fault" && isOfMessage(finding.status);
    }
    return finding;
  }

  #keepProof(rrset: Rrset, signedBy: SignedBy): void {
    this.#signedProofs ??= new Map();
    this.#signedProofs.set(rrset, signedBy);
    this.#lifetime = Math.min(this.#lifetime, signedBy.lifetime);
  }

  #signedByOf(rrset: Rrset): SignedBy | undefined {
    for (const finding of this.#findings) {
      if (finding.kind === "signed" && finding.rrset === rrset) return finding.signedBy;
    }
    return this.#signedProofs?.get(rrset);
  }

  /** What was expanded from a wildcard says what is there for other names. */
  #conclude(rrset: Rrset, signedBy: SignedBy | undefined, proven: Proven[]): void {
    const wildcard = signedBy?.encloser === undefined ? undefined : wildcardOf(signedBy.encloser);
    if (signedBy === undefined || wildcard === undefined) return;
    proven.push({ rrset: trimmedRrset(rrset, signedBy), zone: signedBy.signature.signer, wildcard });
  }

  #judgement(links: readonly AliasLink[], positive: readonly Rrset[]): Judgement {
    const answer: ResourceRecord[] = [];
    for (const { rrset, synthesized } of links) {
      appendTrimmed(rrset, this.#signedByOf(rrset), answer);
      if (synthesized !== undefined) appendTrimmed(synthesized, this.#signedByOf(rrset), answer);
    }
    for (const rrset of positive) appendTrimmed(rrset, this.#signedByOf(rrset), answer);
    const authority: ResourceRecord[] = [];
    const proven: Proven[] = [];
    if (this.#verdict === "secure") {
      for (const rrset of positive) this.#conclude(rrset, this.#signedByOf(rrset), proven);
      // SOA records first, as servers have them: what clients that did not set DO are given then stands ahead.
      for (const isSoa of [true, false]) {
        for (const [rrset, signedBy] of this.#signedProofs ?? []) {
          if ((rrset.type === Type.SOA) !== isSoa) continue;
          const proof = trimmedRrset(rrset, signedBy);
          proven.push({ rrset: proof, zone: signedBy.signature.signer, wildcard: undefined });
          for (const record of proof.records) authority.push(record);
          for (const record of proof.signatures) authority.push(record);
        }
      }
    } else {
      for (const rrset of this.#authority)
        if (isProof(rrset)) appendTrimmed(rrset, this.#signedByOf(rrset), authority);
    }
    return {
      verdict: this.#verdict,
      reason: this.#reason,
      rcode: this.#rcode,
      answer,
      authority,
      proven,
      lifetime: this.#lifetime,
      isOfMessage: this.#isOfMessage,
      findings: this.#findings,
    };
  }
}
