/**
 * The one interface of the miss path. Every stage takes an `Exchange` and is an `Exchange`; the order of
 * the stages is written once, in `app.ts`.
 */
import type { Instant } from "./clock.ts";
import type { Name, Question, ResourceRecord, Rrset } from "./message.ts";
import type { Trace } from "./trace.ts";

/** Security status of data (RFC 4033 §5). `indeterminate` also means: nobody has judged it yet. */
export type Verdict = "secure" | "insecure" | "bogus" | "indeterminate";

/** An Extended DNS Error (RFC 8914 §2). `text` never holds a name or an address. */
export interface ExtendedError {
  readonly infoCode: number;
  readonly text: string;
}

/** Who wants to know: decides accounting, never content. */
export type Purpose = "client" | "helper" | "refresh" | "decoy" | "operator";

export interface Query {
  readonly question: Question;
  /** The question as one string (`questionKey` of `wire/names.ts`): equal for equal questions. */
  readonly key: string;
  readonly purpose: Purpose;
  /** Label of the server whose response was no use: ask another that may see the name, else a fresh connection. */
  readonly avoid?: string;
}

/** An RRset whose signature holds, and what that very signature says: another beside it may say anything. */
export interface Proven {
  readonly rrset: Rrset;
  /** The zone that signed it. */
  readonly zone: Name;
  /** The wildcard that it was expanded from; `undefined` where it stands under its own name (RFC 4035 §5.3.4). */
  readonly wildcard: Name | undefined;
}

/** A response as data. Shared between flights and the cache: must not be written to. */
export interface Response {
  /** Extended RCODE as the upstream (or we) gave it. */
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Of a secure response: what may be concluded from for other names. Only who judged it can say. */
  readonly proven?: readonly Proven[];
  readonly verdict: Verdict;
  /** What to tell clients beside the RCODE; first is the most telling. */
  readonly errors: readonly ExtendedError[];
  /** Whether a rule of the operator's decided it: no failure then, whatever its RCODE. */
  readonly isByRule?: boolean;
  /** Label of the server that answered; `""` when made here. */
  readonly upstream: string;
  /** Seconds the verdict allows this to be kept (signatures' expiration, RFC 4035 §5.3.3); absent: no bound. */
  readonly maxLifetime?: number;
}

/**
 * Work that one flight may still cause. Counted down, shared by all its helper queries and never reset by
 * a retry (CVE-2026-50045).
 */
export interface Work {
  /** Counted down by whoever sends, and by nobody before: a query must not be paid for twice. */
  upstreamQueries: number;
  verifications: number;
  failedVerifications: number;
  nsec3Hashes: number;
}

/** What one flight may use up. */
export interface Budget {
  readonly deadline: Instant;
  readonly work: Work;
  /** Where `sotto explain` listens; absent otherwise, and then nothing is built for it. */
  readonly trace?: Trace;
}

/** Who waits for a response without a promise in between. Told once, perhaps before `ask` returns; never throws. */
export interface Landing {
  landed(response: Response): void;
  failed(error: unknown): void;
}

export interface Exchange {
  /**
   * Asks a question and gives the response.
   * @throws {ResolutionError} when there is no response to give; DNS outcomes (NXDOMAIN, SERVFAIL from
   *   upstream, bogus) are values, not errors.
   */
  exchange(query: Query, budget: Budget): Promise<Response>;
  /** The same without a promise, which is a large part of what a miss costs. Absent: `exchange` is the only way. */
  ask?(query: Query, budget: Budget, landing: Landing): void;
}
