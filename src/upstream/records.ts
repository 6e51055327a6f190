/**
 * Whether an address reads all the queries of one TLS record. Some servers (NSD, dnsdist) take the first and wait for
 * the socket to become readable, which it does not for what the TLS library has read already: the others lie
 * there until one more record comes. One is enough: it stays unread in the socket until all before it are taken.
 *
 * So where several queries left in one record and answers stop after the first, a question of our own is sent
 * after them. Where that helped twice, a turn's last query leaves in a record of its own from then on, and nothing
 * waits any more. Two answers from the last record written show that all is well: nothing is watched any longer.
 */
import type { Clock, Instant } from "../ports/clock.ts";

/** Milliseconds without an answer after which queries of a record that was answered in part are taken to lie unread. */
export const UNREAD_AFTER_MS = 100;
/** Times that one more record brought the missing answers, before that is taken for the server's way. */
const FREED_TO_BELIEVE = 2;
/** Questions of our own that may go out in vain: after that, the server is only slow. */
const MAX_PROMPTS = 8;
/** Milliseconds until it has to be seen again: servers are replaced. */
const MEMORY_MS = 3_600_000;

/** What is known of one address. */
export class RecordReading {
  #isKnown = false;
  #leavesRest = false;
  #freed = 0;
  #prompts = 0;
  #learnedAt: Instant = 0;

  /** Nothing has to be found out. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** What comes with the first query of a record waits for the next record. */
  get leavesRest(): boolean {
    return this.#leavesRest;
  }

  readAll(): void {
    this.#isKnown = true;
  }

  /** A record was written because answers stayed away; `hasHelped` if some came then. */
  prompted(hasHelped: boolean, now: Instant): void {
    this.#prompts++;
    if (hasHelped) this.#freed++;
    this.#leavesRest = this.#freed >= FREED_TO_BELIEVE;
    this.#isKnown = this.#leavesRest || this.#prompts >= MAX_PROMPTS;
    this.#learnedAt = now;
  }

  expire(now: Instant): void {
    if (this.#leavesRest && now - this.#learnedAt > MEMORY_MS) this.forget();
  }

  forget(): void {
    this.#isKnown = this.#leavesRest = false;
    this.#freed = this.#prompts = 0;
  }
}

export interface RecordWatchDeps {
  readonly clock: Clock;
  readonly reading: RecordReading;
  /** Queries without an answer. */
  readonly outstanding: () => number;
  /** Sends a question of our own; calls back once, when that is answered or lost. */
  readonly prompt: (done: (isAnswered: boolean) => void) => void;
}

/** Watches the last record of one connection, until it is known how its address reads. */
export class RecordWatch {
  readonly #deps: RecordWatchDeps;
  /** Queries in the last record. */
  #queries = 0;
  /** No query was outstanding when it was written. */
  #isAlone = false;
  /** Answers since then. */
  #answers = 0;
  #answersSeen = 0;
  #cancel: (() => void) | undefined;

  constructor(deps: RecordWatchDeps) {
    this.#deps = deps;
  }

  get leavesRest(): boolean {
    return this.#deps.reading.leavesRest;
  }

  wrote(queries: number): void {
    if (this.#deps.reading.isKnown) return;
    this.#queries = queries;
    this.#isAlone = queries > 1 && this.#deps.outstanding() === queries;
    this.#answers = this.#answersSeen = 0;
    if (queries > 1) this.#lookLater();
  }

  answered(): void {
    if (this.#deps.reading.isKnown) return;
    this.#answers++;
    if (this.#isAlone && this.#answers > 1) this.#deps.reading.readAll();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #lookLater(): void {
    this.#cancel ??= this.#deps.clock.after(UNREAD_AFTER_MS, () => {
      this.#cancel = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { clock, reading, outstanding, prompt } = this.#deps;
    if (reading.isKnown || this.#queries < 2 || outstanding() === 0) return;
    const isQuiet = this.#answers > 0 && this.#answers === this.#answersSeen;
    this.#answersSeen = this.#answers;
    if (!isQuiet) {
      this.#lookLater();
      return;
    }
    prompt((isAnswered) => {
      // Its own answer is counted too.
      reading.prompted(this.#answers > (isAnswered ? 1 : 0), clock.now());
    });
  }
}
