/**
 * One lookup for the operator (`sotto query`, `sotto explain`): the same rules, cache and miss path as a
 * client's, with the steps told.
 */
import { isTrusted } from "../cache/entry.ts";
import type { Kept } from "../cache/kept.ts";
import type { Store } from "../cache/store.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import type { Lookup, LookupOptions } from "../ports/operator.ts";
import type { Trace, TraceStep } from "../ports/trace.ts";
import { absenceOf } from "../resolve/absent-names.ts";
import { budgetUntil } from "../resolve/budget.ts";
import { viewOf } from "../resolve/client-view.ts";
import type { LocalAnswers } from "../resolve/serve.ts";
import { isWanted, STALE_TTL, staleErrorOf } from "../resolve/stale.ts";
import { isServable } from "../resolve/stored.ts";
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
  /** Milliseconds it waits for a fresh answer where a stale one is at hand, unless its steps are told. */
  readonly staleAfter: number;
  /** Milliseconds past its end that an entry may be given (RFC 8767). */
  readonly serveStale: number;
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

  // Copied now: the entry may go while we ask.
  const stale = isFresh ? undefined : staleOf(entry, since, deps);
  if (!isTraced && (stale === undefined || stale.rcode === Rcode.NXDOMAIN)) {
    const absence = absenceOf(query.key, deps.store, since, deps.local.generation);
    if (absence !== undefined) return done(responseOf(absence, since), true);
  }
  const budget = budgetUntil(since + deps.queryTimeout, isTraced ? trace : undefined);
  const asked = outcomeOf(isTraced ? deps.storing : deps.answers, {
    query,
    budget,
    trace,
    clock: deps.clock,
  });
  if (stale === undefined) return done(await asked, false);
  const response = isTraced ? await asked : await within(asked, deps.staleAfter, deps.clock);
  if (response !== undefined && isWanted(response, options.checkingDisabled === true))
    return done(response, false);
  trace.add({
    at: deps.clock.now(),
    stage: "answer",
    text: "nothing fresh to be had: clients get stale data",
  });
  return done(stale, true);
}

interface Asking {
  readonly query: Query;
  readonly budget: Budget;
  readonly trace: Trace;
  readonly clock: Clock;
}

/** What an exchange gives, a fault included: as a client is told of it. */
async function outcomeOf(exchange: Exchange, { query, budget, trace, clock }: Asking): Promise<Response> {
  try {
    return await exchange.exchange(query, budget);
  } catch (error) {
    const { rcode, error: extended } = viewOf(error);
    const told = error instanceof Error ? error.message : "unknown fault";
    trace.add({ at: clock.now(), stage: "answer", text: `failed: ${told}` });
    return { rcode, answer: [], authority: [], verdict: "indeterminate", errors: [extended], upstream: "" };
  }
}

/** `undefined` where it takes longer than `delay`. */
function within(asked: Promise<Response>, delay: number, clock: Clock): Promise<Response | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delay, () => {
      resolve(undefined);
    });
    asked.finally(cancel).then(resolve, reject);
  });
}

/** What clients get of an entry that is past its end, where there is nothing better (RFC 8767). */
function staleOf(entry: Kept | undefined, now: Instant, deps: LookupDeps): Response | undefined {
  const { local, serveStale } = deps;
  if (entry?.generation !== local.generation || !isServable(entry, now, serveStale)) return undefined;
  const response = responseOf(entry, now, STALE_TTL);
  // Clients get it without AD once its signatures have expired (RFC 4035 §5.3.3).
  const verdict = response.verdict === "secure" && now >= entry.secureUntil ? "insecure" : response.verdict;
  return { ...response, verdict, errors: [staleErrorOf(entry.rcode), ...response.errors] };
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

/** An entry as data again, its TTLs counted down (RFC 1035 §3.2.1), or all of them `ttl`. */
function responseOf(entry: Kept, now: Instant, ttl?: number): Response {
  const octets = Buffer.alloc(entry.bodyOctets(true));
  entry.writeBody(true, octets, 0, Math.floor((now - entry.storedAt) / 1_000), ttl);
  const message = readMessage(octets);
  const { rcode, verdict, errors, upstream } = entry;
  if (isFault(message)) return { rcode, verdict, errors, upstream, answer: [], authority: [] };
  return { rcode, verdict, errors, upstream, answer: message.answer, authority: message.authority };
}
