/**
 * Answers clients. A hit is one synchronous pass without promise or closure: scan, find, write. Everything
 * else is a few early returns; a miss is handed to `Misses` and answered when its flight lands.
 *
 * Source: RFC 1035 §4.1.1, RFC 6891 §6.1.3, RFC 6895 §3.1, RFC 8767 §5, RFC 8906 §3, RFC 8914 §4.
 */
import { answeredHere, Entry, type Servable } from "../cache/entry.ts";
import type { Kept } from "../cache/kept.ts";
import type { Store } from "../cache/store.ts";
import type { Clock, Instant } from "../ports/clock.ts";
import type { ExtendedError, Response } from "../ports/exchange.ts";
import type { Question } from "../ports/message.ts";
import type { Client, PacketHandler } from "../ports/packet-handler.ts";
import { Class, Flag, InfoCode, isOfData, Rcode, Type } from "../wire/codes.ts";
import { questionOfKey } from "../wire/names.ts";
import { ScanFault, ScannedQuery, scanQuery } from "../wire/scan-query.ts";
import { absenceOf } from "./absent-names.ts";
import type { Misses } from "./misses.ts";
import { PendingClient } from "./pending-client.ts";
import { answeringFlags, LEAST_UDP_OCTETS, octetLimit, writeBare, writeEntry } from "./respond.ts";
import type { ServeCounters } from "./serve-counters.ts";
import { isServable } from "./stored.ts";

const HEADER_OCTETS = 12;
/** One hit in so many is timed and stands for the others, so that a hit reads the clock once. */
const HITS_A_SAMPLE = 16;

/** What is answered here without a cache or an upstream: `local/`. */
export interface LocalAnswers {
  answer(question: Question): LocalResponse | undefined;
  /** Whether there would be an answer; it is not counted. */
  isAnswered(question: Question): boolean;
  /** Changes with every change of the rules: entries of another generation are not served. */
  readonly generation: number;
}

export type LocalResponse = Pick<Response, "rcode" | "answer" | "authority" | "errors">;

export interface ServeOptions {
  /** Milliseconds past its end that an entry may be served stale (RFC 8767). */
  readonly serveStale: number;
  /** Whether a hit near the end of an entry's life asks for a refresh. */
  readonly prefetch: boolean;
}

export interface ProvenAnswers {
  /** Good until the next one. @param key of the question. */
  find(question: Question, key: string, dnssecOk: boolean, now: Instant): Servable | undefined;
  /** Whether the response to what was asked for last, for which nothing was found, may answer others. */
  readonly teaches: boolean;
}

export interface ServeDeps {
  readonly store: Store;
  /** What follows from proofs in hand (`Synthesis`); `undefined` where that is switched off. */
  readonly synthesis: ProvenAnswers | undefined;
  readonly local: LocalAnswers;
  readonly misses: Misses;
  readonly clock: Clock;
  readonly counters: ServeCounters;
}

export class QueryServer implements PacketHandler {
  readonly #options: ServeOptions;
  readonly #deps: ServeDeps;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #counters: ServeCounters;
  readonly #query = new ScannedQuery();
  /** Used again for every hit: nobody keeps it. */
  readonly #occasion = { now: 0, limit: 0, staleError: undefined };

  constructor(options: ServeOptions, deps: ServeDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#counters = deps.counters;
  }

  handle(packet: Buffer, start: number, end: number, out: Buffer, outStart: number, client: Client): number {
    const query = this.#query;
    const counters = this.#counters;
    if (client.transport === "udp") counters.udpQueries++;
    else counters.tcpQueries++;

    const fault = scanQuery(packet, start, end, query);
    if (fault !== 0) return this.#refuseScan(fault, packet, start, out, outStart);
    if ((query.flags & Flag.RD) === 0 || query.qclass !== Class.IN || !isOfData(query.qtype)) {
      const refusal = refusalOf(query);
      if (refusal !== undefined) return this.#refuse(refusal, packet, start, out, outStart);
    }

    const now = client.receivedAt;
    const entry = this.#store.findOctets(query.keyOctets);
    if (entry === undefined || now >= entry.refreshAt || entry.generation !== this.#deps.local.generation) {
      return this.#beyondHit(entry, now, packet, start, out, outStart, client);
    }
    return this.#hit(entry, now, packet, start, out, outStart, client);
  }

