/**
 * The verdict on one response: every link of its alias chain, and the data or the denial at its end, each
 * judged by the zone that signed it. What is not part of that is dropped, so that nothing unproven travels
 * along with what is proven.
 *
 * Source: RFC 4035 §5, RFC 5155 §8, RFC 6672 §5.3, RFC 6840 §4; RFC 4033 §5 (the four states).
 */
import type { Budget, Response, Verdict } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import { isAtOrBelow, labelCount, parentOf } from "../wire/names.ts";
import { type AliasChain, type AliasLink, followAliases } from "./aliases.ts";
import { type Finding, fault, fromAbove, isOfMessage, reasonOf, verdictOf } from "./finding.ts";
import { VERIFICATIONS_PER_TURN } from "./limits.ts";
import type { Reason } from "./reasons.ts";
import { type Rrset, containerOf, groupRrsets, isProof, plausibleSignatures } from "./rrsets.ts";
import { appendTrimmed } from "./trim.ts";
import { type SignedBy, verifyRrset } from "./verify.ts";
import { type DenialContext, type ZoneDenials, denialSigners, denialsOf } from "./zone-denials.ts";
import type { ZoneMap } from "./zone-map.ts";
import type { SecureZone, ZoneStatus } from "./zone-status.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is not secure; of insecure data only where a client may care. */
  readonly reason: Reason | undefined;
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Seconds the verdict holds. */
  readonly lifetime: number;
  /** The message itself is at fault, not the chain above it: another upstream may do better. */
  readonly isOfMessage: boolean;
  readonly findings: readonly Finding[];
}

export interface JudgeTools {
  readonly zones: ZoneMap;
  /** The name whose DS is likely to decide about `name`: its registrable domain. */
  likelyCut(name: Name): Name;
  context(budget: Budget): DenialContext;
  /** Ends when other work has had its turn. */
  pause(): Promise<void>;
}

