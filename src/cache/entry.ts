/**
 * One response, kept: its verdict and lifetime beside at most two rendered bodies, one for clients that set
 * DO and one for the others. A hit copies a body and patches ID, flags, TTLs, letter case and OPT.
 *
 * Instants are whole milliseconds: small integers cost no heap.
 */
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError, Response, Verdict } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import { Rcode } from "../wire/codes.ts";
import { type Body, renderBody } from "./body.ts";

/** Share of an entry's lifetime after which a hit asks for a refresh. */
const REFRESH_SHARE = 0.9;

/** Seconds; keeps instants small integers. */
const MAX_SECONDS = 1_000_000;

/** Octets of heap an entry takes beside its bodies: object, map slot, list links, key. Measured by the bench. */
const ENTRY_OVERHEAD = 230;
/** Octets of heap a body takes beside its message: objects, and the slots of the TTL offsets. */
const BODY_OVERHEAD = 88;
const OFFSET_OCTETS = 2;

/** One for all entries, which is nearly every one. */
const NO_ERRORS: readonly ExtendedError[] = [];

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

export class Entry {
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
  /** Label of the server the response came from. */
  readonly upstream: string;
  readonly storedAt: Instant;
  /** From here on a hit asks for a refresh, at most once. */
  readonly refreshAt: Instant;
  readonly expiresAt: Instant;
  /** A secure verdict does not outlive the signatures it stands on (RFC 4035 §5.3.3). */
  readonly secureUntil: Instant;
  /** Policy (block lists, local records, rebinding rules) in force when this was stored. */
  readonly generation: number;
  /** A refresh is under way or planned. */
  isRefreshing = false;
  /** A refresh failed: until then a stale answer is given at once (RFC 8767 §5). */
  inTroubleUntil: Instant = 0;
  /** A refresh was answered by a failure: not asked for again before (RFC 9520 §3.2). */
  refreshNotBefore: Instant = 0;
  readonly #full: Body;
  readonly #plain: Body;

  constructor(question: Question, response: Response, terms: EntryTerms) {
    const { lifetime, maxTtl, minTtl } = terms;
    this.verdict = response.verdict;
    this.rcode = response.rcode;
    this.errors = response.errors.length === 0 ? NO_ERRORS : response.errors;
    this.upstream = response.upstream;
    this.storedAt = Math.floor(terms.now);
    // A failure is asked about again when its time is over, not sooner (RFC 9520 §3.2).
    const share = isData(response) ? REFRESH_SHARE : 1;
    this.refreshAt = this.storedAt + Math.floor(lifetime * 1_000 * share);
    this.expiresAt = this.storedAt + lifetime * 1_000;
    const proven = Math.min(response.maxLifetime ?? MAX_SECONDS, MAX_SECONDS);
    this.secureUntil = this.storedAt + Math.floor(proven * 1_000) + 1;
    this.generation = terms.generation;
    const { dnssecOk } = terms;
    const first = renderBody(question, response, { dnssec: dnssecOk ?? true, maxTtl, minTtl });
    this.#full = first.body;
    this.#plain =
      dnssecOk === undefined && first.hasDnssecRecords
        ? renderBody(question, response, { dnssec: false, maxTtl, minTtl }).body
        : first.body;
  }

  /** The rendered message without OPT, for a client that did or did not set DO. */
  body(dnssecOk: boolean): Body {
    return dnssecOk ? this.#full : this.#plain;
  }

  /** Octets this entry accounts for in the cache. */
  get octets(): number {
    const full = octetsOf(this.#full);
    return ENTRY_OVERHEAD + full + (this.#plain === this.#full ? 0 : octetsOf(this.#plain));
  }
}

function octetsOf({ octets, ttlOffsets }: Body): number {
  return BODY_OVERHEAD + octets.length + ttlOffsets.length * OFFSET_OCTETS;
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
  if (!isTrusted(response)) return false;
  return response.rcode === Rcode.NOERROR || response.rcode === Rcode.NXDOMAIN;
}
