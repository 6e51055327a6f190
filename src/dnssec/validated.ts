/**
 * The stage of the miss path that gives every response its verdict. Fetches DS and DNSKEY by `helpers`, the
 * raw exchange, so that there is no way from here back to itself.
 *
 * Bogus is data: the records stay in the response for clients that set CD; whoever renders makes SERVFAIL of
 * it for all others. Where DS or DNSKEY cannot be had the verdict is indeterminate with errors, which is to
 * be rendered likewise: never as insecure.
 *
 * Source: RFC 4035 §4, §5; RFC 6840 §5.9; RFC 8914.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import { ask, promised, settle } from "../ports/asking.ts";
import type {
  Budget,
  Exchange,
  ExtendedError,
  Landing,
  Query,
  Response,
  Verdict,
} from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { ROOT, isAtOrBelow } from "../wire/names.ts";
import type { Anchors } from "./anchors.ts";
import { completed, openEnd } from "./completion.ts";
import { explain } from "./explain.ts";
import { type HelperAnswer, coveredType } from "./helper-answer.ts";
import { judge } from "./judge.ts";
import { type Judge, Judged } from "./judged.ts";
import type { ClientRules, JudgeTools, Judgement } from "./judgement.ts";
import { type OpenSslByName, verifiesHere } from "./public-key.ts";
import { asFailure, isFailure } from "./failure.ts";
import { bogusErrors, indeterminateErrors, informativeErrors } from "./reasons.ts";
import { type ClockSkew, DEFAULT_CLOCK_SKEW } from "./rrsig.ts";
import { VerifiedMemory } from "./verify.ts";
import { KeyStore } from "./zone-key.ts";
import { ZoneMap } from "./zone-map.ts";
import type { SecureZone, ZoneStatus } from "./zone-status.ts";
import { ZoneWalk } from "./zone-walk.ts";

export interface ValidatedOptions {
  /** Algorithm numbers that are treated as if they were unknown (RFC 9905). */
  readonly insecureAlgorithms: readonly number[];
  readonly minRsaBits: number;
  readonly nsec3MaxIterations: number;
  /** Milliseconds since 1970 that signatures are judged by; the wall clock's where absent. */
  readonly validationTime?: number;
  readonly skew?: ClockSkew;
  /** Whether the DS of the registrable domain leaves beside this question itself. */
  readonly prefetchChain: (question: Question) => boolean;
}

export interface ValidatedDeps {
  readonly clock: Clock;
  readonly anchors: Anchors;
  registrableDomain(qname: Name): Name;
  /** Absent: there are none. */
  readonly rules?: ClientRules;
  /** Shared with whoever else verifies under the same policy. */
  readonly keys?: KeyStore;
  /** A shorter way to verify, where there is one. */
  readonly openSsl?: OpenSslByName;
  /** Told of a secure zone whose keys are used in the last tenth of their time. */
  onAgeing?(zone: SecureZone): void;
  /** Ends after other work had its turn. */
  pause?(): Promise<void>;
}

export interface ValidatedCounters {
  /** Responses by verdict. */
  readonly verdicts: Record<Verdict, number>;
  /** Bogus responses that were asked for once more. */
  retries: number;
  /** Of these, how many were then no longer bogus. */
  mended: number;
}

/** The keys a policy allows, on this build of OpenSSL. */
export function keyStoreOf(
  options: Pick<ValidatedOptions, "insecureAlgorithms" | "minRsaBits">,
  openSsl?: OpenSslByName,
): KeyStore {
  const policy = {
    minRsaBits: options.minRsaBits,
    isAlgorithmUsable: (algorithm: number) =>
      !options.insecureAlgorithms.includes(algorithm) && verifiesHere(algorithm),
  };
  return new KeyStore(policy, openSsl);
}

export class Validator implements Exchange {
  readonly #next: Exchange;
  readonly #options: ValidatedOptions;
  readonly #deps: ValidatedDeps;
  readonly #tools: JudgeTools;
  readonly #memory = new VerifiedMemory();
  readonly zones: ZoneMap;
  readonly counters: ValidatedCounters = {
    verdicts: { secure: 0, insecure: 0, bogus: 0, indeterminate: 0 },
    retries: 0,
    mended: 0,
  };

