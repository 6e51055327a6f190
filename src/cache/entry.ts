/**
 * One response, ready to be kept: its verdict and lifetime beside at most two rendered bodies, one for clients that
 * set DO and one for the others. A hit copies a body and patches ID, flags, TTLs, letter case and OPT.
 */
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError, Response, Verdict } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import { Rcode } from "../wire/codes.ts";
import { type Body, renderBodies, renderFull, renderPlain, writeBody } from "./body.ts";

/** Share of an entry's lifetime after which a hit asks for a refresh. */
const REFRESH_SHARE = 0.9;

const HEADER_OCTETS = 12;

/** Seconds; as milliseconds they fit a word. */
const MAX_SECONDS = 1_000_000;

/** One for all entries, which is nearly every one. */
export const NO_ERRORS: readonly ExtendedError[] = [];

export interface EntryTerms {
  readonly now: Instant;
  /** Seconds it may be served; 0 for an entry that renders one answer and is not kept. */
  readonly lifetime: number;
  /** Seconds; TTLs above it are cut to it. */
  readonly maxTtl: number;
  /** Seconds; TTLs of ANSWER below it are raised to it. */
  readonly minTtl: number;
  readonly generation: number;
  /** For an entry that renders one answer: whether its client set DO. Absent: both kinds of client are to come. */
  readonly dnssecOk?: boolean;
}

/** Seconds; what is answered here lives as long as its TTLs say. */
const UNBOUNDED = 0x7fff_ffff;

/** Terms of an entry that renders one answer made here. */
export function answeredHere(now: Instant, dnssecOk: boolean): EntryTerms {
  return { now, lifetime: 0, maxTtl: UNBOUNDED, minTtl: 0, generation: 0, dnssecOk };
}

/** What an answer to a client is made from. */
export interface Servable {
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
  readonly storedAt: Instant;
  /** A secure verdict does not outlive the signatures it stands on (RFC 4035 §5.3.3). */
  readonly secureUntil: Instant;
  /** The question in wire format, in lower case: octets as a latin1 string. */
  readonly question: string;
  /** Octets of the message without OPT, for a client that did or did not set DO. */
  bodyOctets(dnssecOk: boolean): number;
  /** Writes that message with its TTLs `age` seconds later, or all of them as `ttl` says. */
  writeBody(dnssecOk: boolean, out: Buffer, at: number, age: number, ttl: number | undefined): void;
}

export class Entry implements Servable {
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
  /** Label of the server the response came from. */
  readonly upstream: string;
  readonly storedAt: Instant;
  readonly expiresAt: Instant;
  /** A secure verdict does not outlive the signatures it stands on (RFC 4035 §5.3.3). */
  readonly secureUntil: Instant;
  /** Policy (block lists, local records, rebinding rules) in force when this was stored. */
  readonly generation: number;
  readonly #full: Body;
  readonly #plain: Body;

  constructor(question: Question, response: Response, terms: EntryTerms) {
    const { lifetime, dnssecOk } = terms;
    this.verdict = response.verdict;
    this.rcode = response.rcode;
    this.errors = response.errors.length === 0 ? NO_ERRORS : response.errors;
    this.upstream = response.upstream;
    this.storedAt = Math.floor(terms.now);
    this.expiresAt = this.storedAt + lifetime * 1_000;
    const proven = Math.min(response.maxLifetime ?? MAX_SECONDS, MAX_SECONDS);
    this.secureUntil = this.storedAt + Math.floor(proven * 1_000) + 1;
    this.generation = terms.generation;
    if (dnssecOk === undefined) {
      const { full, plain } = renderBodies(question, response, terms);
      this.#full = full;
      this.#plain = plain;
    } else {
      const render = dnssecOk ? renderFull : renderPlain;
      this.#full = this.#plain = render(question, response, terms);
    }
  }

  get question(): string {
    return this.#full.octets.slice(HEADER_OCTETS, this.#full.questionEnd);
  }

  bodyFor(dnssecOk: boolean): Body {
    return dnssecOk ? this.#full : this.#plain;
  }

  bodyOctets(dnssecOk: boolean): number {
    return this.bodyFor(dnssecOk).octets.length;
  }

  writeBody(dnssecOk: boolean, out: Buffer, at: number, age: number, ttl: number | undefined): void {
    writeBody(this.bodyFor(dnssecOk), out, at, age, ttl);
  }
}

/** Milliseconds after which a hit on an entry of `lifetime` asks for a refresh, at most once. */
export function refreshAfter(response: Pick<Response, "verdict" | "rcode">, lifetime: number): number {
  // A failure is asked about again when its time is over, not sooner (RFC 9520 §3.2).
  return isData(response) ? Math.floor(lifetime * REFRESH_SHARE) : lifetime;
}

/** Whether a client that did not set CD may see this: bogus data never, nor what could not be judged. */
export function isTrusted({ verdict }: Pick<Response, "verdict">): boolean {
  return verdict === "secure" || verdict === "insecure";
}

/** Whether a response tells of nothing: that the name does not exist, or that it could not be resolved. */
export function isBarren(response: Pick<Response, "verdict" | "rcode">): boolean {
  return !isTrusted(response) || response.rcode !== Rcode.NOERROR;
}

/** Whether a response answers its question, if only by saying that there is nothing. */
export function isData(response: Pick<Response, "verdict" | "rcode">): boolean {
  return isTrusted(response) && isConclusive(response);
}

/** Whether a response says what there is, or that there is nothing; that may be a lie. */
export function isConclusive({ rcode }: Pick<Response, "rcode">): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN;
}
