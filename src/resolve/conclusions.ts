/**
 * What follows from the ranges of a signed zone for one question: the same proofs by which a response is judged, from
 * records that were judged before.
 *
 * Source: RFC 8198 §5 (aggressive use of NSEC and NSEC3).
 */
import type { Denial } from "../dnssec/denial.ts";
import { proveExpansionByNsec, proveNameErrorByNsec, proveNoDataByNsec } from "../dnssec/nsec.ts";
import { isBetween, type Nsec3, type Nsec3Spans } from "../dnssec/nsec3.ts";
import { proveExpansionByNsec3, proveNameErrorByNsec3, proveNoDataByNsec3 } from "../dnssec/nsec3-proofs.ts";
import type { Instant } from "../ports/clock.ts";
import type { Name, Question } from "../ports/message.ts";
import { Rcode } from "../wire/codes.ts";
import { labelCount, orderKey, parentOf, ROOT, wildcardOf } from "../wire/names.ts";
import type { Conclusion, SpansConcluded } from "./denied.ts";
import { deniedByNsec, deniedByNsec3, rememberByNsec, rememberByNsec3 } from "./known-denials.ts";
import { isInside, type Span } from "./spans.ts";
import type { ZoneRanges } from "./zone-ranges.ts";

/** Hash computations one answer may cost: below a millisecond. Names that need more are asked for. */
const MAX_HASHING = 400;

/** `undefined` where nothing follows. */
export function conclude(question: Question, ranges: ZoneRanges, now: Instant): Conclusion | undefined {
  return ranges.hasNsec3 ? fromNsec3(question, ranges, now) : fromNsec(question, ranges, now);
}

function fromNsec({ qname, qtype }: Question, ranges: ZoneRanges, now: Instant): Conclusion | undefined {
  const { zone } = ranges;
  const key = orderKey(qname, zone);
  const first = ranges.nsecAt(key, now);
  if (first === undefined) return undefined;
  const denied = deniedByNsec(qname, key, first, ranges, now);
  if (denied !== undefined) return denied;
  // Every proof needs a record that matches or covers the name: in a large zone most names end here.
  if (key !== first.key && !isInside(key, first)) return undefined;
  const spans = [first];
  for (let name = qname; name !== zone && name !== ROOT; ) {
    name = parentOf(name);
    const wildcard = wildcardOf(name);
    const span = wildcard === undefined ? undefined : ranges.nsecAt(orderKey(wildcard, zone), now);
    if (span !== undefined && !spans.includes(span)) spans.push(span);
  }
  const nsecs = spans.map(({ record }) => record);
  const error = proveNameErrorByNsec(qname, zone, nsecs);
  if (error !== undefined) {
    return rememberByNsec(error, concluded(Rcode.NXDOMAIN, error, spans), first, ranges, now);
  }
  const noData = proveNoDataByNsec(qname, qtype, zone, nsecs);
  if (noData?.kind === "nodata") return concluded(Rcode.NOERROR, noData, spans);
  return expansionOf({ qname, qtype }, ranges, now, (encloser) => {
    const proof = proveExpansionByNsec(qname, encloser, zone, nsecs);
    return proof === undefined ? undefined : concluded(Rcode.NOERROR, proof, spans);
  });
}

function fromNsec3({ qname, qtype }: Question, ranges: ZoneRanges, now: Instant): Conclusion | undefined {
  if ((labelCount(qname) - labelCount(ranges.zone) + 1) * ranges.hashCost > MAX_HASHING) return undefined;
  const denied = deniedByNsec3(qname, ranges, now);
  if (denied !== undefined) return denied;
  const spans: Span<Nsec3>[] = [];
  const take = (span: Span<Nsec3>): Nsec3 => {
    if (!spans.includes(span)) spans.push(span);
    return span.record;
  };
  const known: Nsec3Spans = {
    zone: ranges.zone,
    matching: (name) => {
      const hash = ranges.hashOf(name);
      const span = ranges.nsec3At(hash, now);
      return span?.key === hash ? take(span) : undefined;
    },
    covering: (name) => {
      const hash = ranges.hashOf(name);
      const span = ranges.nsec3At(hash, now);
      return span !== undefined && isBetween(hash, span.key, span.end) ? take(span) : undefined;
    },
  };
  const error = proveNameErrorByNsec3(qname, known);
  if (error !== undefined) {
    return rememberByNsec3(error, concluded(Rcode.NXDOMAIN, error, spans), ranges, now);
  }
  const noData = proveNoDataByNsec3(qname, qtype, known);
  if (noData?.kind === "nodata") return concluded(Rcode.NOERROR, noData, spans);
  return expansionOf({ qname, qtype }, ranges, now, (encloser) => {
    const proof = proveExpansionByNsec3(qname, encloser, known);
    return proof === undefined ? undefined : concluded(Rcode.NOERROR, proof, spans);
  });
}

/** RFC 8198 §5.3: a wildcard that is known, and a proof that nothing closer to the name exists. */
function expansionOf(
  { qname, qtype }: Pick<Question, "qname" | "qtype">,
  ranges: ZoneRanges,
  now: Instant,
  prove: (encloser: Name) => Conclusion | undefined,
): Conclusion | undefined {
  for (let encloser = qname; encloser !== ranges.zone && encloser !== ROOT; ) {
    encloser = parentOf(encloser);
    const owner = wildcardOf(encloser);
    const wildcard = owner === undefined ? undefined : ranges.wildcard(owner, qtype, now);
    if (wildcard === undefined) continue;
    const made = prove(encloser);
    return made === undefined ? undefined : { ...made, wildcard };
  }
  return undefined;
}

/** @param spans among which are those that the steps of the proof stand on: these are given, in the order of the steps. */
function concluded(rcode: number, { steps }: Denial, spans: readonly Span<unknown>[]): SpansConcluded {
  const proofs: Span<unknown>[] = [];
  for (const { record } of steps) {
    const span = spans.find((each) => each.record === record);
    if (span !== undefined && !proofs.includes(span)) proofs.push(span);
  }
  return { rcode, proofs, wildcard: undefined };
}
