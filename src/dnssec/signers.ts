/**
 * Which zone, if any, signed an RRset: the zones its signatures name are looked up, asked for where they are not
 * known, and their keys tried. Without a good signature, whether the RRset may be without one.
 *
 * Source: RFC 4035 §5.2, §5.3.1.
 */
import type { Budget } from "../ports/exchange.ts";
import type { Name, Rrset } from "../ports/message.ts";
import { Type } from "../wire/codes.ts";
import { isAtOrBelow, labelCount, parentOf } from "../wire/names.ts";
import { type Finding, fault, fromAbove } from "./finding.ts";
import type { JudgeTools } from "./judgement.ts";
import type { Reason } from "./reasons.ts";
import { containerOf, plausibleSignatures, signersOf } from "./rrsets.ts";
import type { Signature } from "./rrsig.ts";
import { type Steps, awaited } from "./steps.ts";
import { type VerifyContext, verifyRrset } from "./verify.ts";
import type { ZoneMap } from "./zone-map.ts";
import type { SecureZone, ZoneStatus } from "./zone-status.ts";

/** What nearly every RRset needs: one signature, by a zone whose keys are known. There is nothing to wait for. */
export function findingAtOnce(
  rrset: Rrset,
  signatures: readonly Signature[],
  zones: ZoneMap,
  context: VerifyContext,
): Finding | undefined {
  const { owner, type } = rrset;
  const signer = signatures.length === 1 ? signatures[0]!.signer : undefined;
  if (signer === undefined || !isAtOrBelow(signer, zones.topFor(owner, type))) return undefined;
  const status = zones.known(signer);
  if (status?.kind !== "secure" || mayBeBelowCut(owner, type, signer, zones)) return undefined;
  const signedBy = verifyRrset(rrset, signer, status.keys, context, signatures);
  if (typeof signedBy === "string") return fault(owner, type, signedBy, status);
  return { kind: "signed", rrset, status, signedBy };
}

/** As `findingAtOnce`, of any RRset. */
export function* findingOf(
  rrset: Rrset,
  tools: JudgeTools,
  budget: Budget,
  context: VerifyContext,
): Steps<Finding> {
  const { zones } = tools;
  const signatures = plausibleSignatures(rrset);
  let failure: Reason | undefined;
  let zone: SecureZone | undefined;
  const top = zones.topFor(rrset.owner, rrset.type);
  for (const signer of signersOf(signatures)) {
    if (!isAtOrBelow(signer, top)) continue;
    const status = zones.known(signer) ?? (yield* awaited(zones.status(signer, budget)));
    if (status.kind === "no-cut") continue;
    if (status.kind !== "secure") return fromAbove(rrset.owner, rrset.type, status);
    if (yield* isBelowCut(rrset.owner, rrset.type, signer, zones, budget)) continue;
    const signedBy = verifyRrset(rrset, signer, status.keys, context, signatures);
    if (typeof signedBy !== "string") return { kind: "signed", rrset, status, signedBy };
    failure = signedBy;
    zone = status;
  }
  if (failure !== undefined) return fault(rrset.owner, rrset.type, failure, zone);
  const missing = rrset.signatures.length > 0 ? "signature-misplaced" : "signature-missing";
  return yield* findingOfUnsigned(rrset.owner, rrset.type, missing, undefined, tools, budget);
}

/** Without a good signature or proof, data is right only at or below an insecure cut (RFC 4035 §5.2). */
export function* findingOfUnsigned(
  name: Name,
  qtype: number,
  reason: Reason,
  hint: Name | undefined,
  tools: JudgeTools,
  budget: Budget,
): Steps<Finding> {
  const at = zoneSideOf(name, qtype);
  const status = yield* tools.zones.securityOf(at, budget, likelyZone(at, hint, tools));
  return unsignedUnder(status, name, qtype, reason);
}

/** As `findingOf`, of data without any signature, where what is above `name` is known: `undefined` where something has to be asked. */
export function findingOfUnsignedAtOnce(name: Name, qtype: number, tools: JudgeTools): Finding | undefined {
  const at = zoneSideOf(name, qtype);
  const status = tools.zones.knownSecurityOf(at, likelyZone(at, undefined, tools));
  return status === undefined ? undefined : unsignedUnder(status, name, qtype, "signature-missing");
}

/** The name whose zone is to answer: that above it for DS. */
function zoneSideOf(name: Name, qtype: number): Name {
  return qtype === Type.DS ? parentOf(name) : name;
}

/** Where the zone of `at` likely begins, at or above it. */
function likelyZone(at: Name, hint: Name | undefined, tools: JudgeTools): Name {
  const likely = hint !== undefined && isAtOrBelow(at, hint) ? hint : tools.likelyCut(at);
  return labelCount(likely) > labelCount(at) ? at : likely;
}

/** What the status of the zone that `name` is in makes of it, unsigned. */
function unsignedUnder(status: ZoneStatus, name: Name, qtype: number, reason: Reason): Finding {
  if (status.kind === "no-cut" && !status.exists && reason.startsWith("signature")) {
    return fault(name, qtype, "name-absent", status);
  }
  if (status.kind === "secure" || status.kind === "no-cut") return fault(name, qtype, reason, status);
  return fromAbove(name, qtype, status);
}

/**
 * Whether `signer` has delegated `name` away: RFC 4035 §5.3.1, the signer's name "MUST be the name of the
 * zone that contains the RRset". At the cut itself DS and NSEC are the parent's.
 */
export function* isBelowCut(
  name: Name,
  type: number,
  signer: Name,
  zones: ZoneMap,
  budget: Budget,
): Steps<boolean> {
  if (!mayBeBelowCut(name, type, signer, zones)) return false;
  return yield* awaited(zones.hasCutBelow(signer, containerOf(name, type), budget));
}

/** Whether `isBelowCut` has anything to look at. */
export function mayBeBelowCut(name: Name, type: number, signer: Name, zones: ZoneMap): boolean {
  return name !== signer && zones.mayHaveCutBelow(signer, containerOf(name, type));
}
