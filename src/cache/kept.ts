/**
 * An entry of the cache, read where it lies. One object stands for whichever entry was found last: what is to
 * outlive the next look into the cache is copied (`excerpt`), or found again and known by its `serial`.
 */
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError, Verdict } from "../ports/exchange.ts";
import { LastView, viewOf } from "../wire/word-views.ts";
import { type Blocks, doubleAt, NONE, wordAt } from "./blocks.ts";
import { ageTtl, type Body, writeBody } from "./body.ts";
import { NO_ERRORS, refreshAfter, type Servable } from "./entry.ts";
import { BODY_START, KEY_OCTETS, Mark, STORED_AT, VERDICTS, Word } from "./layout.ts";

const HEADER_OCTETS = 12;
const ANSWER_COUNT = 6;
const MAX_OFFSET = 0x7fff_ffff;

/** What is read of a run beside a body. */
const SCRATCH = Buffer.alloc(0xffff);
const SCRATCH_VIEW = viewOf(SCRATCH);

export class Kept implements Servable {
  readonly #blocks: Blocks;
  readonly #upstreams: readonly string[];
  /** The header block, its words and where in them it starts. */
  #chain = NONE;
  #words: Int32Array = new Int32Array(0);
  #base = 0;
  /** Of where bodies are written. */
  readonly #out = new LastView();

  constructor(blocks: Blocks, upstreams: readonly string[]) {
    this.#blocks = blocks;
    this.#upstreams = upstreams;
  }

  /** Stands for this entry from now on. */
  aim(chain: number): this {
    this.#chain = chain;
    this.#words = this.#blocks.wordsOf(chain);
    this.#base = wordAt(chain);
    return this;
  }

  /** Another for each entry that is kept: whether what is found under a key is still what was found before. */
  get serial(): number {
    return this.#words[this.#base + Word.SERIAL]!;
  }