export function judge(
  question: Question,
  response: Response,
  tools: JudgeTools,
  budget: Budget,
): Promise<Judgement> {
  return new Judging(question, response, tools, budget).run();
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

  async run(): Promise<Judgement> {
    const { qclass, qtype } = this.#question;
    const answer = groupRrsets(this.#response.answer, qclass);
    const chain = followAliases(this.#question, answer);
    if (chain.links.length > 0) this.#warm(answer);
    for (const link of chain.links) {
      if (this.#hasHadItsTurn()) await this.#pause();
      if (this.#isOpen()) await this.#link(link);
    }
    if (chain.isEndless) this.#fault(chain.end, qtype, "alias-loop");
    else if (chain.isOverlong) this.#overlong(chain.end);
    else if (chain.positive.length > 0) {
      for (const rrset of chain.positive) {
        if (this.#hasHadItsTurn()) await this.#pause();
        if (!this.#isOpen()) continue;
        const finding = this.#atOnce(rrset);
        if (finding === undefined) await this.#data(rrset);
        else this.#take(finding, rrset, rrset.owner);
      }
      this.#positive(chain);
    } else if (chain.links.at(-1)?.synthesized === undefined || qtype !== Type.CNAME) {
      if (this.#hasHadItsTurn()) await this.#pause();
      if (this.#isOpen()) await this.#negative(chain.end, qtype);
    } else this.#positive(chain);
    return this.#judgement(chain.links, chain.positive);
  }

  /** Zones further along the chain are looked into at once, not one after the other. */
  #warm(answer: readonly Rrset[]): void {
    for (const rrset of answer) {
      const signer = plausibleSignatures(rrset)[0]?.signer;
      this.#tools.zones.prefetch(signer ?? this.#tools.likelyCut(rrset.owner), this.#budget);
    }
  }

  #hasHadItsTurn(): boolean {
    return this.#turn - this.#budget.work.verifications >= VERIFICATIONS_PER_TURN;
  }

  /** Lets other work have its turn. */
  #pause(): Promise<void> {
    this.#turn = this.#budget.work.verifications;
    return this.#tools.pause();
  }

  /** Once bogus or unjudged, nothing can mend it. */
  #isOpen(): boolean {
    return RANK[this.#verdict] < RANK.indeterminate;
  }

  /** Signatures cover neither the RCODE nor what else is in a message: neither may contradict what they prove. */
  #positive(chain: AliasChain): void {
    if (this.#verdict !== "secure") return;
    if (chain.isBesideData) this.#fault(chain.end, Type.CNAME, "alias-beside-data");
    else if (this.#rcode !== Rcode.NOERROR) this.#fault(chain.end, this.#question.qtype, "rcode-wrong");
  }

  async #link(link: AliasLink): Promise<void> {
    const finding = await this.#data(link.rrset, link.name);
    if (finding.kind !== "signed" || link.rrset.type !== Type.DNAME) return;
    if (link.isMismatch) this.#fault(link.name, Type.CNAME, "alias-wrong", finding.status);
  }

  /** Judges an RRset that is there; `name` is what it was found for, below its owner for a DNAME. */
  async #data(rrset: Rrset, name: Name = rrset.owner): Promise<Finding> {
    return this.#take(await this.#rrset(rrset), rrset, name);
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

  /** What nearly every RRset needs: one signature, by a zone whose keys are known. There is nothing to wait for. */
  #atOnce(rrset: Rrset): Finding | undefined {
    const { owner, type } = rrset;
    const { zones } = this.#tools;
    const signatures = plausibleSignatures(rrset);
    const signer = signatures.length === 1 ? signatures[0]?.signer : undefined;
    if (signer === undefined || !isAtOrBelow(signer, zones.topFor(owner, type))) return undefined;
    const status = zones.known(signer);
    if (status?.kind !== "secure" || this.#mayBeBelowCut(owner, type, signer)) return undefined;
    const signedBy = verifyRrset(rrset, signer, status.keys, this.#context, signatures);
    if (typeof signedBy === "string") return fault(owner, type, signedBy, status);
    return { kind: "signed", rrset, status, signedBy };
  }

  async #rrset(rrset: Rrset): Promise<Finding> {
    const signatures = plausibleSignatures(rrset);
    let failure: Reason | undefined;
    let zone: SecureZone | undefined;
    let previous: Name | undefined;
    const top = this.#tools.zones.topFor(rrset.owner, rrset.type);
    for (const { signer } of signatures) {
      if (signer === previous || !isAtOrBelow(signer, top)) continue;
      previous = signer;
      const status =
        this.#tools.zones.known(signer) ?? (await this.#tools.zones.status(signer, this.#budget));
      if (status.kind === "no-cut") continue;
      if (status.kind !== "secure") return fromAbove(rrset.owner, rrset.type, status);
      if (await this.#isBelowCut(rrset.owner, rrset.type, signer)) continue;
      const signedBy = verifyRrset(rrset, signer, status.keys, this.#context, signatures);
      if (typeof signedBy !== "string") return { kind: "signed", rrset, status, signedBy };
      failure = signedBy;
      zone = status;
    }
    if (failure !== undefined) return fault(rrset.owner, rrset.type, failure, zone);
    const missing = rrset.signatures.length > 0 ? "signature-misplaced" : "signature-missing";
    return this.#unsigned(rrset.owner, rrset.type, missing, undefined);
  }

  /**
   * Whether `signer` has delegated `name` away: RFC 4035 §5.3.1, the signer's name "MUST be the name of the
   * zone that contains the RRset". At the cut itself DS and NSEC are the parent's.
   */
  async #isBelowCut(name: Name, type: number, signer: Name): Promise<boolean> {
    if (name === signer) return false;
    return this.#tools.zones.hasCutBelow(signer, containerOf(name, type), this.#budget);
  }

  #mayBeBelowCut(name: Name, type: number, signer: Name): boolean {
    return name !== signer && this.#tools.zones.mayHaveCutBelow(signer, containerOf(name, type));
  }

  /** Without a good signature or proof, data is right only at or below an insecure cut (RFC 4035 §5.2). */
  async #unsigned(name: Name, qtype: number, reason: Reason, hint: Name | undefined): Promise<Finding> {
    const at = qtype === Type.DS ? parentOf(name) : name;
    const likely = hint !== undefined && isAtOrBelow(at, hint) ? hint : this.#tools.likelyCut(at);
    const start = labelCount(likely) > labelCount(at) ? at : likely;
    const status = await this.#tools.zones.securityOf(at, this.#budget, start);
    if (status.kind === "no-cut" && !status.exists && reason.startsWith("signature")) {
      return fault(name, qtype, "name-absent", status);
    }
    if (status.kind === "secure" || status.kind === "no-cut") return fault(name, qtype, reason, status);
    return fromAbove(name, qtype, status);
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
    const isTelling = reason !== "denial-missing" && reason !== "denial-wrong";
    return this.#fault(rrset.owner, rrset.type, isTelling ? reason : "wildcard-unproven", status);
  }

  async #negative(name: Name, qtype: number): Promise<void> {
    if (this.#rcode !== Rcode.NOERROR && this.#rcode !== Rcode.NXDOMAIN) {
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
    let failure: Reason | undefined;
    const top = this.#tools.zones.topFor(name, qtype);
    for (const signer of denialSigners(this.#authority, name, qtype)) {
      if (!isAtOrBelow(signer, top)) continue;
      const status =
        this.#tools.zones.known(signer) ?? (await this.#tools.zones.status(signer, this.#budget));
      if (status.kind === "no-cut") continue;
      if (status.kind !== "secure") {
        this.#add(fromAbove(name, qtype, status));
        return;
      }
      if (this.#mayBeBelowCut(name, qtype, signer) && (await this.#isBelowCut(name, qtype, signer))) continue;
      const reason = this.#denied(name, qtype, status);
      if (reason === undefined) return;
      failure ??= reason;
    }
    if (failure === "nsec3-iterations-excessive" || failure === "work-limit") {
      this.#fault(name, qtype, failure);
      return;
    }
    const soa = this.#authority.find((rrset) => rrset.type === Type.SOA)?.owner;
    this.#add(await this.#unsigned(name, qtype, failure ?? "denial-missing", soa));
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

  #judgement(links: readonly AliasLink[], positive: readonly Rrset[]): Judgement {
    const answer: ResourceRecord[] = [];
    for (const { rrset, synthesized } of links) {
      appendTrimmed(rrset, this.#signedByOf(rrset), answer);
      if (synthesized !== undefined) appendTrimmed(synthesized, this.#signedByOf(rrset), answer);
    }
    for (const rrset of positive) appendTrimmed(rrset, this.#signedByOf(rrset), answer);
    const authority: ResourceRecord[] = [];
    const proofs =
      this.#verdict === "secure" ? (this.#signedProofs?.keys() ?? []) : this.#authority.filter(isProof);
    for (const rrset of proofs) appendTrimmed(rrset, this.#signedByOf(rrset), authority);
    return {
      verdict: this.#verdict,
      reason: this.#reason,
      rcode: this.#rcode,
      answer,
      authority,
      lifetime: this.#lifetime,
      isOfMessage: this.#isOfMessage,
      findings: this.#findings,
    };
  }
}
