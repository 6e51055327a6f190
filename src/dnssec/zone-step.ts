/**
 * One step of the chain of trust: asks for the DS of a name, judges it with the keys of the zone above that
 * signed it, and then holds the DNSKEY RRset against it.
 *
 * The signatures say which zone is above, so that no query is spent on labels in between; that zone's own
 * status is asked of the map, which walks further up. A claim that a signer is a zone is thereby proven
 * before anything it signed counts. A step waits for its ancestors only, so no two can wait for each other.
 *
 * Source: RFC 4035 §5.2, RFC 6840 §4, §5; RFC 9276 §3.2; RFC 9520 §3.2.
 */
import type { Budget, Work } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { ROOT, isAtOrBelow, parentOf } from "../wire/names.ts";
import type { Anchors } from "./anchors.ts";
import { type Entry, entryFromDs, judgeApexKeys } from "./apex-keys.ts";
import {
  type Delegation,
  claimedDs,
  decisiveRrset,
  delegationSigners,
  judgeDelegation,
} from "./delegation.ts";
import type { DelegationSigner } from "./digest.ts";
import { type HelperAnswer, type HelperDeps, type HelperFailure, askHelper } from "./helper-answer.ts";
import type { Reason } from "./reasons.ts";
import { allowedTtl } from "./trim.ts";
import type { DenialContext } from "./zone-denials.ts";
import type { KeyStore } from "./zone-key.ts";
import { type InsecureCause, type Link, type SecureZone, type ZoneStatus, inherited } from "./zone-status.ts";

/** Seconds a status is kept at least (it was good a moment ago) and at most. */
const LEAST_LIFETIME = 5;
export const MOST_LIFETIME = 86_400;
/** Seconds a proof that there is no DS is kept at most: a zone may be signed meanwhile. Unbound: 3600. */
const MOST_NEGATIVE_LIFETIME = 3_600;
/** Seconds a broken zone is not asked about again (RFC 9520 §3.2). Unbound: 60. */
const BOGUS_LIFETIME = 60;
/** Seconds an upstream's failure is remembered (RFC 9520 §3.2: at least 1). */
const FAILURE_LIFETIME = 1;

export interface StepDeps extends HelperDeps {
  readonly anchors: Anchors;
  readonly keys: KeyStore;
  readonly budget: Budget;
  readonly context: DenialContext;
  /** The status of a zone above, through the map. */
  statusOf(name: Name, budget: Budget): Promise<ZoneStatus>;
}

type Asked = Promise<HelperAnswer | HelperFailure>;

export class ZoneStep {
  readonly #name: Name;
  readonly #deps: StepDeps;
  /** Known once the DS is judged. */
  #ds: HelperAnswer | undefined;
  #above: SecureZone | undefined;
  /** The DNSKEY question, where it was asked early. */
  #early: Asked | undefined;

