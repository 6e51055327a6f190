/**
 * Denial proofs in words, for `sotto explain`: "`*.example.` covered by NSEC a.example. -> c.example.".
 */
import type { TraceStep } from "../ports/trace.ts";
import { Type, typeToText } from "../wire/codes.ts";
import { base32hexToText } from "../wire/base32hex.ts";
import { firstLabel, nameFromOctets } from "../wire/names.ts";
import { nameToText } from "../wire/presentation.ts";
import type { Denial, DenialRecord, ProofStep } from "./denial.ts";
import { typesListed } from "./type-bitmap.ts";

type Detail = NonNullable<TraceStep["detail"]>;

/** Octets of an NSEC3 hash (RFC 5155 §5: SHA-1). */
const HASH_OCTETS = 20;
/** Flag of an NSEC3 record (RFC 5155 §3.1.2.1). */
const OPT_OUT = 1;

const CLAIMS: Readonly<Record<Denial["kind"], string>> = {
  nxdomain: "the name does not exist",
  nodata: "the name has no such type",
  expansion: "no closer name than the wildcard exists",
  delegation: "there is a delegation without DS",
};

/** The whole proof in one line. */
export function denialInWords(denial: Denial): string {
  const optOut = denial.optOut ? " (opt-out: an unsigned delegation may be there)" : "";
  return `${CLAIMS[denial.kind]}${optOut}: ${denial.steps.map(stepInWords).join("; ")}`;
}

/** The same for machines. */
export function detailOfDenial(denial: Denial): Detail {
  return {
    proof: denial.kind,
    optOut: denial.optOut,
    steps: denial.steps.map((step) => ({
      role: step.role,
      relation: step.relation,
      name: nameToText(step.name),
      record: recordInWords(step.record),
      types: typesInWords(step.record),
    })),
  };
}

const ROLES: Readonly<Record<ProofStep["role"], string>> = {
  qname: "",
  wildcard: "wildcard ",
  "closest-encloser": "closest encloser ",
  "next-closer": "next closer name ",
  "empty-non-terminal": "empty non-terminal ",
};

function stepInWords({ role, relation, name, record }: ProofStep): string {
  const types = relation === "matches" ? ` (${typesInWords(record).join(" ") || "no types"})` : "";
  const verb = relation === "matches" ? "matched" : "covered";
  return `${ROLES[role]}${nameToText(name)} ${verb} by ${recordInWords(record)}${types}`;
}

function recordInWords({ rrset, rdata, typesAt }: DenialRecord): string {
  if (rrset.type === Type.NSEC) {
    const next = nameFromOctets(rdata);
    return `NSEC ${nameToText(rrset.owner)} -> ${next === undefined ? "?" : nameToText(next)}`;
  }
  const next = base32hexToText(rdata.subarray(typesAt - HASH_OCTETS, typesAt));
  const optOut = rdata[1] === OPT_OUT ? " opt-out" : "";
  return `NSEC3 ${firstLabel(rrset.owner)} -> ${next}${optOut}`;
}

function typesInWords({ rdata, typesAt }: DenialRecord): string[] {
  return typesListed(rdata, typesAt).map(typeToText);
}
