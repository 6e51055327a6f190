/**
 * One format of a list of a million names, in a process of its own: how long it takes to be read, how much
 * memory it takes, how long the event loop stands still meanwhile, and what it adds to a query. Prints one line of JSON.
 *
 * Costs are processor time, in pairs, with the list and without it in turn, so that what else the machine does
 * counts for little.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Entry } from "../../src/cache/entry.ts";
import { Store } from "../../src/cache/store.ts";
import { readBlockLists } from "../../src/local/block-list.ts";
import { diskFiles } from "../../src/local/files.ts";
import { LocalData } from "../../src/local/local-data.ts";
import { NameSet } from "../../src/local/name-set.ts";
import { specialNames } from "../../src/local/special-names.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Question } from "../../src/ports/message.ts";
import { isTopLevelDomain } from "../../src/privacy/registrable-domain.ts";
import { QueryServer } from "../../src/resolve/serve.ts";
import { ServeCounters } from "../../src/resolve/serve-counters.ts";
import { questionKey } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { median } from "../median.ts";
import { listedName, NAMES, unlistedName } from "./names.ts";

export interface ListFigures {
  /** By the wall clock, and of processor time. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the process, collected before and after. */
  readonly mebibytes: number;
  /** Of names and table, as the set itself counts them. */
  readonly ownMebibytes: number;
  /** Processor time of the longest turn of the event loop while the list was read again, and of 99 in 100. */
  readonly longestTurnMs: number;
  readonly turnMs: number;
  /** Nanoseconds without the list, and with it. */
  readonly hit: Pair;
  readonly miss: Pair;
  /** Nanoseconds for a name that is listed: scan, rules, the whole response. */
  readonly blocked: number;
}

export interface Pair {
  readonly without: number;
  readonly with: number;
  /** Median of what the second of a pair took more than the first. */
  readonly added: number;
}

const SEED = 0x5077_0001;
const QUESTIONS = 65_536;
const STRIDE = 128;
/** Entries of the cache for hits: what a household asks for all the time. */
const HOT = 1_024;
const PAIRS = 15;
const A_ROUND = 65_536;
const MEBIBYTE = 2 ** 20;

const format = process.argv[2] ?? "plain";
const folder = mkdtempSync(join(tmpdir(), "sotto-block-list-"));
const file = join(folder, "list");
writeList();
const source = { label: "list", chunks: () => diskFiles.chunks(file) };

const before = memory();
const start = performance.now();
const startCpu = cpuMs();
const { names, reports } = await readBlockLists([source], SEED);
const seconds = (performance.now() - start) / 1_000;
const cpuSeconds = (cpuMs() - startCpu) / 1_000;
const mebibytes = (memory() - before) / MEBIBYTE;
if (reports[0]?.names !== NAMES || reports[0].faults > 0) throw new Error("the list was not read as it is");

const turns = await turnsDuring(() => readBlockLists([source], SEED));
rmSync(folder, { recursive: true });

const clock: Clock = { now: () => performance.now(), wall: () => Date.now(), after: () => () => {} };
const plain = dataWith(new NameSet(SEED));
const blocking = dataWith(names);
const random = new SeededRandom(11);
const unlisted = Array.from({ length: QUESTIONS }, () => questionOf(unlistedName(random)));
const listed = Array.from({ length: QUESTIONS }, () => questionOf(listedName(random.below(NAMES))));
check();

const figures: ListFigures = {
  seconds,
  cpuSeconds,
  mebibytes,
  ownMebibytes: names.octets / MEBIBYTE,
  longestTurnMs: turns.at(-1) ?? 0,
  turnMs: turns[Math.floor(turns.length * 0.99)] ?? 0,
  hit: pairOf(hitter(plain), hitter(blocking)),
  miss: pairOf(
    (i) => plain.answer(unlisted[i]!),
    (i) => blocking.answer(unlisted[i]!),
  ),
  blocked: median(Array.from({ length: PAIRS }, () => nanoseconds(answerer(blocking, listed)))),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Processor time of each turn of the event loop while `task` runs, the shortest first. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isDone = false;
  const ended = task().then(() => {
    isDone = true;
  });
  while (!isDone) {
    const since = cpuMs();
    await new Promise((resolve) => setImmediate(resolve));
    times.push(cpuMs() - since);
  }
  await ended;
  return times.sort((a, b) => a - b);
}