  get verdict(): Verdict {
    return VERDICTS[(this.#marks >> Mark.VERDICT_SHIFT) & Mark.VERDICT]!;
  }

  get rcode(): number {
    return this.#marks & Mark.RCODE;
  }

  get errors(): readonly ExtendedError[] {
    const octets = this.#marks >>> Mark.ERRORS_SHIFT;
    if (octets === 0) return NO_ERRORS;
    this.#blocks.read(this.#chain, this.#bodyEnd(false), octets, SCRATCH_VIEW, 0);
    return JSON.parse(SCRATCH.toString("utf8", 0, octets)) as ExtendedError[];
  }

  /** Whether ANSWER has records. */
  get hasAnswer(): boolean {
    this.#blocks.read(this.#chain, BODY_START + ANSWER_COUNT, 2, SCRATCH_VIEW, 0);
    return (SCRATCH[0]! | SCRATCH[1]!) !== 0;
  }

  get upstream(): string {
    return this.#upstreams[this.#words[this.#base + Word.NAMES]! >>> 16] ?? "";
  }

  get storedAt(): Instant {
    return this.#blocks.doublesOf(this.#chain)[doubleAt(this.#chain) + STORED_AT]!;
  }

  get expiresAt(): Instant {
    return this.storedAt + this.#words[this.#base + Word.LIFETIME]!;
  }

  get refreshAt(): Instant {
    return this.storedAt + refreshAfter(this, this.#words[this.#base + Word.LIFETIME]!);
  }

  get secureUntil(): Instant {
    return this.storedAt + this.#words[this.#base + Word.SECURE]!;
  }

  get generation(): number {
    return this.#words[this.#base + Word.GENERATION]!;
  }

  get isRefreshing(): boolean {
    return (this.#marks & Mark.IS_REFRESHING) !== 0;
  }

  /** A refresh is under way or planned. */
  set isRefreshing(value: boolean) {
    const rest = this.#marks & ~Mark.IS_REFRESHING;
    this.#words[this.#base + Word.MARKS] = value ? rest | Mark.IS_REFRESHING : rest;
  }

  get inTroubleUntil(): Instant {
    return this.storedAt + this.#words[this.#base + Word.TROUBLE]!;
  }

  /** A refresh failed: until then a stale answer is given at once (RFC 8767 §5). */
  set inTroubleUntil(instant: Instant) {
    this.#words[this.#base + Word.TROUBLE] = this.#offset(instant);
  }

  get refreshNotBefore(): Instant {
    return this.storedAt + this.#words[this.#base + Word.REFRESH]!;
  }

  /** A refresh was answered by a failure: not asked for again before (RFC 9520 §3.2). */
  set refreshNotBefore(instant: Instant) {
    this.#words[this.#base + Word.REFRESH] = this.#offset(instant);
  }

  bodyOctets(dnssecOk: boolean): number {
    const lengths = this.#words[this.#base + Word.LENGTHS]!;
    return this.#isPlain(dnssecOk) ? lengths >>> 16 : lengths & 0xffff;
  }

  writeBody(dnssecOk: boolean, out: Uint8Array, at: number, age: number, ttl: number | undefined): void {
    const isPlain = this.#isPlain(dnssecOk);
    const start = isPlain ? this.#bodyEnd(true) : BODY_START;
    const octets = this.bodyOctets(dnssecOk);
    this.#blocks.read(this.#chain, start, octets, this.#out.of(out), at);
    if (age < 1 && ttl === undefined) return;
    const count = this.#ttlCount(isPlain);
    this.#blocks.read(this.#chain, start + octets, count * 2, SCRATCH_VIEW, 0);
    for (let i = 0; i < count * 2; i += 2) {
      ageTtl(out, at + ((SCRATCH[i]! << 8) | SCRATCH[i + 1]!), age, ttl);
    }
  }

  /** The question in wire format: a latin1 string. It is the key. */
  get question(): string {
    const octets = this.#words[this.#base + Word.NAMES]! & KEY_OCTETS;
    this.#blocks.read(this.#chain, BODY_START + HEADER_OCTETS, octets, SCRATCH_VIEW, 0);
    return SCRATCH.latin1Slice(0, octets);
  }

  /** A copy of what one client needs. */
  excerpt(dnssecOk: boolean): Excerpt {
    return new Excerpt(this, this.#body(dnssecOk));
  }

  #body(dnssecOk: boolean): Body {
    const isPlain = this.#isPlain(dnssecOk);
    const start = isPlain ? this.#bodyEnd(true) : BODY_START;
    const length = this.bodyOctets(dnssecOk);
    const count = this.#ttlCount(isPlain);
    this.#blocks.read(this.#chain, start, length, SCRATCH_VIEW, 0);
    const octets = SCRATCH.latin1Slice(0, length);
    this.#blocks.read(this.#chain, start + length, count * 2, SCRATCH_VIEW, 0);
    const offsets = Array.from({ length: count }, (_, i) => SCRATCH.readUInt16BE(i * 2));
    const questionEnd = HEADER_OCTETS + (this.#words[this.#base + Word.NAMES]! & KEY_OCTETS);
    return { octets, ttlOffsets: String.fromCharCode(...offsets), questionEnd };
  }

  get #marks(): number {
    return this.#words[this.#base + Word.MARKS]!;
  }

  /** Whether this client's body is the second of two. */
  #isPlain(dnssecOk: boolean): boolean {
    return !dnssecOk && this.#words[this.#base + Word.LENGTHS]! >>> 16 !== 0;
  }

  #ttlCount(isPlain: boolean): number {
    const counts = this.#words[this.#base + Word.TTLS]!;
    return isPlain ? counts >>> 16 : counts & 0xffff;
  }

  /** Where in the run the full body ends with its offsets, or the last of the bodies. */
  #bodyEnd(full: boolean): number {
    const lengths = this.#words[this.#base + Word.LENGTHS]!;
    const end = BODY_START + (lengths & 0xffff) + this.#ttlCount(false) * 2;
    return full ? end : end + (lengths >>> 16) + this.#ttlCount(true) * 2;
  }

  #offset(instant: Instant): number {
    return Math.min(Math.max(0, Math.ceil(instant - this.storedAt)), MAX_OFFSET);
  }
}

/** What one client needs of an entry that may be gone when its answer is due. */
export class Excerpt implements Servable {
  readonly serial: number;
  readonly verdict: Verdict;
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
  readonly storedAt: Instant;
  readonly secureUntil: Instant;
  readonly inTroubleUntil: Instant;
  readonly refreshNotBefore: Instant;
  readonly #body: Body;

  constructor(kept: Kept, body: Body) {
    this.serial = kept.serial;
    this.verdict = kept.verdict;
    this.rcode = kept.rcode;
    this.errors = kept.errors;
    this.storedAt = kept.storedAt;
    this.secureUntil = kept.secureUntil;
    this.inTroubleUntil = kept.inTroubleUntil;
    this.refreshNotBefore = kept.refreshNotBefore;
    this.#body = body;
  }

  get question(): string {
    return this.#body.octets.slice(HEADER_OCTETS, this.#body.questionEnd);
  }

  bodyOctets(): number {
    return this.#body.octets.length;
  }

  writeBody(_dnssecOk: boolean, out: Buffer, at: number, age: number, ttl: number | undefined): void {
    writeBody(this.#body, out, at, age, ttl);
  }
}
