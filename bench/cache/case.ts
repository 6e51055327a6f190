/**
 * One case in a process of its own, which prints one line of JSON.
 *
 *   case.ts memory NAMES          every name once, none evicted: what the cache says it takes, and what it takes
 *   case.ts trace NAMES OCTETS    every name once, then as many again by Zipf's law, in a cache that holds few
 */
import { openSync, readSync } from "node:fs";
import { constants, setPriority } from "node:os";
import {
  createHistogram,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type RecordableHistogram,
} from "node:perf_hooks";
import { Entry } from "../../src/cache/entry.ts";
import { accounted, prepareRun } from "../../src/cache/layout.ts";
import { questionKey, questionOfKey } from "../../src/wire/names.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { setTimeout as wait } from "node:timers/promises";
import { questionOf, responseTo } from "./answers.ts";
import { IdealLru } from "./ideal-lru.ts";
import { startCache } from "./serving.ts";
import { Zipf } from "./zipf.ts";

export interface MemoryFigures {
  readonly names: number;
  readonly entries: number;
  /** Octets, as all below. */
  readonly accounted: number;
  /** Growth of heap in use and external memory, collected before and after. */
  readonly live: number;
  readonly rss: number;
}

export interface TraceFigures {
  readonly names: number;
  readonly queries: number;
  readonly size: number;
  /** Most that the cache accounted for at any time. */
  readonly most: number;
  readonly entries: number;
  /** Of the queries after the first pass. */
  readonly hitRatio: number;
  readonly idealHitRatio: number;
  /** Milliseconds that the event loop was late: by this process, or because another had the processor. */
  readonly delays: Spread;
  /** Milliseconds of processor time, of all threads, between two turns of the event loop: this process alone. */
  readonly turns: Spread;
  /** Of these, what the event loop's own thread used: how long a turn is where nothing else has the processor. */
  readonly ownTurns: Spread;
  readonly rss: number;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Queries handled before other work has its turn: as many as a busy socket brings at once. */
const A_TURN = 64;
/** Turns after which there is nothing to do for a moment, as there is in a machine that is not overloaded. */
const TURNS_BETWEEN_RESTS = 32;
const REST_MS = 2;

interface Used {
  readonly all: RecordableHistogram;
  readonly own: RecordableHistogram;
}

const SCHEDSTAT = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
const SCHEDSTAT_ROOM = Buffer.alloc(64);

const [kind, names, size] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
try {
  // What else runs on the machine is not to be measured.
  setPriority(constants.priority.PRIORITY_HIGHEST);
} catch {
  // Not everybody may.
}
process.stdout.write(JSON.stringify(kind === "memory" ? await memory() : await trace()));
process.exit(0);

async function memory(): Promise<MemoryFigures> {
  // No table of names: it would be counted as the cache's.
  const cache = startCache(names * 4_000, numberOf);
  await turn();
  const before = liveOctets();
  for (let i = 0; i < names; i++) {
    cache.ask(questionKey(questionOf(i)));
    if (i % A_TURN === 0) await turn();
  }
  await turn();
  const live = liveOctets() - before;
  const { entryCount: entries, octets: accounted } = cache.store;
  return { names, entries, accounted, live, rss: process.memoryUsage.rss() };
}

async function trace(): Promise<TraceFigures> {
  const cache = startCache(size, numberOf);
  const ideal = new IdealLru(size, names);
  const zipf = new Zipf(names, new SeededRandom(5));
  const octets = new Float64Array(names);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const used: Used = { all: createHistogram(), own: createHistogram() };
  const counts = { hits: 0, ideal: 0, most: 0 };
  const ask = (i: number): void => {
    const key = questionKey(questionOf(i));
    octets[i] ||= octetsOf(i);
    if (cache.ask(key)) counts.hits++;
    if (ideal.ask(i, octets[i]!)) counts.ideal++;
    counts.most = Math.max(counts.most, cache.store.octets);
  };
  await turns(1_000, (i) => {
    ask(names - 1 - i);
  });
  delays.enable();
  await turns(names, ask, used);
  counts.hits = counts.ideal = 0;
  // Ranks are spread over the names, so that being asked for last in the first pass says nothing of them.
  await turns(
    names,
    () => {
      ask((zipf.next() * 7_919) % names);
    },
    used,
  );
  delays.disable();
  return {
    names,
    queries: 2 * names,
    size,
    most: counts.most,
    entries: cache.store.entryCount,
    hitRatio: counts.hits / names,
    idealHitRatio: counts.ideal / names,
    delays: spreadOf(delays),
    turns: spreadOf(used.all),
    ownTurns: spreadOf(used.own),
    rss: process.memoryUsage.rss(),
  };
}

/** Takes a step for each of `count`, some a turn; what a turn costs goes to `used`. */
async function turns(count: number, step: (i: number) => void, used?: Used): Promise<void> {
  for (let i = 0, taken = 0; i < count; taken++) {
    if (taken % TURNS_BETWEEN_RESTS === 0) await wait(REST_MS);
    const before = process.cpuUsage();
    const ownBefore = ownNanoseconds();
    const end = Math.min(count, i + A_TURN);
    while (i < end) step(i++);
    await turn();
    const { user, system } = process.cpuUsage(before);
    used?.all.record(Math.max(1, (user + system) * 1_000));
    used?.own.record(Math.max(1, ownNanoseconds() - ownBefore));
  }
}

/** Processor time of this thread so far: the first number of its schedstat. */
function ownNanoseconds(): number {
  const octets = readSync(SCHEDSTAT, SCHEDSTAT_ROOM, 0, SCHEDSTAT_ROOM.length, 0);
  return Number.parseInt(SCHEDSTAT_ROOM.latin1Slice(0, octets), 10);
}

function spreadOf(histogram: IntervalHistogram | RecordableHistogram): Spread {
  const at = (percent: number): number => histogram.percentile(percent) / 1e6;
  return { p50: at(50), p99: at(99), p999: at(99.9), max: histogram.max / 1e6 };
}

function numberOf(key: string): number {
  const label = questionOfKey(key).qname.slice(5).split("\x07", 1)[0] ?? "";
  return Number.parseInt(label.slice("site-".length), 36);
}

function octetsOf(i: number): number {
  const terms = { now: 0, lifetime: 1, maxTtl: 1, minTtl: 0, generation: 0 };
  return accounted(prepareRun(new Entry(questionOf(i), responseTo(questionOf(i), i), terms)));
}

function liveOctets(): number {
  for (let i = 0; i < 3; i++) (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
