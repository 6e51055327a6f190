/** Responses taken for proven without a validator: each RRset by the zone that its first signature names. */
import { plausibleSignatures, groupRrsets } from "../../src/dnssec/rrsets.ts";
import { signedLabels } from "../../src/dnssec/rrsig.ts";
import type { Proven, Response } from "../../src/ports/exchange.ts";
import type { Rrset } from "../../src/ports/message.ts";
import { Class } from "../../src/wire/codes.ts";
import { ancestorOf, wildcardOf } from "../../src/wire/names.ts";

/** The response, secure, with all of its records proven. */
export function takenForProven(response: Response): Response {
  const sets = [...groupRrsets(response.authority, Class.IN), ...groupRrsets(response.answer, Class.IN)];
  return { ...response, verdict: "secure", proven: sets.flatMap(provenOf) };
}

function provenOf(rrset: Rrset): Proven[] {
  const signature = plausibleSignatures(rrset)[0];
  if (signature === undefined) return [];
  const isExpanded = signature.labels < signedLabels(rrset.owner);
  const wildcard = isExpanded ? wildcardOf(ancestorOf(rrset.owner, signature.labels)) : undefined;
  return [{ rrset, zone: signature.signer, wildcard }];
}