  constructor(name: Name, deps: StepDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  /** By the DS, asked for once more elsewhere where it is bogus. */
  async fromAbove(): Promise<ZoneStatus> {
    const first = await this.#ask(Type.DS);
    if (typeof first === "string") return this.#failed("ds", first);
    const status = await this.#judge(first);
    if (status.kind !== "bogus" || status.at !== this.#name || status.part !== "ds") return status;
    const second = await this.#ask(Type.DS, first.upstream);
    return typeof second === "string" ? status : this.#judge(second);
  }

  async #judge(answer: HelperAnswer): Promise<ZoneStatus> {
    const decisive = decisiveRrset(answer, this.#name);
    // What an alias leads to was not kept: a client's DS question goes its own way then.
    this.#ds = decisive === undefined || decisive.type === Type.DS ? answer : undefined;
    this.#askEarly(answer);
    const top = this.#deps.anchors.governing(this.#name).zone;
    for (const signer of delegationSigners(answer, this.#name)) {
      if (!isAtOrBelow(signer, top)) continue;
      const above = await this.#deps.statusOf(signer, this.#deps.budget);
      if (above.kind === "no-cut") continue; // The signer is no zone: as if unsigned.
      if (above.kind !== "secure") return inherited(this.#name, above);
      this.#above = above;
      return this.#decide(judgeDelegation(answer, this.#name, above, this.#deps.context), above);
    }
    return this.#unsigned();
  }

  /** Keys are worth asking for as soon as there is something to hold them against: a round trip less. */
  #askEarly(answer: HelperAnswer): void {
    if (this.#early !== undefined || typeof this.#entryOf(claimedDs(answer, this.#name)) === "string") return;
    this.#early = this.#ask(Type.DNSKEY);
    this.#early.catch(() => undefined); // Awaited only where the DS turns out good.
  }

  /** Nothing that counts was signed: right only below an insecure cut. */
  async #unsigned(): Promise<ZoneStatus> {
    const above = await this.#deps.statusOf(parentOf(this.#name), this.#deps.budget);
    if (above.kind !== "secure" && above.kind !== "no-cut") return inherited(this.#name, above);
    this.#above = above.kind === "secure" ? above : above.above;
    return this.#bogus("ds", "signature-missing");
  }

  #decide(delegation: Delegation, above: SecureZone): ZoneStatus | Promise<ZoneStatus> {
    switch (delegation.kind) {
      case "bogus":
        return this.#bogus("ds", delegation.reason);
      case "iterations":
        return this.#insecure({ by: "iterations" }, MOST_NEGATIVE_LIFETIME);
      case "unsigned":
        return this.#insecure(
          { by: "delegation", parent: above.name, denial: delegation.denial },
          within(delegation.lifetime, MOST_NEGATIVE_LIFETIME),
        );
      case "no-cut":
        return this.#noCut(delegation, above);
      case "ds": {
        const { set, signedBy } = delegation;
        const lifetime = within(delegation.lifetime, MOST_LIFETIME);
        const entry = this.#entryOf(set);
        if (typeof entry === "string") return this.unsupported(entry, set, lifetime);
        return this.keysBy(entry, { by: "ds", set, signedBy }, lifetime);
      }
    }
  }

  #entryOf(set: readonly DelegationSigner[]): Entry | Reason {
    return entryFromDs(set, (algorithm) => this.#deps.keys.policy.isAlgorithmUsable(algorithm));
  }

  /** Holds the DNSKEY RRset against what names its keys; once more elsewhere where it does not fit. */
  async keysBy(entry: Entry, link: Link, lifetime: number): Promise<ZoneStatus> {
    const first = await (this.#early ?? this.#ask(Type.DNSKEY));
    if (typeof first === "string") return this.#failed("dnskey", first);
    const status = this.#judgeKeys(first, entry, link, lifetime);
    if (status.kind !== "bogus") return status;
    const second = await this.#ask(Type.DNSKEY, first.upstream);
    return typeof second === "string" ? status : this.#judgeKeys(second, entry, link, lifetime);
  }

  #judgeKeys(dnskey: HelperAnswer, entry: Entry, link: Link, lifetimeOfLink: number): ZoneStatus {
    const rrset = dnskey.answer.find((each) => each.type === Type.DNSKEY && each.owner === this.#name);
    if (rrset === undefined) return this.#bogus("dnskey", "dnskey-absent", { link, dnskey });
    const keys = this.#deps.keys.keysOf(rrset.records);
    const result = judgeApexKeys(this.#name, rrset, keys, entry, this.#deps.context);
    if (result.outcome === "secure") {
      const { entryKeys, signedBy: keysSignedBy } = result;
      const lifetime = within(allowedTtl(rrset, keysSignedBy), lifetimeOfLink);
      return { ...this.#known(lifetime), kind: "secure", link, keys, entryKeys, keysSignedBy, dnskey };
    }
    const { outcome, reason } = result;
    if (outcome === "insecure") {
      return this.unsupported(reason, link.by === "ds" ? link.set : link.anchor.ds, lifetimeOfLink);
    }
    const isMismatch = link.by === "anchor" && reason === "dnskey-missing";
    return this.#bogus("dnskey", isMismatch ? "anchor-mismatch" : reason, { link, dnskey });
  }

  /** Nothing that names the zone's keys is of use to us: the zone is as if unsigned. */
  unsupported(reason: Reason, set: readonly DelegationSigner[], lifetime: number): ZoneStatus {
    return this.#insecure({ by: "unsupported", reason, set }, lifetime);
  }

  #insecure(cause: InsecureCause, lifetime: number): ZoneStatus {
    return { ...this.#known(lifetime), kind: "insecure", cut: this.#name, cause };
  }

  #noCut(delegation: Delegation & { kind: "no-cut" }, above: SecureZone): ZoneStatus {
    const { exists, denial } = delegation;
    const known = this.#known(within(delegation.lifetime, MOST_NEGATIVE_LIFETIME));
    return { ...known, kind: "no-cut", above, exists, denial };
  }

  #bogus(part: "ds" | "dnskey", reason: Reason, of: { link?: Link; dnskey?: HelperAnswer } = {}): ZoneStatus {
    // Work spent elsewhere says nothing about this zone: others must not find it broken by that.
    if (reason === "work-limit" && isSpent(this.#deps.budget.work)) {
      return this.#unknown(part, reason, true);
    }
    const known = this.#known(BOGUS_LIFETIME);
    return { ...known, kind: "bogus", at: this.#name, part, reason, link: of.link, dnskey: of.dnskey };
  }

  #failed(part: "ds" | "dnskey", failure: HelperFailure): ZoneStatus {
    const reason = part === "ds" ? "ds-unreachable" : "dnskey-unreachable";
    return this.#unknown(part, reason, failure === "out-of-budget");
  }

  #unknown(part: "ds" | "dnskey", reason: Reason, isOfFlight: boolean): ZoneStatus {
    const known = this.#known(FAILURE_LIFETIME);
    return { ...known, kind: "indeterminate", at: this.#name, part, reason, isOfFlight };
  }

  #known(lifetime: number): Pick<ZoneStatus, "name" | "settledAt" | "expiresAt" | "ds" | "above"> {
    const settledAt = this.#deps.clock.now();
    const expiresAt = settledAt + lifetime * 1_000;
    return { name: this.#name, settledAt, expiresAt, ds: this.#ds, above: this.#above };
  }

  #ask(qtype: number, avoid?: string): Asked {
    if (qtype === Type.DS && this.#name === ROOT) throw new Error("the root has no DS");
    return askHelper(this.#name, qtype, this.#deps.budget, this.#deps, avoid);
  }
}

/** Whether a flight has used up what it may do to judge anything. */
export function isSpent(work: Work): boolean {
  return work.verifications <= 0 || work.failedVerifications <= 0 || work.nsec3Hashes <= 0;
}

/** Seconds that a status is kept: as long as what it rests on allows, within bounds. */
function within(lifetime: number, most: number): number {
  return Math.max(Math.min(lifetime, most), Math.min(LEAST_LIFETIME, most));
}
