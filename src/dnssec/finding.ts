/**
 * What judging one part of a response came to: the facts `sotto explain` shows. Data only.
 */
import type { Verdict } from "../ports/exchange.ts";
import type { Name, Rrset } from "../ports/message.ts";
import type { Denial } from "./denial.ts";
import type { Reason } from "./reasons.ts";
import type { SignedBy } from "./verify.ts";
import type { SecureZone, ZoneStatus } from "./zone-status.ts";

export type Finding =
  /** A key of the zone signed the RRset. */
  | {
      readonly kind: "signed";
      readonly rrset: Rrset;
      readonly status: SecureZone;
      readonly signedBy: SignedBy;
    }
  /** The zone proves that `name` has no `qtype`, or that a wildcard stands for it. */
  | {
      readonly kind: "denied";
      readonly name: Name;
      readonly qtype: number;
      readonly status: SecureZone;
      readonly denial: Denial;
    }
  /** The name lies at or below a proven end of the chain of trust, or the proof is no full one. */
  | {
      readonly kind: "insecure";
      readonly name: Name;
      readonly status: ZoneStatus | undefined;
      readonly reason: Reason | undefined;
    }
  /** Data, proof or chain is not as it must be, or could not be judged. */
  | {
      readonly kind: "fault";
      readonly verdict: "bogus" | "indeterminate";
      readonly name: Name;
      readonly qtype: number;
      readonly reason: Reason;
      /** Where the chain above is broken, where that is why; else the zone the data should be of. */
      readonly status: ZoneStatus | undefined;
    };

export function verdictOf(finding: Finding): Verdict {
  switch (finding.kind) {
    case "signed":
      return "secure";
    case "denied":
      return finding.denial.optOut ? "insecure" : "secure";
    case "insecure":
      return "insecure";
    case "fault":
      return finding.verdict;
  }
}

/** Data, proof or chain that is not as it must be. */
export function fault(name: Name, qtype: number, reason: Reason, status: ZoneStatus | undefined): Finding {
  return { kind: "fault", verdict: "bogus", name, qtype, reason, status };
}

/** Whether the data is at fault rather than the chain above it. */
export function isOfMessage(status: ZoneStatus | undefined): boolean {
  return status === undefined || status.kind === "secure" || status.kind === "no-cut";
}

/** What a zone that is not secure makes of the data in it. */
export function fromAbove(
  name: Name,
  qtype: number,
  status: Exclude<ZoneStatus, { kind: "secure" | "no-cut" }>,
): Finding {
  if (status.kind === "insecure") {
    const { cause } = status;
    const reason =
      cause.by === "unsupported" ? cause.reason : cause.by === "iterations" ? "nsec3-iterations" : undefined;
    return { kind: "insecure", name, status, reason };
  }
  const { kind, reason } = status;
  return { kind: "fault", verdict: kind, name, qtype, reason, status };
}

/** Why it is not secure. */
export function reasonOf(finding: Finding): Reason | undefined {
  return finding.kind === "fault" || finding.kind === "insecure" ? finding.reason : undefined;
}