  #hit(
    entry: Kept,
    now: Instant,
    packet: Buffer,
    start: number,
    out: Buffer,
    outStart: number,
    client: Client,
  ): number {
    const query = this.#query;
    const occasion = this.#occasion;
    occasion.now = now;
    occasion.limit = octetLimit(query, client.transport);
    const octets = writeEntry(entry, query, occasion, out, outStart);
    if (query.hasCapitals)
      packet.copy(out, outStart + HEADER_OCTETS, start + HEADER_OCTETS, query.questionEnd);
    const counters = this.#counters;
    counters.hits++;
    counters.countResponse(out[outStart + 3]! & 0x0f);
    if (++counters.untimedHits === HITS_A_SAMPLE) {
      counters.lastHitDuration = (this.#clock.now() - now) / 1_000;
      counters.settleHits();
    }
    return octets;
  }

  /** Everything but a fresh entry: near its end, expired, of another policy, or none. */
  #beyondHit(
    entry: Kept | undefined,
    now: Instant,
    packet: Buffer,
    start: number,
    out: Buffer,
    outStart: number,
    client: Client,
  ): number {
    const query = this.#query;
    const { key } = query;
    const current = entry?.generation === this.#deps.local.generation ? entry : undefined;
    if (current !== undefined && now < current.expiresAt) {
      if (this.#options.prefetch) this.#deps.misses.refreshSoon(key, current, now);
      return this.#hit(current, now, packet, start, out, outStart, client);
    }
    const question = questionOfKey(key);
    const local = this.#deps.local.answer(question);
    const here =
      local === undefined
        ? this.#deps.synthesis?.find(question, key, query.dnssecOk, now)
        : new Entry(question, responseOf(local), answeredHere(now, query.dnssecOk));
    if (here !== undefined) return this.#answerHere(here, now, packet, start, out, outStart, client);

    const isStale = current !== undefined && isServable(current, now, this.#options.serveStale);
    const stale = isStale ? current.excerpt(query.dnssecOk) : undefined;
    if (stale === undefined || stale.rcode === Rcode.NXDOMAIN) {
      const absence = absenceOf(key, this.#store, now, this.#deps.local.generation);
      if (absence !== undefined) {
        const octets = this.#hit(absence, now, packet, start, out, outStart, client);
        // It was asked for by another type.
        packet.copy(out, outStart + HEADER_OCTETS, start + HEADER_OCTETS, query.questionEnd);
        return octets;
      }
    }

    this.#counters.misses++;
    this.#deps.misses.wait(
      new PendingClient(
        query,
        key,
        // The key is the question, unless letters were folded.
        query.hasCapitals ? packet.latin1Slice(start + HEADER_OCTETS, query.questionEnd) : key,
        octetLimit(query, client.transport),
        client.detach(this.#deps.synthesis?.teaches),
        now,
        stale,
      ),
    );
    return 0;
  }

  #answerHere(
    answer: Servable,
    now: Instant,
    packet: Buffer,
    start: number,
    out: Buffer,
    outStart: number,
    client: Client,
  ): number {
    const query = this.#query;
    const occasion = this.#occasion;
    occasion.now = now;
    occasion.limit = octetLimit(query, client.transport);
    const octets = writeEntry(answer, query, occasion, out, outStart);
    if (query.hasCapitals)
      packet.copy(out, outStart + HEADER_OCTETS, start + HEADER_OCTETS, query.questionEnd);
    this.#counters.countResponse(answer.rcode);
    this.#counters.durations.local.observe((this.#clock.now() - now) / 1_000);
    return octets;
  }

  #refuseScan(fault: ScanFault, packet: Buffer, start: number, out: Buffer, outStart: number): number {
    switch (fault) {
      case ScanFault.TOO_SHORT:
        this.#counters.droppedTooShort++;
        return 0;
      case ScanFault.NOT_A_QUERY:
        this.#counters.droppedNotAQuery++;
        return 0;
      case ScanFault.NOTIMP:
        return this.#refuse(NOTIMP, packet, start, out, outStart);
      case ScanFault.FORMERR:
        return this.#refuse(FORMERR, packet, start, out, outStart);
      case ScanFault.BADVERS:
        return this.#refuse(BADVERS, packet, start, out, outStart);
    }
  }

  #refuse({ rcode, errors }: Refusal, packet: Buffer, start: number, out: Buffer, outStart: number): number {
    const query = this.#query;
    const question = packet.latin1Slice(start + HEADER_OCTETS, query.questionEnd);
    const flags = answeringFlags(query) | (query.flags & OPCODE_BITS);
    this.#counters.countResponse(rcode);
    return writeBare(query, { flags, rcode, question, errors }, LEAST_UDP_OCTETS, out, outStart);
  }
}

function responseOf(local: LocalResponse): Response {
  return { ...local, verdict: "insecure", upstream: "" };
}

const OPCODE_BITS = 0x7800;

interface Refusal {
  readonly rcode: number;
  readonly errors: readonly ExtendedError[];
}

const FORMERR: Refusal = { rcode: Rcode.FORMERR, errors: [] };
const NOTIMP: Refusal = { rcode: Rcode.NOTIMP, errors: [] };
const BADVERS: Refusal = { rcode: Rcode.BADVERS, errors: [] };
/** Nobody snoops on the cache; the INFO-CODE is the one of RFC 8914 §4.21 for RD=0. */
const NOT_RECURSIVE: Refusal = {
  rcode: Rcode.REFUSED,
  errors: [{ infoCode: InfoCode.NOT_AUTHORITATIVE, text: "RD=0 is not answered" }],
};
const NOT_SUPPORTED: Refusal = {
  rcode: Rcode.REFUSED,
  errors: [{ infoCode: InfoCode.NOT_SUPPORTED, text: "only class IN is answered" }],
};

/**
 * Types of no data are not forwarded. TKEY to MAILA ask for transactions; no question is defined for those below
 * (of NXNAME, 128: "MUST return a Format Error", RFC 9824 §3.5). ANY is a question.
 */
function refusalOf(query: ScannedQuery): Refusal | undefined {
  if ((query.flags & Flag.RD) === 0) return NOT_RECURSIVE;
  if (query.qclass !== Class.IN) return NOT_SUPPORTED;
  const { qtype } = query;
  if (isOfData(qtype)) return undefined;
  return qtype >= Type.TKEY ? NOTIMP : FORMERR;
}
