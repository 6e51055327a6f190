/**
 * A walk down to a name, label by label, in search of the insecure cut above it: which name is to be looked at
 * next, and when the search is over. Asks nothing: whoever walks says what each name is.
 *
 * Source: RFC 4035 §5.2.
 */
import type { Name } from "../ports/message.ts";
import { ancestorOf, labelCount } from "../wire/names.ts";
import type { ZoneStatus } from "./zone-status.ts";

/** Labels below the start that are walked: deeper names are no zone anybody runs. */
const MAX_LABELS_WALKED = 40;

export class Descent {
  readonly #name: Name;
  readonly #from: number;
  readonly #to: number;
  #labels: number;
  #at: Name;

  /** @param start at or above `name`. */
  constructor(name: Name, start: Name) {
    this.#name = name;
    this.#at = start;
    this.#from = this.#labels = labelCount(start);
    this.#to = Math.min(labelCount(name), this.#from + MAX_LABELS_WALKED);
  }

  /** The name whose status is needed. */
  get at(): Name {
    return this.#at;
  }

  /** Whether `status`, which is that of `at`, leaves anything open: then `at` is the name below. */
  leadsOn(status: ZoneStatus): boolean {
    if (status.kind !== "secure" && status.kind !== "no-cut") return false;
    // The start is a guess: that it does not exist says less than what is below it.
    if (status.kind === "no-cut" && !status.exists && this.#labels > this.#from) return false;
    if (this.#labels >= this.#to) return false;
    this.#at = ancestorOf(this.#name, ++this.#labels);
    return true;
  }
}