function writeList(): void {
  const line = (name: string): string => (format === "hosts" ? `0.0.0.0 ${name}` : name);
  writeFileSync(file, Array.from({ length: NAMES }, (_, i) => `${line(listedName(i))}\n`).join(""));
}

function memory(): number {
  for (let i = 0; i < 3; i++) (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss;
}

function dataWith(blocked: NameSet): LocalData {
  const rules = {
    records: [],
    hosts: [],
    specials: specialNames(),
    forwarded: [],
    blocked,
    blockAnswer: "nxdomain" as const,
    withholdsJunk: true,
  };
  return new LocalData(rules, { seed: SEED, isTopLevelDomain });
}

function questionOf(text: string): Question {
  const qname = nameFromText(text);
  if (qname === undefined) throw new Error(`${text} is no domain name`);
  return { qname, qtype: 1, qclass: 1 };
}

/** The whole hit path over a store in which every question asked has an answer. */
function hitter(local: LocalData): (i: number) => unknown {
  const store = new Store({ size: HOT * 4_000 }, new SeededRandom());
  const terms = {
    now: clock.now(),
    lifetime: 86_400,
    maxTtl: 86_400,
    minTtl: 0,
    generation: local.generation,
  };
  const hot = unlisted.slice(0, HOT);
  for (const question of hot) {
    const answer = [{ owner: question.qname, type: 1, class: 1, ttl: 300, rdata: Buffer.of(192, 0, 2, 1) }];
    const response = {
      rcode: 0,
      answer,
      authority: [],
      verdict: "insecure" as const,
      errors: [],
      upstream: "",
    };
    store.keep(questionKey(question), new Entry(question, response, terms));
  }
  const hit = answerer(local, hot, store);
  return (i) => hit(i & (HOT - 1));
}

/** Answers the `i`-th of `questions` as a datagram. */
function answerer(
  local: LocalData,
  questions: readonly Question[],
  store = new Store({ size: MEBIBYTE }, new SeededRandom()),
): (i: number) => unknown {
  const packets = Buffer.alloc(questions.length * STRIDE);
  const ends = questions.map((question, i) => {
    const key = questionKey(question);
    packets.writeUInt16BE(0x0100, i * STRIDE + 2);
    packets.writeUInt16BE(1, i * STRIDE + 4);
    packets.latin1Write(key, i * STRIDE + 12);
    return i * STRIDE + 12 + key.length;
  });
  const nothing = { observe: () => {} };
  const server = new QueryServer(
    { serveStale: 0, prefetch: false },
    {
      store,
      synthesis: undefined,
      local,
      misses: undefined as never,
      clock,
      counters: new ServeCounters({ cache: nothing, upstream: nothing, local: nothing }),
    },
  );
  const client = {
    transport: "udp" as const,
    receivedAt: clock.now(),
    clientAddress: "127.0.0.1",
    detach: () => unexpected(),
  };
  const out = Buffer.alloc(4_096);
  return (i) => server.handle(packets, i * STRIDE, ends[i]!, out, 0, client);
}

function unexpected(): never {
  throw new Error("every query is answered at once here");
}

/** Right before fast: what is listed is blocked, what is not is not. */
function check(): void {
  for (const question of listed) if (blocking.answer(question)?.rcode !== 3) throw new Error("not blocked");
  for (const question of unlisted) if (blocking.answer(question) !== undefined) throw new Error("blocked");
}

function pairOf(one: (i: number) => unknown, other: (i: number) => unknown): Pair {
  for (let i = 0; i < 3; i++) {
    nanoseconds(one);
    nanoseconds(other);
  }
  const pairs = Array.from({ length: PAIRS }, () => [nanoseconds(one), nanoseconds(other)] as const);
  return {
    without: median(pairs.map(([without]) => without)),
    with: median(pairs.map(([, with_]) => with_)),
    added: median(pairs.map(([without, with_]) => with_ - without)),
  };
}

function nanoseconds(step: (i: number) => unknown): number {
  const since = cpuMs();
  for (let n = 0; n < A_ROUND; n++) step((n * 7_919) & (QUESTIONS - 1));
  return ((cpuMs() - since) * 1e6) / A_ROUND;
}
