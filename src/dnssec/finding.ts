/**
 * What judging one part of a response came to: the facts `sotto explain` shows. Data only.
 */
import type { Verdict } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import type { Denial } from "./denial.ts";
import type { Reason } from "./reasons.ts";
import type { Rrset } from "./rrsets.ts";
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
