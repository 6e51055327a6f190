/**
 * One lookup for the operator (`sotto query`, `sotto explain`): the same rules, cache and miss path as a
 * client's, with the steps told.
 */
import { isTrusted } from "../cache/entry.ts";
import type { Kept } from "../cache/kept.ts";
import type { Store } from "../cache/store.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Exchange, Query, Response } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import type { Lookup, LookupOptions } from "../ports/operator.ts";
import type { Trace, TraceStep } from "../ports/trace.ts";
import { budgetUntil } from "../resolve/budget.ts";
import { viewOf } from "../resolve/client-view.ts";
import type { LocalAnswers } from "../resolve/serve.ts";
import { Rcode, rcodeToText } from "../wire/codes.ts";
import { questionKey } from "../wire/names.ts";
import { isFault, readMessage } from "../wire/read-message.ts";
import { disclosures } from "./disclosure.ts";

export interface LookupDeps {
  readonly local: LocalAnswers;
  readonly store: Store;
  /** What follows from proofs in hand; `undefined` where that is switched off. */
  readonly synthesis: { answer(question: Question): Response | undefined } | undefined;
  /** Resolves and stores without a look into the cache. */
  readonly storing: Exchange;
  readonly answers: Exchange;
  readonly clock: Clock;
  /** Milliseconds a lookup may take. */
  readonly queryTimeout: number;
}

/** Steps one lookup tells at most; a chain of trust with retries has a few dozen. */
const MAX_STEPS = 1_000;

export async function lookUp(question: Question, options: LookupOptions, deps: LookupDeps): Promise<Lookup> {
  const since = deps.clock.now();
  const steps: TraceStep[] = [];
  const trace: Trace = {
    add: (step) => {
      if (steps.length < MAX_STEPS) steps.push(step);
    },
  };
  const isTraced = options.trace === true;
  const done = (response: Response, fromCache: boolean): Lookup => {
    const shown = options.checkingDisabled === true ? response : asWithoutCd(response);
    const at = deps.clock.now();
    if (isTraced) for (const told of disclosures(steps)) trace.add({ at, ...told });
    return { response: shown, steps: isTraced ? steps : [], elapsedMs: at - since, fromCache };
  };

  const local = deps.local.answer(question);
  trace.add({ at: since, stage: "local", ...describeLocal(local) });
  if (local !== undefined) return done({ ...local, verdict: "insecure", upstream: "" }, false);

  const query: Query = { question, key: questionKey(question), purpose: "operator" };
  const entry = deps.store.find(query.key);
  trace.add({ at: deps.clock.now(), stage: "cache", ...describeEntry(entry, since, deps.local.generation) });
  const isFresh =
    entry !== undefined && since < entry.expiresAt && entry.generation === deps.local.generation;
  if (isFresh && !isTraced) return done(responseOf(entry, since), true);
  const proven = isTraced ? undefined : deps.synthesis?.answer(question);
  if (proven !== undefined) return done(proven, true);

  const budget = budgetUntil(since + deps.queryTimeout, isTraced ? trace : undefined);
  try {
    const exchange = isTraced ? deps.storing : deps.answers;
    return done(await exchange.exchange(query, budget), false);
  } catch (error) {
    const { rcode, error: extended } = viewOf(error);
    const told = error instanceof Error ? error.message : "unknown fault";
    trace.add({ at: deps.clock.now(), stage: "answer", text: `failed: ${told}` });
    const errors = [extended];
    return done({ rcode, answer: [], authority: [], verdict: "indeterminate", errors, upstream: "" }, false);
  }
}

/** As a client without CD sees it: what is bogus, or could not be judged, is SERVFAIL. */
function asWithoutCd(response: Response): Response {
  if (isTrusted(response)) return response;
  return { ...response, rcode: Rcode.SERVFAIL, answer: [], authority: [] };
}

function describeLocal(local: { rcode: number } | undefined): { text: string } {
  if (local === undefined) return { text: "no local rule matches" };
  return { text: `answered here: ${rcodeToText(local.rcode)}` };
}

function describeEntry(
  entry: Kept | undefined,
  now: number,
  generation: number,
): { text: string; detail?: Record<string, unknown> } {
  if (entry === undefined) return { text: "not in the cache" };
  if (entry.generation !== generation) return { text: "in the cache, but from before the rules changed" };
  const seconds = Math.round((entry.expiresAt - now) / 1_000);
  const detail = { verdict: entry.verdict, upstream: entry.upstream, secondsLeft: seconds };
  const state = seconds > 0 ? `for another ${seconds} s` : `expired ${-seconds} s ago`;
  return { text: `in the cache (${entry.verdict}) ${state}; asked again to explain it`, detail };
}

/** An entry as data again, its TTLs counted down (RFC 1035 §3.2.1). */
function responseOf(entry: Kept, now: Instant): Response {
  const octets = Buffer.alloc(entry.bodyOctets(true));
  entry.writeBody(true, octets, 0, Math.floor((now - entry.storedAt) / 1_000), undefined);
  const message = readMessage(octets);
  const { rcode, verdict, errors, upstream } = entry;
  if (isFault(message)) return { rcode, verdict, errors, upstream, answer: [], authority: [] };
  return { rcode, verdict, errors, upstream, answer: message.answer, authority: message.authority };
}
