/**
 * The way of a question that the cache cannot answer. Each client waits on its own timer; the flight it
 * waits for belongs to nobody and goes on without it. Beside the flight waits a stale answer, where there
 * is one.
 *
 * Source: RFC 8767 §5 (stale data), RFC 8914 (errors).
 */
import { Entry } from "../cache/entry.ts";
import type { Excerpt, Kept } from "../cache/kept.ts";
import type { Store } from "../cache/store.ts";
import { ask } from "../ports/asking.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Exchange, Landing, Query, Response } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { ResolutionError } from "../ports/fault.ts";
import { Flag } from "../wire/codes.ts";
import { questionOfKey } from "../wire/names.ts";
import { Views } from "../wire/views.ts";
import { budgetUntil } from "./budget.ts";
import { viewOf } from "./client-view.ts";
import { DelayLine } from "./delay-line.ts";
import type { Answerer, PendingClient } from "./pending-client.ts";
import { answeringFlags, writeBare, writeEntry } from "./respond.ts";
import type { AnswerSource, ServeCounters } from "./serve-counters.ts";
import { isWanted, staleErrorOf } from "./stale.ts";
import { STALE_RECHECK } from "./stored.ts";

export interface MissesOptions {
  /** Milliseconds a client waits for anything. */
  readonly queryTimeout: number;
  /** Milliseconds a client waits for a fresh answer where a stale one is at hand. */
  readonly staleAfter: number;
  /** Clients that may wait at a time; above it: SERVFAIL with EDE. */
  readonly maxWaiting: number;
}

export interface MissesDeps {
  readonly answers: Exchange;
  readonly store: Store;
  /** Policy in force now. */
  readonly generation: () => number;
  /** Whether somebody could answer this question now, as far as is known. */
  readonly isReachable: (question: Question) => boolean;
  /** Whether the network's own resolver is asked this question instead (`released.ts`). */
  readonly isReleased?: (question: Question) => boolean;
  /** Whether one more query may leave for no client: prefetches have a share of the upstream queries. */
  readonly mayPrefetch: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: ServeCounters;
  /** Told of what must not happen: a fault of ours, not of the DNS. */
  readonly onBug: (error: unknown) => void;
}

/** Refreshes that wait for their moment; what comes above it is refreshed when it has expired. */
const MAX_PLANNED_REFRESHES = 1_024;

const HEADER_OCTETS = 12;
/** A response is put together here and copied out: nothing in it outlives the call. */
const ROOM = Buffer.allocUnsafe(0xffff);
const RESPONSES = new Views(ROOM);

interface Planned {
  readonly key: string;
  readonly cancel: () => void;
}

export class Misses implements Answerer {
  readonly #options: MissesOptions;
  readonly #deps: MissesDeps;
  readonly #deadlines: DelayLine<PendingClient>;
  readonly #staleTimers: DelayLine<PendingClient>;
  /** Refreshes that have their moment, by serial of the entry. BOUNDED: by `MAX_PLANNED_REFRESHES`. */
  readonly #planned = new Map<number, Planned>();
  #waiting = 0;
  #isStopping = false;

