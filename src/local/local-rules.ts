/** What an operator decides on names, and whether two sets of that are the same. */
import type { ResourceRecord } from "../ports/message.ts";
import { isSame } from "../wire/duplicates.ts";
import type { LocalSources } from "./local-names.ts";
import type { NameSet } from "./name-set.ts";

/** How names on a block list are answered: as not there, with the unspecified address, or not at all. */
export type BlockAnswer = "nxdomain" | "null_ip" | "refused";

/** One set of rules. What is not given is as empty. */
export interface LocalRules extends LocalSources {
  readonly blocked: NameSet;
  readonly blockAnswer: BlockAnswer;
  /** Whether single labels and address literals are withheld too. */
  readonly withholdsJunk: boolean;
}

/** Whether `one` says what `other` says: a reload that changes nothing is to cost no entry of the cache. */
export function areSame(one: LocalRules, other: LocalRules): boolean {
  return (
    one.blockAnswer === other.blockAnswer &&
    one.withholdsJunk === other.withholdsJunk &&
    areAlike(one.specials, other.specials, Object.is) &&
    areAlike(one.forwarded, other.forwarded, Object.is) &&
    areAlike(one.records, other.records, isSameWithTtl) &&
    areAlike(one.hosts, other.hosts, isSameWithTtl) &&
    one.blocked.equals(other.blocked)
  );
}

/** In their order too: of two that contradict one another, the first holds. */
function areAlike<T>(
  some: readonly T[],
  others: readonly T[],
  isAlike: (one: T, other: T) => boolean,
): boolean {
  return some.length === others.length && some.every((one, i) => isAlike(one, others[i]!));
}

function isSameWithTtl(one: ResourceRecord, other: ResourceRecord): boolean {
  return one.ttl === other.ttl && isSame(one, other);
}
