/**
 * Which ancestors of a name are asked for before the name itself.
 *
 * Source: RFC 9156 §2.3: at most ten steps, the first four of one label, the rest divided evenly with the larger
 * ones last; underscore labels are no boundary anybody's privacy depends on.
 */
import type { Name } from "../ports/message.ts";
import { ancestorOf, firstLabel, isAtOrBelow, labelCount } from "../wire/names.ts";

/** MAX_MINIMISE_COUNT and MINIMISE_ONE_LAB with their recommended values (RFC 9156 §2.3). */
const MOST_STEPS = 10;
const SINGLE_LABEL_STEPS = 4;

/** `ip6.arpa` has a label a nibble: 16 of them are a network, 32 an address. */
const IP6_ARPA = "\x03ip6\x04arpa\0" as Name;
const IP6_ARPA_LABELS = 2;
const NIBBLES_A_STEP = 16;

/**
 * Proper ancestors of `qname` with more than `known` labels, the shortest first. `known` is the label count
 * of the closest ancestor that needs no asking; 0 is the root.
 */
export function ancestorsToAsk(qname: Name, known: number): readonly Name[] {
  const labels = labelCount(qname);
  const counts = isAtOrBelow(qname, IP6_ARPA) ? nibbleSteps(known, labels) : evenSteps(known, labels);
  return counts.map((count) => ancestorOf(qname, count)).filter((name) => !firstLabel(name).startsWith("_"));
}

/** Label counts of the steps, the last of which (the name itself) is left out. */
function evenSteps(known: number, labels: number): readonly number[] {
  const counts: number[] = [];
  const rest = Math.max(0, labels - known - SINGLE_LABEL_STEPS);
  const stepsForRest = MOST_STEPS - SINGLE_LABEL_STEPS;
  const least = Math.floor(rest / stepsForRest);
  const larger = rest % stepsForRest;
  let count = known;
  for (let step = 0; step < MOST_STEPS; step++) {
    const isLarger = step >= MOST_STEPS - larger;
    count += step < SINGLE_LABEL_STEPS ? 1 : least + (isLarger ? 1 : 0);
    if (count >= labels) break;
    if (count > (counts.at(-1) ?? known)) counts.push(count);
  }
  return counts;
}

function nibbleSteps(known: number, labels: number): readonly number[] {
  const counts: number[] = [];
  for (let count = 1; count < labels; count += count < IP6_ARPA_LABELS ? 1 : NIBBLES_A_STEP) {
    if (count > known) counts.push(count);
  }
  return counts;
}
