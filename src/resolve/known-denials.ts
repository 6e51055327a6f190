/**
 * Looks for what was concluded of names like the one that is asked for, and keeps what is concluded for the next ones.
 *
 * Source: RFC 4035 §5.4, RFC 5155 §8.4.
 */
import type { Denial, ProofStep } from "../dnssec/denial.ts";
import { closestEncloser, type Nsec } from "../dnssec/nsec.ts";
import { isBetween } from "../dnssec/nsec3.ts";
import type { Instant } from "../ports/clock.ts";
import type { Name } from "../ports/message.ts";
import { parentOf } from "../wire/names.ts";
import { type Conclusion, Denied, type SpansConcluded } from "./denied.ts";
import { isInside, placeOf, type Remembered, type Span } from "./spans.ts";
import type { ZoneRanges } from "./zone-ranges.ts";

/** Kept with a range that one name was denied by: what is concluded the next time is worth its memory. */
const MET: Remembered = { octets: 0 };

/** What is known of a name with this key (`orderKey`) in the NSEC range `span`. */
export function deniedByNsec(
  qname: Name,
  key: string,
  span: Span<Nsec>,
  zone: ZoneRanges,
  now: Instant,
): Denied | undefined {
  const { denied } = span;
  if (!(denied instanceof Denied) || !isInside(key, span)) return undefined;
  const encloser = closestEncloser(qname, span.record);
  // A name above the end of its range exists: it is an empty non-terminal.
  if (encloser !== denied.encloser || encloser === qname) return undefined;
  return denied.isCurrent(zone, now) ? denied : undefined;
}

/** The same for NSEC3, where closest encloser and next closer name are found by their hashes. */
export function deniedByNsec3(qname: Name, zone: ZoneRanges, now: Instant): Denied | undefined {
  let hash = zone.hashOfLatest(qname);
  let span = zone.nsec3At(hash, now);
  for (let name = qname; name !== zone.zone; ) {
    name = parentOf(name);
    const outer = zone.hashOf(name);
    const match = zone.nsec3At(outer, now);
    if (match?.key === outer) {
      const denied = span?.denied;
      if (span === undefined || !(denied instanceof Denied)) return undefined;
      if (denied.ranges.match?.span !== match || !isBetween(hash, span.key, span.end)) return undefined;
      return denied.isCurrent(zone, now) ? denied : undefined;
    }
    hash = outer;
    span = match;
  }
  return undefined;
}

/** Remembers what was concluded of a name in `span` from a proof that it does not exist. */
export function rememberByNsec(
  denial: Denial,
  made: SpansConcluded,
  span: Span<Nsec>,
  zone: ZoneRanges,
  now: Instant,
): Conclusion {
  if (stepOf(denial, "qname")?.record !== span.record) return made;
  return remember(made, span, undefined, stepOf(denial, "wildcard"), zone, now);
}

/** The same for NSEC3. */
export function rememberByNsec3(
  denial: Denial,
  made: SpansConcluded,
  zone: ZoneRanges,
  now: Instant,
): Conclusion {
  const match = spanOf(stepOf(denial, "closest-encloser"), zone, now);
  const span = spanOf(stepOf(denial, "next-closer"), zone, now);
  if (match === undefined || span === undefined) return made;
  return remember(made, span, match, stepOf(denial, "wildcard"), zone, now);
}

function remember(
  made: SpansConcluded,
  span: Span<unknown>,
  match: Span<unknown> | undefined,
  wildcard: ProofStep | undefined,
  zone: ZoneRanges,
  now: Instant,
): Conclusion {
  if (span.denied === undefined) {
    span.denied = MET;
    return made;
  }
  const wildcardSpan = spanOf(wildcard, zone, now);
  if (wildcard === undefined || wildcardSpan === undefined) return made;
  const ranges = {
    own: placeOf(span),
    wildcard: placeOf(wildcardSpan),
    match: match === undefined ? undefined : placeOf(match),
  };
  const denied = new Denied(made, ranges, parentOf(wildcard.name), zone.version);
  if (!zone.grow(span, denied.octets - span.denied.octets)) return made;
  span.denied = denied;
  return denied;
}

function stepOf({ steps }: Denial, role: ProofStep["role"]): ProofStep | undefined {
  return steps.find((step) => step.role === role);
}

/** The range that the name of a step falls into now, where that is what the step stands on. */
function spanOf(step: ProofStep | undefined, zone: ZoneRanges, now: Instant): Span<unknown> | undefined {
  const span = step === undefined ? undefined : zone.spanAt(step.name, now);
  return span?.record === step?.record ? span : undefined;
}