  constructor(next: Exchange, helpers: Exchange, options: ValidatedOptions, deps: ValidatedDeps) {
    this.#next = next;
    this.#options = options;
    this.#deps = deps;
    const keys = deps.keys ?? keyStoreOf(options, deps.openSsl);
    const walk = new ZoneWalk(
      {
        maxIterations: options.nsec3MaxIterations,
        skew: options.skew ?? DEFAULT_CLOCK_SKEW,
        validationTime: options.validationTime,
      },
      { helpers, clock: deps.clock, anchors: deps.anchors, keys, memory: this.#memory },
    );
    this.zones = new ZoneMap(walk, deps.clock, (zone) => deps.onAgeing?.(zone));
    this.#tools = {
      zones: this.zones,
      likelyCut: (name) => deps.registrableDomain(name),
      isAnsweredHere: (question) => deps.rules?.isAnsweredHere(question) === true,
      isBlocked: (name) => deps.rules?.isBlocked(name) === true,
      context: (budget) => walk.context(budget),
      pause: deps.pause ?? nextTurn,
    };
  }

  /** Milliseconds since 1970 that have passed, by signatures that held; `undefined` where none did, or by no clock. */
  get passed(): number | undefined {
    const { passed } = this.#memory;
    return this.#options.validationTime !== undefined || passed === undefined ? undefined : passed * 1_000;
  }

  exchange(query: Query, budget: Budget): Promise<Response> {
    return promised(this.ask, query, budget);
  }

