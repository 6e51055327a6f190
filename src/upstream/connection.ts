/**
 * Drives one connection to one address of an upstream: frames and sends queries, cuts responses out of what
 * comes back, matches them by ID and question (`matching.ts`), and acts on the changes of `connection-state.ts`.
 *
 * It does not choose what to send, does not retry and does not dial again: what ends unanswered is handed
 * to its waiter.
 *
 * Source: RFC 7766 §6.2, §7 (pipelining, any order, matching); RFC 7858 §3.3, §3.4; RFC 7828 §3.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Channel, ChannelEvents, ChannelInfo, DialFailure } from "../ports/dialer.ts";
import type { Message } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { FrameReader } from "../wire/framing.ts";
import { HEADER_OCTETS } from "../wire/read-message.ts";
import type { Attempt, Carrier, Destination, Waiter } from "./attempt.ts";
import {
  CONNECTING,
  type ConnectionEnd,
  type ConnectionEvent,
  type ConnectionState,
  MAX_VIOLATIONS,
  step,
} from "./connection-state.ts";
import { IdTable } from "./id-table.ts";
import { keepaliveOf } from "./keepalive.ts";
import { responseIn } from "./matching.ts";
import { Outbox } from "./outbox.ts";
import { type RecordReading, RecordWatch } from "./records.ts";
import type { Turn } from "./turn.ts";

/** Responses nobody waits for any more, before the connection is given up: they hold IDs and memory. */
const MAX_ABANDONED = 2_048;

/** Milliseconds a silent connection is kept after its queries went elsewhere: on a path this slow (Tor, a full
 * uplink) a late response is the only one there will be. With the time-out before it, what a client waits. */
const SUSPECT_GRACE_MS = 3_000;

/** The address a connection belongs to: what it is told. */
export interface ConnectionOwner extends Destination {
  opened(connection: Connection, info: ChannelInfo): void;
  /** Before the waiter gets the response. */
  answered(connection: Connection, attempt: Attempt, now: Instant): void;
  /** Sends a question of our own on `connection`. `done` is called once, when it is answered or lost. */
  prompt(connection: Connection, done: (isAnswered: boolean) => void): void;
  /** It may take queries again after it could not. */
  relieved(connection: Connection): void;
  /**
   * Before its waiters hear of it. `failure` is there when it never opened.
   * @param unanswered queries that somebody still waited for.
   */
  ended(
    connection: Connection,
    end: ConnectionEnd,
    failure: DialFailure | undefined,
    unanswered: number,
  ): void;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly turn: Turn;
  readonly owner: ConnectionOwner;
  /** Opens the channel; gets the events of this connection. */
  readonly dial: (events: ChannelEvents) => Channel;
  /** Milliseconds without a query in flight after which we close. */
  readonly idleTimeout: number;
  /** Milliseconds an idle connection may live at most, whatever the peer's keepalive says: it was seen to close then. */
  readonly longestIdle: number;
  /** How the address reads TLS records. */
  readonly records: RecordReading;
}

export class Connection implements Carrier {
  readonly #deps: ConnectionDeps;
  readonly #channel: Channel;
  readonly #outbox: Outbox;
  readonly #records: RecordWatch;
  readonly #reader = new FrameReader();
  /** BOUNDED: by the ID space of 16 bits. */
  readonly #table = new IdTable<Attempt>();
  #state: ConnectionState = CONNECTING;
  #abandoned = 0;
  /** Responses under IDs of no query: each may have been meant for one that still waits. */
  #stray = 0;
  #idleTimeout: number;
  #cancelIdleTimer: (() => void) | undefined;
  #cancelVerdict: (() => void) | undefined;
  #now: Instant;