  constructor(options: MissesOptions, deps: MissesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#deadlines = new DelayLine(deps.clock, options.queryTimeout, (client) => {
      this.failed(client, new ResolutionError("deadline-exceeded", "the client's time is up"));
    });
    this.#staleTimers = new DelayLine(deps.clock, options.staleAfter, (client) => {
      const { stale } = client;
      if (stale === undefined) return;
      this.#troubled(client.key, stale.serial);
      this.#answerStale(client, stale);
    });
  }

  /** Clients waiting now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Answers `client` when the flight lands, its stale timer rings, or its time is up. */
  wait(client: PendingClient): void {
    this.#waiting++;
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.failed(client, refusal);
      return;
    }
    if (client.stale !== undefined && this.#isInTrouble(client, client.stale)) {
      this.#answerStale(client, client.stale);
      if (this.#deps.clock.now() >= client.stale.refreshNotBefore)
        this.#refresh(client.key, client.stale.serial);
      return;
    }
    client.deadline = this.#deadlines.push(client, client.since);
    if (client.stale !== undefined) client.staleTimer = this.#staleTimers.push(client, client.since);
    client.answerer = this;
    this.#ask(client.key, "client", client.since, client);
  }

  /**
   * Plans a refresh for a random moment of the time `entry` has left, so that an upstream does not see when
   * a client asked.
   */
  refreshSoon(key: string, entry: Kept, now: Instant): void {
    if (entry.isRefreshing || now < entry.refreshNotBefore) return;
    if (this.#planned.size >= MAX_PLANNED_REFRESHES) return;
    entry.isRefreshing = true;
    const { serial } = entry;
    const left = Math.max(1, Math.floor(entry.expiresAt - now));
    const cancel = this.#deps.clock.after(this.#deps.random.below(left), () => {
      this.#planned.delete(serial);
      this.#prefetch(key, serial);
    });
    this.#planned.set(serial, { key, cancel });
  }

  /** The program stops: answers all who wait, and who still comes, while they can be reached. */
  giveUp(): void {
    this.#isStopping = true;
    for (
      let client = this.#deadlines.takeFirst();
      client !== undefined;
      client = this.#deadlines.takeFirst()
    ) {
      this.failed(client, stopped());
    }
  }

  /** Calls off what was planned; another may plan it again. Clients that wait are answered by their flights' ends. */
  close(): void {
    for (const [serial, { key, cancel }] of this.#planned) {
      cancel();
      this.#refreshed(key, serial);
    }
    this.#planned.clear();
    this.#deadlines.close();
    this.#staleTimers.close();
  }

  #refusal(): ResolutionError | undefined {
    if (this.#isStopping) return stopped();
    if (this.#waiting <= this.#options.maxWaiting) return undefined;
    return new ResolutionError("overloaded", "too many clients waiting");
  }

  /**
   * RFC 8767 §5: whether `client` need not wait for a fresh answer, since a try would fail, or lately did. A bogus one
   * failed for those alone who did not set CD.
   */
  #isInTrouble({ key, flags }: PendingClient, stale: Excerpt): boolean {
    // Stale data would hide the portal that the client looks for.
    if (this.#deps.isReleased?.(questionOfKey(key)) === true) return false;
    const troubledUntil =
      (flags & Flag.CD) === 0 ? Math.max(stale.inTroubleUntil, stale.refreshNotBefore) : stale.inTroubleUntil;
    return this.#deps.clock.now() < troubledUntil || !this.#deps.isReachable(questionOfKey(key));
  }

  #prefetch(key: string, serial: number): void {
    const entry = this.#current(key, serial);
    // Flushed, evicted or replaced meanwhile: nobody asked for that.
    if (entry === undefined) return;
    entry.isRefreshing = false;
    // Under the rules of now the name may be ours, or blocked: it is not to leave, let alone to be kept.
    if (entry.generation !== this.#deps.generation()) return;
    if (!this.#deps.mayPrefetch()) {
      this.#deps.counters.prefetchesSpared++;
      // Not before the next client: what expires is asked for then.
      entry.refreshNotBefore = entry.expiresAt;
      return;
    }
    this.#deps.counters.prefetches++;
    this.#refresh(key, serial);
  }

  /** Asks again for what an entry holds, for no client, unless that is under way. */
  #refresh(key: string, serial: number): void {
    const entry = this.#current(key, serial);
    if (entry?.isRefreshing === true) return;
    if (entry !== undefined) entry.isRefreshing = true;
    this.#ask(key, "refresh", this.#deps.clock.now(), {
      landed: () => {
        this.#refreshed(key, serial);
      },
      failed: (error) => {
        this.#refreshed(key, serial);
        this.#troubled(key, serial, error);
      },
    });
  }

  #refreshed(key: string, serial: number): void {
    const entry = this.#current(key, serial);
    if (entry !== undefined) entry.isRefreshing = false;
  }

  /** The entry that was found under `key`, unless it is gone or another has taken its place. */
  #current(key: string, serial: number): Kept | undefined {
    const entry = this.#deps.store.peek(key);
    return entry?.serial === serial ? entry : undefined;
  }

  #ask(key: string, purpose: Query["purpose"], now: Instant, landing: Landing): void {
    const query: Query = { question: questionOfKey(key), key, purpose };
    const budget = budgetUntil(now + this.#options.queryTimeout);
    ask(this.#deps.answers, query, budget, landing);
  }

  /** Part of `Answerer`. */
  landed(client: PendingClient, response: Response): void {
    try {
      this.#answer(client, response);
    } catch (error) {
      this.failed(client, error); // A bug here is this client's fault, not that of the connection the response came by.
    }
  }

  #answer(client: PendingClient, response: Response): void {
    if (client.stale !== undefined && !isWanted(response, (client.flags & Flag.CD) !== 0)) {
      this.#answerStale(client, client.stale);
      return;
    }
    const now = this.#deps.clock.now();
    const entry = this.#fresh(client.key, now) ?? passing(client, response, now);
    const octets = writeEntry(entry, client, { now, limit: client.limit, staleError: undefined }, ROOM, 0);
    this.#send(client, octets, "upstream", now);
  }

  /** What was kept under `key`; an entry that the response did not replace may be over, or of another policy. */
  #fresh(key: string, now: Instant): Kept | undefined {
    const { store, generation } = this.#deps;
    const kept = store.find(key);
    if (kept === undefined || now >= kept.expiresAt) return undefined;
    return kept.generation === generation() ? kept : undefined;
  }

  /** Part of `Answerer`. */
  failed(client: PendingClient, error: unknown): void {
    if (client.isAnswered) return;
    if (client.stale !== undefined) {
      this.#troubled(client.key, client.stale.serial, error);
      this.#answerStale(client, client.stale);
      return;
    }
    this.#report(error);
    const { rcode, error: extended } = viewOf(error);
    const { question, limit } = client;
    const bare = { flags: answeringFlags(client), rcode, question, errors: [extended] };
    const octets = writeBare(client, bare, limit, ROOM, 0);
    this.#send(client, octets, "upstream", this.#deps.clock.now());
  }

  /** The refresh is late or has failed: the next clients need not wait for another (RFC 8767 §5). */
  #troubled(key: string, serial: number, error?: unknown): void {
    const entry = this.#current(key, serial);
    if (entry !== undefined) {
      const until = this.#deps.clock.now() + STALE_RECHECK;
      entry.inTroubleUntil = until;
      if (this.#isNameSilent(key, error)) entry.refreshNotBefore = until;
    }
    if (error !== undefined) this.#report(error);
  }

  /** Servers are there, and nobody could answer this in time. Where none is, all is asked for again once one may be. */
  #isNameSilent(key: string, error: unknown): boolean {
    const isSilence = error instanceof ResolutionError && error.fault === "deadline-exceeded";
    return isSilence && this.#deps.isReachable(questionOfKey(key));
  }

  #report(error: unknown): void {
    if (!(error instanceof ResolutionError)) this.#deps.onBug(error);
  }

  #answerStale(client: PendingClient, stale: Excerpt): void {
    if (client.isAnswered) return;
    this.#deps.counters.stale++;
    const staleError = staleErrorOf(stale.rcode);
    const now = this.#deps.clock.now();
    const octets = writeEntry(stale, client, { now, limit: client.limit, staleError }, ROOM, 0);
    this.#send(client, octets, "cache", now);
  }

  #send(client: PendingClient, octets: number, source: AnswerSource, now: Instant): void {
    this.#waiting--;
    // The client's own letters. Without capitals its question is the key, and stands there already.
    if (client.question !== client.key)
      ROOM.latin1Write(client.question, HEADER_OCTETS, client.question.length);
    const { counters } = this.#deps;
    counters.countResponse((ROOM[3] ?? 0) & 0x0f);
    counters.durations[source].observe((now - client.since) / 1_000);
    client.answer(RESPONSES.upTo(octets));
  }
}

/** An entry for a response that is not kept: it renders one answer. */
function passing({ key, dnssecOk }: PendingClient, response: Response, now: number): Entry {
  const terms = { now, lifetime: 0, maxTtl: 0, minTtl: 0, generation: 0, dnssecOk };
  return new Entry(questionOfKey(key), response, terms);
}

function stopped(): ResolutionError {
  return new ResolutionError("stopped", "the resolver is stopping");
}
