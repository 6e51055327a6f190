/** A `QueryServer` with its cache and a scripted upstream, and clients that keep what they are sent. */
import { Failures } from "../../src/cache/failures.ts";
import { Store } from "../../src/cache/store.ts";
import type { Budget, Exchange, Query, Response } from "../../src/ports/exchange.ts";
import type { Message, Question } from "../../src/ports/message.ts";
import type { Client } from "../../src/ports/packet-handler.ts";
import { Flights } from "../../src/resolve/coalesced.ts";
import { Misses } from "../../src/resolve/misses.ts";
import { rememberingFailures } from "../../src/resolve/remembering-failures.ts";
import { type LocalResponse, type ProvenAnswers, QueryServer } from "../../src/resolve/serve.ts";
import { ServeCounters } from "../../src/resolve/serve-counters.ts";
import { stored } from "../../src/resolve/stored.ts";
import { Flag, Type } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { ManualClock, settle } from "./manual-clock.ts";
import { SeededRandom } from "./seeded-random.ts";

export interface ClientQuery {
  readonly qname: string;
  readonly qtype?: number;
  readonly qclass?: number;
  readonly id?: number;
  readonly flags?: number;
  /** Octets the client's OPT says; no OPT where absent. */
  readonly edns?: number;
  readonly dnssecOk?: boolean;
  readonly transport?: "udp" | "tcp";
}

/** A query as a client would send it, with the letter case of `qname`. */
export function queryOctets(query: ClientQuery): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.id ?? 0x1234, 0);
  header.writeUInt16BE(query.flags ?? Flag.RD, 2);
  header.writeUInt16BE(1, 4);
  const labels = query.qname.split(".").filter((label) => label !== "");
  const qname = labels.map((label) => String.fromCharCode(label.length) + label).join("");
  const fixed = Buffer.alloc(4);
  fixed.writeUInt16BE(query.qtype ?? Type.A, 0);
  fixed.writeUInt16BE(query.qclass ?? 1, 2);
  const parts = [header, Buffer.from(`${qname}\0`, "latin1"), fixed];
  if (query.edns !== undefined || query.dnssecOk === true) {
    header.writeUInt16BE(1, 10);
    const opt = Buffer.alloc(11);
    opt.writeUInt16BE(Type.OPT, 1);
    opt.writeUInt16BE(query.edns ?? 1_232, 3);
    if (query.dnssecOk === true) opt.writeUInt16BE(0x8000, 7);
    parts.push(opt);
  }
  return Buffer.concat(parts);
}

export type Script = (query: Query, budget: Budget) => Promise<Response> | Response;

export interface ServedOptions {
  readonly serveStale?: number;
  readonly staleAfter?: number;
  readonly maxWaiting?: number;
  readonly local?: (question: Question) => LocalResponse | undefined;
  readonly synthesis?: ProvenAnswers;
}

export class Served {
  readonly clock = new ManualClock();
  readonly store = new Store({ size: 1 << 20 }, new SeededRandom());
  readonly random = new SeededRandom();
  readonly counters: ServeCounters;
  readonly misses: Misses;
  readonly server: QueryServer;
  readonly bugs: unknown[] = [];
  /** Every query that reached the upstream. */
  readonly asked: Query[] = [];
  /** What endpoints were told of each query that waits. */
  readonly teaches: (boolean | undefined)[] = [];
  generation = 0;
  /** Upstream connections opened so far. */
  connections = 0;
  isReachable = true;
  isReleased = false;
  mayPrefetch = true;
  script: Script;

  constructor(script: Script, options: ServedOptions = {}) {
    this.script = script;
    const none = { observe: () => undefined };
    this.counters = new ServeCounters({ cache: none, upstream: none, local: none });
    const serveStale = options.serveStale ?? 86_400_000;
    const upstream: Exchange = {
      exchange: async (query, budget) => {
        this.asked.push(query);
        return await this.script(query, budget);
      },
    };
    const limits = { minTtl: 0, maxTtl: 86_400, maxNegativeTtl: 900, serveStale };
    const generation = (): number => this.generation;
    const failures = new Failures(this.clock, () => this.connections);
    const answerHere = options.local ?? (() => undefined);
    const isAnswered = (question: Question): boolean => answerHere(question) !== undefined;
    const keeping = stored(upstream, limits, {
      store: this.store,
      failures,
      clock: this.clock,
      generation,
      isAnsweredHere: isAnswered,
    });
    const answers = new Flights(rememberingFailures(keeping, failures), this, { maxFlights: 100 });
    this.misses = new Misses(
      { queryTimeout: 4_000, staleAfter: options.staleAfter ?? 1_800, maxWaiting: options.maxWaiting ?? 100 },
      {
        answers,
        store: this.store,
        generation,
        isReachable: () => this.isReachable,
        isReleased: () => this.isReleased,
        mayPrefetch: () => this.mayPrefetch,
        clock: this.clock,
        random: this.random,
        counters: this.counters,
        onBug: (error) => this.bugs.push(error),
      },
    );
    const local = {
      answer: answerHere,
      isAnswered,
      get generation() {
        return generation();
      },
    };
    this.server = new QueryServer(
      { serveStale, prefetch: true },
      {
        store: this.store,
        synthesis: options.synthesis,
        local,
        misses: this.misses,
        clock: this.clock,
        counters: this.counters,
      },
    );
  }

  /** Hands the octets to the server; gives the response there and then, or `undefined`. */
  handle(octets: Buffer, transport: "udp" | "tcp" = "udp"): { now: Buffer | undefined; later: Buffer[] } {
    const later: Buffer[] = [];
    const out = Buffer.alloc(0xffff + 7);
    const client: Client = {
      transport,
      receivedAt: this.clock.now(),
      clientAddress: "127.0.0.1",
      detach: (teaches) => {
        this.teaches.push(teaches);
        return (response) => later.push(Buffer.from(response));
      },
    };
    const packet = Buffer.concat([Buffer.alloc(5), octets, Buffer.alloc(9, 0xff)]);
    const length = this.server.handle(packet, 5, 5 + octets.length, out, 7, client);
    return { now: length > 0 ? Buffer.from(out.subarray(7, 7 + length)) : undefined, later };
  }

  /** Asks and waits until the response is there; `undefined` where none comes without time passing. */
  async ask(query: ClientQuery): Promise<Buffer | undefined> {
    const { now, later } = this.handle(queryOctets(query), query.transport);
    if (now !== undefined) return now;
    for (let turns = 0; turns < 5 && later.length === 0; turns++) await settle();
    return later[0];
  }

  async message(query: ClientQuery): Promise<Message> {
    return read(await this.ask(query));
  }
}

export function read(octets: Buffer | undefined): Message {
  if (octets === undefined) throw new Error("no response");
  const message = readMessage(octets);
  if (isFault(message)) throw new Error(`malformed response: ${message}`);
  return message;
}
