/**
 * The way of a question that the cache cannot answer. Each client waits on its own timer; the flight it
 * waits for belongs to nobody and goes on without it. Beside the flight waits a stale answer, where there
 * is one.
 *
 * Source: RFC 8767 §5 (stale data), RFC 8914 (errors).
 */
import { Entry, isData } from "../cache/entry.ts";
import type { Store } from "../cache/store.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { Exchange, ExtendedError, Query, Response } from "../ports/exchange.ts";
import type { Random } from "../ports/random.ts";
import { ResolutionError } from "../ports/fault.ts";
import { InfoCode, Rcode } from "../wire/codes.ts";
import { questionOfKey } from "../wire/names.ts";
import { budgetUntil } from "./budget.ts";
import { viewOf } from "./client-view.ts";
import { DelayLine } from "./delay-line.ts";
import type { PendingClient } from "./pending-client.ts";
import { answeringFlags, writeBare, writeEntry } from "./respond.ts";
import type { AnswerSource, ServeCounters } from "./serve-counters.ts";

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
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: ServeCounters;
  /** Told of what must not happen: a fault of ours, not of the DNS. */
  readonly onBug: (error: unknown) => void;
}

const STALE: ExtendedError = { infoCode: InfoCode.STALE_ANSWER, text: "" };
const STALE_NXDOMAIN: ExtendedError = { infoCode: InfoCode.STALE_NXDOMAIN_ANSWER, text: "" };

/** Refreshes that wait for their moment; what comes above it is refreshed when it has expired. */
const MAX_PLANNED_REFRESHES = 1_024;

const HEADER_OCTETS = 12;
/** A response is put together here and copied out: nothing in it outlives the call. */
const ROOM = Buffer.allocUnsafe(0xffff);

export class Misses {
  readonly #options: MissesOptions;
  readonly #deps: MissesDeps;
  readonly #deadlines: DelayLine;
  readonly #staleTimers: DelayLine;
  /** BOUNDED: by `MAX_PLANNED_REFRESHES`; holds the cancels of timers not yet rung. */
  readonly #planned = new Set<() => void>();
  #waiting = 0;

  constructor(options: MissesOptions, deps: MissesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#deadlines = new DelayLine(deps.clock, options.queryTimeout);
    this.#staleTimers = new DelayLine(deps.clock, options.staleAfter);
  }

  /** Clients waiting now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Answers `client` when the flight lands, its stale timer rings, or its time is up. */
  wait(client: PendingClient): void {
    this.#waiting++;
    if (this.#waiting > this.#options.maxWaiting) {
      this.#fail(client, new ResolutionError("overloaded", "too many clients waiting"));
      return;
    }
    this.#setTimers(client);
    this.#ask(client.key, "client").then(
      (response) => {
        this.#land(client, response);
      },
      (error: unknown) => {
        this.#fail(client, error);
      },
    );
  }

  /**
   * Plans a refresh for a random moment of the time `entry` has left, so that an upstream does not see when
   * a client asked.
   */
  refreshSoon(key: string, entry: Entry, now: Instant): void {
    if (entry.isRefreshing || this.#planned.size >= MAX_PLANNED_REFRESHES) return;
    entry.isRefreshing = true;
    const left = Math.max(1, Math.floor(entry.expiresAt - now));
    const cancel = this.#deps.clock.after(this.#deps.random.below(left), () => {
      this.#planned.delete(cancel);
      entry.isRefreshing = false;
      this.refresh(key, entry);
    });
    this.#planned.add(cancel);
  }

  /** Asks again for what `entry` holds, for no client, unless that is under way. */
  refresh(key: string, entry: Entry): void {
    if (entry.isRefreshing) return;
    entry.isRefreshing = true;
    this.#deps.counters.refreshes++;
    const done = (): void => {
      entry.isRefreshing = false;
    };
    this.#ask(key, "refresh").then(done, done);
  }

  /** Forgets the timers. Clients that wait are answered by their flights' ends. */
  close(): void {
    for (const cancel of this.#planned) cancel();
    this.#planned.clear();
    this.#deadlines.close();
    this.#staleTimers.close();
  }

  #setTimers(client: PendingClient): void {
    const { stale } = client;
    if (stale?.isRefreshFailed === true) {
      this.#answerStale(client, stale);
      return;
    }
    client.deadline = this.#deadlines.push(() => {
      this.#fail(client, new ResolutionError("deadline-exceeded", "the client's time is up"));
    });
    if (stale === undefined) return;
    client.staleTimer = this.#staleTimers.push(() => {
      // RFC 8767 §5: while the refresh is in trouble the next clients need not wait for it.
      stale.isRefreshFailed = true;
      this.#answerStale(client, stale);
    });
  }

  #ask(key: string, purpose: Query["purpose"]): Promise<Response> {
    const query: Query = { question: questionOfKey(key), key, purpose };
    return this.#deps.answers.exchange(
      query,
      budgetUntil(this.#deps.clock.now() + this.#options.queryTimeout),
    );
  }

  #land(client: PendingClient, response: Response): void {
    if (client.isAnswered) return;
    if (client.stale !== undefined && !isData(response)) {
      this.#answerStale(client, client.stale);
      return;
    }
    const now = this.#deps.clock.now();
    const kept = this.#deps.store.find(client.key);
    const entry = kept !== undefined && now < kept.expiresAt ? kept : passing(client.key, response, now);
    const octets = writeEntry(entry, client, { now, limit: client.limit, staleError: undefined }, ROOM, 0);
    this.#send(client, octets, "upstream");
  }

  #fail(client: PendingClient, error: unknown): void {
    if (client.isAnswered) return;
    if (!(error instanceof ResolutionError)) this.#deps.onBug(error);
    if (client.stale !== undefined) {
      client.stale.isRefreshFailed = true;
      this.#answerStale(client, client.stale);
      return;
    }
    const { rcode, error: extended } = viewOf(error);
    const octets = writeBare(client, answeringFlags(client), rcode, client.question, [extended], ROOM, 0);
    this.#send(client, octets, "upstream");
  }

  #answerStale(client: PendingClient, stale: Entry): void {
    if (client.isAnswered) return;
    this.#deps.counters.stale++;
    const staleError = stale.rcode === Rcode.NXDOMAIN ? STALE_NXDOMAIN : STALE;
    const now = this.#deps.clock.now();
    const octets = writeEntry(stale, client, { now, limit: client.limit, staleError }, ROOM, 0);
    this.#send(client, octets, "cache");
  }

  #send(client: PendingClient, octets: number, source: AnswerSource): void {
    this.#waiting--;
    ROOM.set(client.question, HEADER_OCTETS);
    const { counters } = this.#deps;
    counters.countResponse((ROOM[3] ?? 0) & 0x0f);
    counters.durations[source].observe((this.#deps.clock.now() - client.since) / 1_000);
    client.answer(Buffer.from(ROOM.subarray(0, octets)));
  }
}

/** An entry for a response that is not kept: it renders one answer. */
function passing(key: string, response: Response, now: number): Entry {
  const terms = { now, lifetime: 0, maxTtl: 0, minTtl: 0, generation: 0 };
  return new Entry(questionOfKey(key), response, terms);
}
