/**
 * QNAME minimisation as a forwarder can do it: the least of a name to the fewest parties. The upstream that answers
 * has to see the name; what can be kept from it is a name below one that is proven not to exist, and what can
 * be kept from those behind it is the rest of the name while the upstream finds its way.
 *
 * - `off`, and `auto` toward upstreams that minimise by themselves: the full name, once.
 * - `auto` toward the others, and `strict`: ancestors first. Where the zone above is secure, its DS is the question
 *   that validation needs anyway; below an insecure cut it is an A query, whatever the client's QTYPE.
 *
 * A *proven* denial of an ancestor answers for all below it (RFC 8020), and the full name never leaves. Anything
 * else that is not an answer (an unproven NXDOMAIN, SERVFAIL, no response) ends the walk with the full name:
 * broken empty non-terminals are common.
 *
 * Source: RFC 9156 §2, §3; RFC 8020 §2, §7; RFC 6840 §5.10; RFC 7646 §2.
 */
import { ask, exchangeOf, settle } from "../ports/asking.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Class, Rcode, Type } from "../wire/codes.ts";
import { labelCount, parentOf, questionKey, ROOT } from "../wire/names.ts";
import { nameToText } from "../wire/presentation.ts";
import { ancestorsToAsk } from "./minimisation-steps.ts";

export type MinimisationMode = "off" | "auto" | "strict";

/** What validation knows, or finds out, of an ancestor. */
export type AncestorFinding =
  /** It may exist, and the zone it is in is secure. */
  | { readonly kind: "secure" }
  /** It is at or below an insecure cut: nothing below can be proven. */
  | { readonly kind: "insecure" }
  /** Its zone proves that it does not exist; `denial` is the response that does. */
  | { readonly kind: "denied"; readonly denial: Denial }
  /** Bogus, or no response. */
  | { readonly kind: "unknown" };

export interface Denial {
  readonly rcode: number;
  readonly authority: readonly ResourceRecord[];
  readonly upstream: string;
  /** Milliseconds since it came, to be taken off its TTLs. */
  readonly age: number;
}

export interface MinimisedDeps {
  readonly clock: Clock;
  /** Asks for the DS of an ancestor, or knows it. Rejects with a `ResolutionError` at most. */
  readonly ancestor: (name: Name, budget: Budget) => Promise<AncestorFinding>;
  /** Whether the upstream that will be asked does by itself what is done here. */
  readonly minimises: (question: Question) => boolean;
  /** Whether the name is that of a server of its own `domains`: a private zone is asked once. */
  readonly isSplit: (qname: Name) => boolean;
  /** Where the chain of trust for a name starts: what is above it says nothing of the name. */
  readonly trustFor: (qname: Name) => Name;
}

/** Milliseconds that an ancestor counts as there without being asked for again. */
const KNOWN_FOR = 15 * 60_000;
/** Ancestors remembered, in each of two generations. */
const KEPT_ANCESTORS = 4096;

export interface Minimised extends Exchange {
  /** Forgets which ancestors were there. */
  forget(): void;
}

export function minimised(next: Exchange, mode: MinimisationMode, deps: MinimisedDeps): Minimised {
  const known = new KnownAncestors(deps.clock);

  const exchange = exchangeOf((query, budget, landing) => {
    if (!isWalked(query.question, mode, deps)) ask(next, query, budget, landing);
    else settle(walked(query, budget, new Walk(next, known, deps, budget)), landing);
  });
  return {
    ...exchange,
    forget() {
      known.clear();
    },
  };

  async function walked(query: Query, budget: Budget, walk: Walk): Promise<Response> {
    const denial = await walk.down(query.question);
    if (denial === undefined) return next.exchange(query, budget);
    return { ...denied(denial), verdict: "indeterminate", errors: [], upstream: denial.upstream };
  }
}

function isWalked(question: Question, mode: MinimisationMode, deps: MinimisedDeps): boolean {
  if (mode === "off" || deps.isSplit(question.qname)) return false;
  return mode === "strict" || !deps.minimises(question);
}

/** The denial with its TTLs as they are by now. The verdict on it is the validator's, as on any response. */
function denied({ rcode, authority, age }: Denial): Pick<Response, "rcode" | "answer" | "authority"> {
  const seconds = Math.floor(age / 1_000);
  const aged = authority.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
  return { rcode, answer: [], authority: seconds > 0 ? aged : authority };
}

