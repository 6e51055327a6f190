/**
 * One size of cache in a process of its own: what a hit costs, in nanoseconds and octets of garbage, beside
 * what a bare `lru-cache` and a bare `Map` cost for the same keys. Prints one line of JSON.
 *
 * The queries come in random order, from a ring of packets as a socket would give them, so that neither
 * the branch predictor nor the processor's caches see what a household's names would not give them.
 */
import { LRUCache } from "lru-cache";
import { Entry } from "../../src/cache/entry.ts";
import { Store } from "../../src/cache/store.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Response } from "../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import type { Client } from "../../src/ports/packet-handler.ts";
import { writeEntry } from "../../src/resolve/respond.ts";
import { QueryServer } from "../../src/resolve/serve.ts";
import { ServeCounters } from "../../src/resolve/serve-counters.ts";
import { questionKey } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { ScannedQuery, scanQuery } from "../../src/wire/scan-query.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";

/** One step of the hit path, for the `i`-th query. */
type Step = (i: number) => unknown;

export interface StepFigures {
  readonly nanoseconds: number;
  readonly garbage: number;
}

/** What a step gives is kept, so that no step is optimised away. */
const sink: { last: unknown } = { last: undefined };

const PACKETS = 65_536;
const STRIDE = 64;
const ROUNDS = 9;
const A_ROUND = 200_000;
const LIFETIME = 86_400;

const entries = Number(process.argv[2] ?? 100_000);
const clock: Clock = { now: () => performance.now(), wall: () => Date.now(), after: () => () => {} };
const store = new Store({ size: entries * 2_000 }, new SeededRandom());
const lru = new LRUCache<string, number>({ max: entries });
const map = new Map<string, number>();
const random = new SeededRandom(3);
const packets = Buffer.alloc(PACKETS * STRIDE);
const ends = new Uint16Array(PACKETS);
const keys: string[] = [];
fill();

const out = Buffer.alloc(4_096);
const query = new ScannedQuery();
const client: Client = {
  transport: "udp",
  receivedAt: clock.now(),
  clientAddress: "127.0.0.1",
  detach: () => {
    throw new Error("every query is a hit here");
  },
};
const counters = new ServeCounters({ cache: nothing(), upstream: nothing(), local: nothing() });
const server = new QueryServer(
  { serveStale: 0, prefetch: false },
  {
    store,
    synthesis: undefined,
    local: { generation: 0, answer: () => undefined, isAnswered: () => false },
    misses: undefined as never,
    clock,
    counters,
  },
);
const occasion = { now: clock.now(), limit: 1_232, staleError: undefined };
const found = keys.map((key) => store.find(key)!);

/** A key made anew each time, as the packet gives it: its hash is not known yet. */
const steps: Record<string, Step> = {
  "key (scan)": (i) => scan(i),
  "key + bare Map": (i) => map.get(scan(i)),
  "key + bare lru-cache": (i) => lru.get(scan(i)),
  "scan only": (i) => {
    scanInto(i);
  },
  "scan + find": (i) => {
    scanInto(i);
    return store.findOctets(query.keyOctets);
  },
  render: (i) => writeEntry(found[i]!, query, occasion, out, 0),
  "whole hit": (i) => server.handle(packets, i * STRIDE, i * STRIDE + ends[i]!, out, 0, client),
};
check();
process.stdout.write(
  `${JSON.stringify(Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, measure(step)])))}\n`,
);

function scan(i: number): string {
  scanInto(i);
  return query.key;
}

function scanInto(i: number): void {
  scanQuery(packets, i * STRIDE, i * STRIDE + ends[i]!, query);
}

function fill(): void {
  for (let i = 0; i < entries; i++) {
    const question = questionOf(i);
    const key = questionKey(question);
    const terms = { now: clock.now(), lifetime: LIFETIME, maxTtl: LIFETIME, minTtl: 0, generation: 0 };
    store.keep(key, new Entry(question, responseTo(question, i), terms));
    lru.set(key, i);
    map.set(key, i);
  }
  for (let i = 0; i < PACKETS; i++) {
    const question = questionOf(random.below(entries));
    const key = questionKey(question);
    const at = i * STRIDE;
    packets.writeUInt16BE(i, at);
    packets.writeUInt16BE(0x0100, at + 2);
    packets.writeUInt16BE(1, at + 4);
    packets.latin1Write(key, at + 12);
    ends[i] = 12 + key.length;
    keys.push(key);
  }
}

function questionOf(i: number): Question {
  return { qname: nameFromText(`host-${i}.example.com`) as Name, qtype: 1, qclass: 1 };
}

function responseTo({ qname }: Question, i: number): Response {
  const answer: ResourceRecord[] = [
    { owner: qname, type: 1, class: 1, ttl: LIFETIME, rdata: Buffer.of(192, 0, 2, i & 0xff) },
  ];
  return { rcode: 0, answer, authority: [], verdict: "insecure", errors: [], upstream: "bench" };
}

/** Correct before fast: the right key is found, and the whole hit is the right response. */
function check(): void {
  for (let i = 0; i < PACKETS; i += 101) {
    const octets = server.handle(packets, i * STRIDE, i * STRIDE + ends[i]!, out, 0, client);
    const isRight = out.readUInt16BE(0) === i && out.readUInt16BE(6) === 1 && octets === ends[i]! + 16;
    if (!isRight || scan(i) !== keys[i]) throw new Error(`query ${i} is answered wrongly`);
  }
}

/** Median of the rounds; garbage from the round with the least, in which no collection fell. */
function measure(step: Step): StepFigures {
  const times: number[] = [];
  let garbage = Number.POSITIVE_INFINITY;
  let next = 0;
  for (let round = -3; round < ROUNDS; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    for (let n = 0; n < A_ROUND; n++) {
      sink.last = step(next);
      next = (next + 1) & (PACKETS - 1);
    }
    const took = performance.now() - start;
    const grown = process.memoryUsage().heapUsed - before;
    if (round < 0) continue;
    times.push((took * 1e6) / A_ROUND);
    if (grown >= 0) garbage = Math.min(garbage, grown / A_ROUND);
  }
  times.sort((a, b) => a - b);
  return { nanoseconds: times[times.length >> 1]!, garbage };
}

function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function nothing() {
  return { observe: () => {} };
}