  readonly ask = (query: Query, budget: Budget, landing: Landing): void => {
    const { question } = query;
    if (question.qclass !== Class.IN || question.qtype === Type.RRSIG || isHeldHere(question)) {
      settle(this.#apart(query, budget), landing);
      return;
    }
    ask(this.#next, query, budget, new Judged(this.#judged, query, budget, landing));
    this.#prefetch(question, budget);
  };

  /** Questions with an answer that is not judged, or that may be known already. */
  async #apart(query: Query, budget: Budget): Promise<Response> {
    const { question } = query;
    if (question.qclass !== Class.IN)
      return this.#counted(unjudged(await this.#next.exchange(query, budget)));
    if (question.qtype === Type.RRSIG)
      return this.#counted(ofSignatures(question, await this.#next.exchange(query, budget)));
    const held = await this.#held(question, budget);
    if (held === undefined) return this.#judged(await this.#asked(query, budget), query, budget);
    if (isFailure(held)) return this.#counted(failed(held));
    return this.#concluded(question, held, await judge(question, held, this.#tools, budget), budget);
  }

  /** The response with its verdict, at once where nothing has to be waited for. */
  readonly #judged: Judge = (response, query, budget) => {
    if (openEnd(query.question, response, this.#tools) === undefined)
      return this.#judgedAsIs(query, response, budget);
    return this.#completed(query, response, budget).then((whole) => this.#judgedAsIs(query, whole, budget));
  };

  #judgedAsIs(query: Query, response: Response, budget: Budget): Response | Promise<Response> {
    if (isFailure(response)) return this.#counted(failed(response));
    const judgement = judge(query.question, response, this.#tools, budget);
    if (!(judgement instanceof Promise)) return this.#settled(query, response, judgement, budget);
    return judgement.then((later) => this.#settled(query, response, later, budget));
  }

  #settled(
    query: Query,
    response: Response,
    judgement: Judgement,
    budget: Budget,
  ): Response | Promise<Response> {
    if (judgement.verdict === "bogus" && judgement.isOfMessage)
      return this.#retried(query, response, judgement, budget);
    return this.#concluded(query.question, response, judgement, budget);
  }

  /** What the map holds on a client's own DS or DNSKEY question. */
  async #held(question: Question, budget: Budget): Promise<Response | undefined> {
    const { qname, qtype } = question;
    if (this.#deps.anchors.governing(qname).kind !== "anchor") return undefined;
    const status = await this.zones.status(qname, budget);
    const isApex = status.kind === "secure" || (status.kind === "bogus" && status.at === qname);
    const answer = qtype === Type.DS ? status.ds : isApex ? status.dnskey : undefined;
    return answer && asResponse(answer, status, this.#deps.clock.now());
  }

  /** The response, with the chain above it on its way at the same moment. */
  #asked(query: Query, budget: Budget): Promise<Response> {
    const leaf = this.#next.exchange(query, budget);
    this.#prefetch(query.question, budget);
    return leaf;
  }

  /** The response `first`, with its open end asked for. */
  #completed(query: Query, first: Response, budget: Budget): Promise<Response> {
    return completed(query, first, budget, this.#next, this.#tools);
  }

  #prefetch(question: Question, budget: Budget): void {
    const { qname } = question;
    const rule = this.#deps.anchors.governing(qname);
    if (rule.kind !== "anchor") return;
    const domain = this.#deps.registrableDomain(qname);
    const zone = isAtOrBelow(domain, rule.zone) ? domain : rule.zone;
    if (this.zones.known(zone) !== undefined || !this.#options.prefetchChain(question)) return;
    this.zones.prefetch(zone, budget);
  }

  /** Once more, from another server or at least another connection; the budget is the same. */
  async #retried(query: Query, first: Response, judgement: Judgement, budget: Budget): Promise<Response> {
    const { question } = query;
    if (budget.work.upstreamQueries <= 0) return this.#concluded(question, first, judgement, budget);
    this.counters.retries += 1;
    budget.trace?.add({
      at: this.#deps.clock.now(),
      stage: "verdict",
      text: `bogus from ${first.upstream}: asking once more elsewhere`,
    });
    try {
      const retry = { ...query, avoid: first.upstream };
      const second = await this.#completed(retry, await this.#asked(retry, budget), budget);
      if (isFailure(second)) return this.#concluded(question, first, judgement, budget);
      const better = await judge(question, second, this.#tools, budget);
      if (better.verdict !== "bogus") this.counters.mended += 1;
      return this.#concluded(question, second, better, budget);
    } catch (error) {
      if (!(error instanceof ResolutionError)) throw error;
      return this.#concluded(question, first, judgement, budget);
    }
  }

  #concluded(question: Question, response: Response, judgement: Judgement, budget: Budget): Response {
    if (budget.trace !== undefined) explain(question, judgement, this.#deps.clock.now(), budget.trace);
    const { verdict, rcode, answer, authority, proven, lifetime } = judgement;
    const own = errorsOf(judgement);
    const errors = own.length === 0 ? response.errors : [...own, ...response.errors];
    const { upstream } = response;
    const judged: Response = Number.isFinite(lifetime)
      ? { rcode, answer, authority, proven, verdict, errors, upstream, maxLifetime: lifetime }
      : { rcode, answer, authority, verdict, errors, upstream };
    return this.#counted(judged);
  }

  #counted(response: Response): Response {
    this.counters.verdicts[response.verdict] += 1;
    return response;
  }
}

/** Every response gets its verdict; `helpers` brings DS and DNSKEY and must not lead back here. */
export function validated(
  next: Exchange,
  helpers: Exchange,
  options: ValidatedOptions,
  deps: ValidatedDeps,
): Validator {
  return new Validator(next, helpers, options, deps);
}

function errorsOf({ verdict, reason }: Judgement): readonly ExtendedError[] {
  if (verdict === "bogus") return bogusErrors(reason ?? "signature-wrong");
  if (verdict === "indeterminate") return indeterminateErrors(reason ?? "upstream-failure");
  return verdict === "insecure" ? informativeErrors(reason) : [];
}

/** Questions that the chain of trust asks too. The root has no DS (RFC 4035 §3.1.4.1). */
function isHeldHere({ qname, qtype }: Question): boolean {
  return qtype === Type.DNSKEY || (qtype === Type.DS && qname !== ROOT);
}

function failed(response: Response): Response {
  return { ...asFailure(response), verdict: "indeterminate" };
}

/** Signatures asked for as data are covered by nothing (RFC 4035 §2.2) and so never secure. */
function ofSignatures(question: Question, response: Response): Response {
  const answer = response.answer.filter(
    (record) => record.owner === question.qname && record.type === Type.RRSIG,
  );
  const authority = response.authority.filter((record) => coveredType(record) === Type.SOA);
  return unjudged({ ...response, answer, authority });
}

function unjudged(response: Response): Response {
  return isFailure(response) ? failed(response) : { ...response, verdict: "insecure" };
}

/** A kept DS or DNSKEY answer, as old as it is, and for no longer than `status`, which it is part of, stands. */
function asResponse(answer: HelperAnswer, status: ZoneStatus, now: Instant): Response {
  const age = Math.floor((now - answer.at) / 1_000);
  const most = Math.max(0, Math.floor((status.expiresAt - now) / 1_000));
  const aged = (record: ResourceRecord): ResourceRecord => withTtl(record, Math.min(record.ttl - age, most));
  return {
    rcode: answer.rcode,
    answer: answer.answerRecords.map(aged),
    authority: answer.authorityRecords.map(aged),
    verdict: "indeterminate",
    errors: [],
    upstream: answer.upstream,
  };
}

function withTtl(record: ResourceRecord, ttl: number): ResourceRecord {
  return ttl === record.ttl ? record : { ...record, ttl: Math.max(0, ttl) };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
