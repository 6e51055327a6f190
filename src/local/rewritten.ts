/**
 * What the operator's rules make of a response, after the verdict: block lists hold for CNAME targets too,
 * private addresses are taken out of answers for public names, and a configured CNAME that leads out is
 * put before what it leads to.
 *
 * A bogus response stays bogus: a rule never makes data servable that failed validation. What a rule changes
 * is not what was signed, so it is at most insecure from then on, and its denial proofs go.
 *
 * Source: RFC 8914 §4.16 (Blocked), RFC 6840 §5.8 (AD is for what was proven).
 */
import { exchangeOf, settle } from "../ports/asking.ts";
import type { Clock } from "../ports/clock.ts";
import type { Budget, Exchange, ExtendedError, Query, Response } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { onWayBack } from "../ports/way-back.ts";
import { InfoCode, Type } from "../wire/codes.ts";
import { nameFromOctets, questionKey, ROOT } from "../wire/names.ts";
import { type LocalAnswer, soaOf } from "./local-answer.ts";
import type { Alias } from "./local-data.ts";
import { withoutPrivateAddresses } from "./rebinding.ts";

export interface RewriteRules {
  /** The configured CNAMEs that begin the answer to `question` and end elsewhere. */
  alias(question: Question): Alias | undefined;
  isBlocked(name: Name): boolean;
  /** What is answered where a CNAME of the answer leads to a blocked name. */
  blockedAnswer(question: Question): LocalAnswer;
  /** Whether private addresses are fine in answers for `qname`: allowed by name, or from a server of its own domains. */
  mayBePrivate(qname: Name): boolean;
}

/** Plain counters, read when metrics are scraped. */
export interface RewriteCounters {
  blockedTargets: number;
  privateAddresses: number;
}

const PRIVATE: ExtendedError = {
  infoCode: InfoCode.BLOCKED,
  text: "a private address in an answer for a public name",
};

/** Seconds: a client asks again soon, in case an exception was made for the name. */
const EMPTIED_TTL = 60;

export interface RewriteDeps {
  readonly clock: Clock;
  readonly counters: RewriteCounters;
}

/** What may stand before the data that was asked for, and signatures over it. */
const ALIAS_TYPES: ReadonlySet<number> = new Set([Type.CNAME, Type.DNAME, Type.RRSIG]);

export function rewritten(next: Exchange, rules: RewriteRules, deps: RewriteDeps): Exchange {
  const usual = onWayBack(next, { landed: (response, query, budget) => rewrite(response, query, budget) });
  return exchangeOf((query, budget, landing) => {
    const alias = rules.alias(query.question);
    if (alias === undefined) usual.ask(query, budget, landing);
    else settle(throughAlias(query, budget, alias), landing);
  });

  async function throughAlias(query: Query, budget: Budget, alias: Alias): Promise<Response> {
    const response = await next.exchange(retargeted(query, alias.target), budget);
    return rewrite(response, query, budget, alias);
  }

  function rewrite(response: Response, { question }: Query, budget: Budget, alias?: Alias): Response {
    if (leadsToBlocked(response, rules)) return blocked(response, question, rules, deps, budget);
    const answer = withoutPrivateAddresses(response.answer);
    const isHarmless =
      answer === response.answer ||
      rules.mayBePrivate(question.qname) ||
      (alias !== undefined && rules.mayBePrivate(alias.target));
    const harmless = isHarmless ? response : withoutRebinding(response, answer, deps, budget);
    return alias === undefined ? harmless : prefixed(harmless, alias);
  }
}

function retargeted(query: Query, qname: Name): Query {
  const question = { ...query.question, qname };
  return { ...query, question, key: questionKey(question) };
}

/** The configured CNAMEs first. They are ours, so the whole cannot be secure. */
function prefixed(response: Response, alias: Alias): Response {
  const verdict = response.verdict === "secure" ? "insecure" : response.verdict;
  return { ...response, answer: [...alias.chain, ...response.answer], verdict };
}

/** Not asked of bogus data, which nobody is to be led by: it stays bogus. */
export function leadsToBlocked(
  { answer, verdict }: Pick<Response, "answer" | "verdict">,
  rules: Pick<RewriteRules, "isBlocked">,
): boolean {
  if (verdict === "bogus") return false;
  return answer.some(({ type, rdata }) => {
    if (type !== Type.CNAME) return false;
    const target = nameFromOctets(rdata);
    return target !== undefined && rules.isBlocked(target);
  });
}

function blocked(
  response: Response,
  question: Question,
  rules: RewriteRules,
  deps: RewriteDeps,
  budget: Budget,
): Response {
  deps.counters.blockedTargets++;
  tell(budget, deps, "a CNAME of the answer leads to a name on a block list");
  const { rcode, answer, authority, errors } = rules.blockedAnswer(question);
  const { upstream } = response;
  return { rcode, answer, authority, errors, verdict: "insecure", isByRule: true, upstream };
}

function withoutRebinding(
  response: Response,
  answer: readonly ResourceRecord[],
  deps: RewriteDeps,
  budget: Budget,
): Response {
  deps.counters.privateAddresses++;
  tell(budget, deps, "private addresses were taken out of the answer");
  // With no record left but aliases it is NODATA, which clients keep by the SOA (RFC 2308 §5).
  const isEmpty = answer.every(({ type }) => ALIAS_TYPES.has(type));
  return {
    ...response,
    answer,
    authority: isEmpty ? [soaOf(ROOT, EMPTIED_TTL)] : [],
    errors: [PRIVATE, ...response.errors],
    verdict: response.verdict === "bogus" ? "bogus" : "insecure",
  };
}

function tell(budget: Budget, { clock }: RewriteDeps, text: string): void {
  budget.trace?.add({ at: clock.now(), stage: "local", text });
}