  readonly owner: ConnectionOwner;
  readonly startedAt: Instant;
  /** When the channel opened; `undefined` before. */
  openedAt: Instant | undefined;
  lastAnswerAt: Instant;
  /** When a query was last sent or answered. */
  lastUsedAt: Instant;
  sent = 0;
  answers = 0;
  /** Milliseconds, as the peer said by edns-tcp-keepalive; `undefined` when it never did. */
  keepalive: number | undefined;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.owner = deps.owner;
    this.#idleTimeout = deps.idleTimeout;
    this.#records = new RecordWatch({
      clock: deps.clock,
      reading: deps.records,
      outstanding: () => this.#table.size,
      prompt: (done) => {
        if (this.isUsable) this.owner.prompt(this, done);
      },
    });
    this.#outbox = new Outbox(deps.turn, deps.random, this.#records);
    this.startedAt = this.lastAnswerAt = this.lastUsedAt = this.#now = deps.clock.now();
    this.#channel = deps.dial({
      opened: (info) => {
        this.#opened(info);
      },
      failed: (failure) => {
        this.#apply("failed", failure);
      },
      received: (octets) => {
        this.#now = deps.clock.now();
        this.#reader.push(octets, this.#onFrame);
      },
      drained: () => {
        this.#outbox.relieved();
        this.owner.relieved(this);
      },
      closed: (clean) => {
        this.#apply(clean ? "ended" : "reset");
      },
    });
  }

  get phase(): ConnectionState["phase"] {
    return this.#state.phase;
  }

  /** Responses came that matched no query: one of them may have been for any of those in flight. */
  get isUnruly(): boolean {
    return "violations" in this.#state && this.#state.violations > 0;
  }

  /** One more of these ends it. */
  get isOnProbation(): boolean {
    return "violations" in this.#state && this.#state.violations === MAX_VIOLATIONS - 1;
  }

  /** At least one response was matched here. */
  get isProven(): boolean {
    return "proven" in this.#state && this.#state.proven;
  }

  /** Queries that somebody waits for. */
  get inFlight(): number {
    return this.#table.size - this.#abandoned;
  }

  /** A query may be sent now. */
  get isUsable(): boolean {
    return this.#state.phase === "open" && this.#outbox.hasRoom && !this.#table.isFull;
  }

  /** Would soon close for want of use. */
  isNeglected(now: Instant): boolean {
    return this.#table.size === 0 && now - this.lastUsedAt > this.#idleTimeout / 2;
  }

  /** Sends `octets` under an ID of this connection. Only while `isUsable`. */
  send(waiter: Waiter, octets: Uint8Array, now: Instant): Attempt {
    const id = this.#table.vacantId(this.#deps.random);
    const { question } = waiter;
    const attempt: Attempt = {
      id,
      carrier: this,
      sentAt: now,
      question,
      doubtedAt: Number.POSITIVE_INFINITY,
      waiter,
    };
    this.#table.put(attempt);
    this.#outbox.put(octets, id);
    this.sent++;
    this.lastUsedAt = now;
    return attempt;
  }

  /** Nobody waits for the response to `attempt` any more. */
  abandon(attempt: Attempt): void {
    if (attempt.waiter === undefined) return;
    attempt.waiter = undefined;
    if (this.#table.get(attempt.id) !== attempt) return;
    this.#abandoned++;
    if (this.#abandoned >= MAX_ABANDONED) this.#apply("goaway");
    else if (this.inFlight === 0) this.#apply("drained");
  }

  /** A query has waited its time-out without any response having come on this connection. */
  stall(): void {
    this.#apply("stalled");
    this.expectWithin(SUSPECT_GRACE_MS);
  }

  /** Ends as failed unless a response comes within so many milliseconds. */
  expectWithin(milliseconds: number): void {
    if (this.#state.phase === "closed") return;
    this.#cancelVerdict ??= this.#deps.clock.after(milliseconds, () => {
      this.fail();
    });
  }

  /** Sends no more; closes when what is in flight has ended. */
  retire(): void {
    if (this.#state.phase === "connecting") this.stop();
    else this.#apply("goaway");
  }

  /** Has been silent for too long: its queries are lost here. */
  fail(): void {
    this.#apply("failed");
  }

  /** Ends it at once; its queries are lost here. */
  stop(): void {
    this.#apply("stopped");
  }

  #opened(info: ChannelInfo): void {
    if (this.#state.phase !== "connecting") return;
    this.openedAt = this.lastAnswerAt = this.lastUsedAt = this.#deps.clock.now();
    this.#outbox.open(this.#channel);
    this.#watchIdle();
    this.#apply("authenticated");
    this.owner.opened(this, info);
  }

  readonly #onFrame = (octets: Buffer, start: number, end: number): void => {
    if (this.#state.phase === "closed") return;
    const attempt =
      end - start < HEADER_OCTETS ? undefined : this.#table.get((octets[start]! << 8) | octets[start + 1]!);
    if (attempt === undefined) {
      this.#stray++;
      this.#apply("violated");
      return;
    }
    this.#table.delete(attempt);
    const { waiter } = attempt;
    if (waiter === undefined) this.#abandoned--;
    const message = responseIn(octets, start, end, attempt.question);
    if (message === undefined) this.#misanswered(attempt);
    else this.#answered(attempt, waiter, message);
  };

  #answered(attempt: Attempt, waiter: Waiter | undefined, message: Message): void {
    const now = this.#now;
    this.lastAnswerAt = this.lastUsedAt = now;
    this.answers++;
    this.#records.answered();
    const wasSuspect = this.#state.phase === "suspect";
    if (this.#cancelVerdict !== undefined) this.#acquit();
    this.#apply("answered");
    this.#obeyKeepalive(message);
    this.owner.answered(this, attempt, now);
    attempt.waiter = undefined;
    waiter?.answered(attempt, message, now);
    if (this.#stray > 0) this.#giveUpOvertaken(attempt.sentAt, now);
    if (this.inFlight === 0) this.#apply("drained");
    if (wasSuspect) this.owner.relieved(this);
  }

  #acquit(): void {
    this.#cancelVerdict?.();
    this.#cancelVerdict = undefined;
  }

  /**
   * Queries older than one that was answered, no more of them than stray responses: those were theirs. They go
   * elsewhere without waiting for their time-out; if a response comes all the same, it is expected.
   */
  #giveUpOvertaken(sentAt: Instant, now: Instant): void {
    const overtaken = this.#table
      .entries()
      .filter((each) => each.waiter !== undefined && each.sentAt < sentAt);
    if (overtaken.length > this.#stray) return;
    this.#stray -= overtaken.length;
    for (const attempt of overtaken) {
      const { waiter } = attempt;
      attempt.waiter = undefined;
      this.#abandoned++;
      waiter?.lost(attempt, now);
    }
  }

  /** The peer has spent this ID, so nothing better will come for it: the query goes elsewhere now. */
  #misanswered(attempt: Attempt): void {
    const { waiter } = attempt;
    attempt.waiter = undefined;
    this.#apply("violated");
    waiter?.lost(attempt, this.#now);
    if (this.inFlight === 0) this.#apply("drained");
  }

  /** RFC 7828 §3.2.2: the peer's TIMEOUT rules; 0 asks us to send no more and close once we have it all. */
  #obeyKeepalive(message: Message): void {
    const timeout = keepaliveOf(message);
    if (timeout === undefined) return;
    if (timeout === 0) {
      this.#apply("goaway");
    } else if (timeout !== this.keepalive) {
      this.keepalive = timeout;
      this.#setIdleTimeout(Math.min(timeout, this.#deps.longestIdle));
    }
  }

  #setIdleTimeout(milliseconds: number): void {
    if (milliseconds === this.#idleTimeout) return;
    this.#idleTimeout = milliseconds;
    this.#watchIdle();
  }

  #watchIdle(): void {
    this.#cancelIdleTimer?.();
    const wait = this.lastUsedAt + this.#idleTimeout - this.#deps.clock.now();
    this.#cancelIdleTimer = this.#deps.clock.after(Math.max(wait, 1), () => {
      const idleFor = this.#deps.clock.now() - this.lastUsedAt;
      if (this.inFlight === 0 && idleFor >= this.#idleTimeout) this.#apply("idle");
      else this.#watchIdle();
    });
  }

  /** Acts on the change of state, and only on the change. */
  #apply(event: ConnectionEvent, failure?: DialFailure): void {
    const before = this.#state;
    const after = step(before, event);
    if (after === before) return;
    this.#state = after;
    if (after.phase === "draining" && this.inFlight === 0) this.#apply("drained");
    if (after.phase === "closed") this.#end(after.why, failure);
  }

  #end(why: ConnectionEnd, failure: DialFailure | undefined): void {
    this.#cancelIdleTimer?.();
    this.#acquit();
    this.#records.stop();
    this.#outbox.close();
    this.#channel.close();
    const unanswered = this.#table.clear();
    this.#abandoned = 0;
    this.owner.ended(this, why, failure, unanswered.filter(({ waiter }) => waiter !== undefined).length);
    const now = this.#deps.clock.now();
    for (const attempt of unanswered) {
      const { waiter } = attempt;
      attempt.waiter = undefined;
      waiter?.lost(attempt, now);
    }
  }
}
