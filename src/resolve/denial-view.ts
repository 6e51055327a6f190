/**
 * A denial that was concluded here, as it is written to a client: one object stands for whichever was concluded last,
 * and is good until the next one.
 */
import type { Servable } from "../cache/entry.ts";
import type { Tail } from "../cache/tail.ts";
import type { Instant } from "../ports/clock.ts";
import type { ExtendedError } from "../ports/exchange.ts";

const HEADER_OCTETS = 12;
/** Octets of a question behind QNAME. */
const QUESTION_OCTETS = 4;

export class DenialView implements Servable {
  readonly verdict = "secure";
  readonly errors: readonly ExtendedError[];
  /** Nothing is concluded from records whose signatures are over. */
  readonly secureUntil = Number.POSITIVE_INFINITY;
  rcode = 0;
  storedAt: Instant = 0;
  question = "";
  #tail: Tail | undefined;
  #ttl = 0;

  /** @param errors of every denial. */
  constructor(errors: readonly ExtendedError[]) {
    this.errors = errors;
  }

  /** Stands for this denial from now on. @param question in wire format: a key of the cache. */
  aim(question: string, rcode: number, tail: Tail, ttl: number, now: Instant): this {
    this.question = question;
    this.rcode = rcode;
    this.storedAt = now;
    this.#tail = tail;
    this.#ttl = ttl;
    return this;
  }

  /** The tail is already that of the client. */
  bodyOctets(): number {
    return HEADER_OCTETS + this.question.length + (this.#tail?.length ?? 0);
  }

  writeBody(_dnssecOk: boolean, out: Buffer, at: number): void {
    const { question } = this;
    const count = this.#tail?.count ?? 0;
    out.fill(0, at, at + HEADER_OCTETS);
    out[at + 5] = 1; // QDCOUNT
    out[at + 8] = count >> 8; // NSCOUNT
    out[at + 9] = count;
    const start = at + HEADER_OCTETS;
    for (let i = 0; i < question.length; i++) out[start + i] = question.charCodeAt(i);
    this.#tail?.write(question.length - QUESTION_OCTETS, this.#ttl, out, start + question.length);
  }
}