/** Ancestors that were there a while ago, and whether they are below an insecure cut. */
class KnownAncestors {
  readonly #clock: Clock;
  // BOUNDED: by `KEPT_ANCESTORS` in each of two generations; the older one is dropped as a whole.
  #recent = new Map<Name, KnownAncestor>();
  // BOUNDED: as `#recent`.
  #older = new Map<Name, KnownAncestor>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  closestTo(qname: Name): WalkStart {
    const now = this.#clock.now();
    for (let name = parentOf(qname); name !== ROOT; name = parentOf(name)) {
      const known = this.#recent.get(name) ?? this.#older.get(name);
      if (known !== undefined && now < known.until) {
        return { labels: labelCount(name), isInsecure: known.isInsecure };
      }
    }
    return { labels: 0, isInsecure: false };
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }

  add(name: Name, isInsecure: boolean): void {
    if (this.#recent.size >= KEPT_ANCESTORS) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(name, { until: this.#clock.now() + KNOWN_FOR, isInsecure });
  }
}

/** Where a walk starts: labels of the closest ancestor that needs no asking, 0 for the root. */
interface WalkStart {
  readonly labels: number;
  readonly isInsecure: boolean;
}

interface KnownAncestor {
  readonly until: Instant;
  readonly isInsecure: boolean;
}

/** One walk down from the closest known ancestor of one name. */
class Walk {
  readonly #next: Exchange;
  readonly #known: KnownAncestors;
  readonly #deps: MinimisedDeps;
  readonly #budget: Budget;

  constructor(next: Exchange, known: KnownAncestors, deps: MinimisedDeps, budget: Budget) {
    this.#next = next;
    this.#known = known;
    this.#deps = deps;
    this.#budget = budget;
  }

  /** The proof that nothing is at `question.qname`, or `undefined` where the full name has to be asked for. */
  async down(question: Question): Promise<Denial | undefined> {
    const { labels, isInsecure: isBelowCut } = this.#start(question.qname);
    let isInsecure = isBelowCut;
    for (const ancestor of ancestorsToAsk(question.qname, labels)) {
      const finding = await this.#inTime(isInsecure ? this.#probe(ancestor) : this.#prove(ancestor));
      this.#tell(ancestor, finding);
      if (finding.kind === "denied") return finding.denial;
      if (finding.kind === "unknown") return undefined;
      isInsecure = finding.kind === "insecure";
      this.#known.add(ancestor, isInsecure);
    }
    return undefined;
  }

  /**
   * Below the closest ancestor known, and no higher than at the anchor that governs the name, positive or negative:
   * what is above it may deny what the anchor says is there (RFC 6840 §5.10, RFC 7646 §2).
   */
  #start(qname: Name): WalkStart {
    const closest = this.#known.closestTo(qname);
    const top = labelCount(this.#deps.trustFor(qname));
    return closest.labels >= top ? closest : { labels: top - 1, isInsecure: false };
  }

  /**
   * An ancestor has half of the time that is left: one that never answers must not take the full name's. What
   * comes later is not waited for; the validator may still have a use for it.
   */
  async #inTime(finding: Promise<AncestorFinding>): Promise<AncestorFinding> {
    const { clock } = this.#deps;
    let cancel: () => void = () => undefined;
    const patience = new Promise<AncestorFinding>((resolve) => {
      cancel = clock.after((this.#budget.deadline - clock.now()) / 2, () => {
        resolve({ kind: "unknown" });
      });
    });
    try {
      return await Promise.race([finding, patience]);
    } finally {
      cancel();
    }
  }

  async #prove(ancestor: Name): Promise<AncestorFinding> {
    try {
      return await this.#deps.ancestor(ancestor, this.#budget);
    } catch (error) {
      return unknownOr(error);
    }
  }

  /** "The A or AAAA QTYPEs are always good candidates" (RFC 9156 §2.1). */
  async #probe(qname: Name): Promise<AncestorFinding> {
    const question = { qname, qtype: Type.A, qclass: Class.IN };
    const query: Query = { question, key: questionKey(question), purpose: "helper" };
    try {
      const { rcode } = await this.#next.exchange(query, this.#budget);
      return { kind: rcode === Rcode.NOERROR ? "insecure" : "unknown" };
    } catch (error) {
      return unknownOr(error);
    }
  }

  #tell(ancestor: Name, { kind }: AncestorFinding): void {
    const { trace } = this.#budget;
    if (trace === undefined) return;
    const name = nameToText(ancestor);
    const text = `asked for the ancestor ${name} first: ${MEANINGS[kind]}`;
    trace.add({
      at: this.#deps.clock.now(),
      stage: "privacy",
      text,
      detail: { ancestor: name, finding: kind },
    });
  }
}

const MEANINGS: Readonly<Record<AncestorFinding["kind"], string>> = {
  secure: "it may exist, below a secure zone",
  insecure: "it may exist, below an insecure cut",
  denied: "proven not to exist, so the full name is not sent",
  unknown: "no proof either way, so the full name is sent",
};

/** A walk that fails costs a round trip, never the answer. */
function unknownOr(error: unknown): AncestorFinding {
  if (error instanceof ResolutionError) return { kind: "unknown" };
  throw error;
}
