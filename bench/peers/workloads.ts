/**
 * What is measured: which zones the upstream has, what is asked, and how. Names of workloads are what
 * `npm run bench:peers -- NAME …` takes.
 */
import { SeededRandom } from "../../test/support/seeded-random.ts";

/** One question, and what the subject must answer before anything is timed. */
export interface Probe {
  readonly name: string;
  readonly rcode: "NOERROR" | "NXDOMAIN";
  /** The A record's data; absent where there is none. */
  readonly data?: string;
  /** Whether the answer must come with AD. */
  readonly isSecure: boolean;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly method: string;
  readonly kind: "load" | "latency" | "cold" | "memory";
  readonly zones: readonly string[];
  readonly validate: boolean;
  readonly transport: "udp" | "tcp";
  /** By name; those that are not there are left out and said so. */
  readonly subjects: readonly string[];
  readonly probes: readonly Probe[];
  /** Asked once each before the clock runs: fills caches, warms what is compiled as it runs. */
  readonly warmUp: readonly string[];
  /** Asked while the clock runs: again and again where `repeat`, else once. */
  readonly queries: readonly string[];
  /** The RCODE that all of them must be answered with. */
  readonly rcode: Probe["rcode"];
  readonly repeat: boolean;
  /** Queries without a response at any time. */
  readonly outstanding: number;
}

/** As many as make bursts, and as the socket buffers that kresd and dnsdist do not enlarge can hold. */
const OUTSTANDING_HITS = 200;
/** kresd pipelines 100 queries on a connection and answers SERVFAIL above that, which costs it less than an answer. */
const OUTSTANDING_MISSES = 100;

const CACHED_NAMES = 1_000;
const UNIQUE_NAMES = 200_000;
const SIGNED_NAMES = 40_000;
const MIX_NAMES = 50_000;
const MIX_QUERIES = 400_000;
/** Names that warm a program up and are not in the mix. */
const WARM_NAMES = 30_000;
const DENSE_NAMES = 20_000;

const plainProbe = (zone: string): Probe => ({
  name: `n7.${zone}`,
  rcode: "NOERROR",
  data: "192.0.2.7",
  isSecure: false,
});
const secureProbe = (zone: string): Probe => ({ ...plainProbe(zone), isSecure: true });
const names = (zone: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `n${from + i}.${zone} A`);

const ALL = ["sotto", "sotto batch off", "sotto node 24", "unbound", "kresd", "dnsdist"];
const VALIDATORS = ["sotto", "sotto batch off", "sotto node 24", "unbound", "kresd"];

const common = { kind: "load", transport: "udp", validate: false, rcode: "NOERROR" } as const;
const hits = { ...common, outstanding: OUTSTANDING_HITS };
const misses = { ...common, outstanding: OUTSTANDING_MISSES };

export function workloads(): readonly Workload[] {
  return [
    {
      ...hits,
      name: "cached",
      title: "cached answers over UDP",
      method: `${CACHED_NAMES} names, all in the cache; as many queries as are answered, ${OUTSTANDING_HITS} outstanding from 8 sockets`,
      zones: [`bulk.example.:${CACHED_NAMES}:`],
      subjects: ["C echo", ...ALL],
      probes: [plainProbe("bulk.example")],
      warmUp: names("bulk.example", 0, CACHED_NAMES),
      queries: names("bulk.example", 0, CACHED_NAMES),
      repeat: true,
    },
    {
      ...hits,
      name: "tcp",
      title: "cached answers over TCP, pipelined",
      method: `${CACHED_NAMES} names, all in the cache; ${OUTSTANDING_HITS} outstanding on 8 connections`,
      transport: "tcp",
      zones: [`bulk.example.:${CACHED_NAMES}:`],
      subjects: ALL,
      probes: [plainProbe("bulk.example")],
      warmUp: names("bulk.example", 0, CACHED_NAMES),
      queries: names("bulk.example", 0, CACHED_NAMES),
      repeat: true,
    },
    {
      ...misses,
      name: "forward",
      title: "unique names forwarded over DoT, no validation",
      method: `each name once, ${OUTSTANDING_MISSES} outstanding; the first ${UNIQUE_NAMES / 4} warm the program up`,
      zones: [`bulk.example.:${UNIQUE_NAMES}:`],
      subjects: [...ALL, "stubby"],
      probes: [plainProbe("bulk.example")],
      warmUp: names("bulk.example", 0, UNIQUE_NAMES / 4),
      queries: names("bulk.example", UNIQUE_NAMES / 4, UNIQUE_NAMES),
      repeat: false,
    },
    validated("validated", "P-256", `p256.example.:${SIGNED_NAMES}:13`, "p256.example", SIGNED_NAMES),
    validated("validated-rsa", "RSA-2048", `rsa.example.:${SIGNED_NAMES}:8`, "rsa.example", SIGNED_NAMES),
    mixed("zipf", "a mix of names by Zipf's law from a cold cache, validated", [
      ...warmNames(),
      ...warmNames(),
    ]),
    mixed("zipf-exec", "the same mix from the start of the program", []),
    ...(["nsec", "nsec3"] as const).flatMap((denial) => [
      absent(
        `nxdomain-${denial}`,
        `absent names, sparse zone with ${denial.toUpperCase()}`,
        denial,
        100,
        400_000,
      ),
      inWarmProgram(dense(`nxdomain-${denial}-dense`, denial), denial),
      dense(`nxdomain-${denial}-dense-exec`, denial),
    ]),
    {
      ...hits,
      kind: "latency",
      name: "latency",
      title: "latency of cached answers at 5,000 queries a second",
      method: `${CACHED_NAMES} names, all in the cache; 5,000 queries a second over UDP, evenly spaced; as a client of one thread saw it, with real-time priority where it may have it`,
      zones: [`bulk.example.:${CACHED_NAMES}:`],
      subjects: ["C echo", ...ALL],
      probes: [plainProbe("bulk.example")],
      warmUp: names("bulk.example", 0, CACHED_NAMES),
      queries: names("bulk.example", 0, CACHED_NAMES),
      repeat: true,
    },
    {
      ...misses,
      kind: "cold",
      name: "cold",
      title: "from exec to the first validated answer",
      method:
        "a query every 2 ms from the start of the program until the answer is right, with AD; but for its first start Sotto has the compiled code that an earlier run kept",
      validate: true,
      zones: ["p256.example.:100:13"],
      subjects: [...VALIDATORS, "sotto first start", "sotto node 24 first start"],
      probes: [secureProbe("p256.example")],
      warmUp: [],
      queries: [],
      repeat: false,
    },
    {
      ...misses,
      kind: "memory",
      name: "memory",
      title: "resident memory, idle and with 100,000 names",
      method: "VmRSS two seconds after the first answer, and after 100,000 names were asked once",
      validate: true,
      zones: ["bulk.example.:100000:"],
      subjects: ALL,
      probes: [plainProbe("bulk.example")],
      warmUp: [],
      queries: names("bulk.example", 0, 100_000),
      repeat: false,
    },
  ];
}

function warmNames(): string[] {
  return [...names("warm.example", 0, WARM_NAMES), ...names("warm256.example", 0, WARM_NAMES / 10)];
}

/** @param warmUp names of zones that the mix has nothing of: they warm the program up, not its cache. */
function mixed(name: string, title: string, warmUp: string[]): Workload {
  const warm = warmUp.length === 0 ? "" : `; before it ${warmUp.length / 2} names of other zones, each twice`;
  return {
    ...misses,
    name,
    title,
    method: `${MIX_QUERIES} queries, rank r asked in proportion to 1/r, over ${MIX_NAMES} names, one in ten of them in a zone signed with P-256${warm}`,
    validate: true,
    zones: [
      `bulk.example.:${MIX_NAMES}:`,
      `p256.example.:${MIX_NAMES / 10}:13`,
      `warm.example.:${WARM_NAMES}:`,
      `warm256.example.:${WARM_NAMES / 10}:13`,
    ],
    subjects: VALIDATORS,
    probes: [plainProbe("bulk.example"), secureProbe("p256.example")],
    warmUp,
    queries: zipf(),
    repeat: false,
  };
}

function validated(name: string, algorithm: string, zone: string, apex: string, count: number): Workload {
  return {
    ...misses,
    name,
    title: `unique signed names (${algorithm}) forwarded and validated`,
    method: `each name once, ${OUTSTANDING_MISSES} outstanding; the first ${count / 4} warm the program up and its chain of trust`,
    validate: true,
    zones: [zone],
    subjects: VALIDATORS,
    probes: [secureProbe(apex)],
    warmUp: names(apex, 0, count / 4),
    queries: names(apex, count / 4, count),
    repeat: false,
  };
}

/**
 * Names that are not there, spread over the whole zone: `n123x…` falls behind `n123`. In a sparse zone the
 * hundred ranges are soon known; in a dense one nearly every name falls into a range not met before.
 */
function absent(
  name: string,
  title: string,
  denial: "nsec" | "nsec3",
  size: number,
  count: number,
): Workload {
  const apex = `${denial}.example`;
  const queries = absentNames(apex, size, count);
  return {
    ...misses,
    rcode: "NXDOMAIN",
    name,
    title,
    method: `${count} random names under a zone of ${size} names signed with P-256, each once; the first tenth warms up`,
    validate: true,
    zones: [`${apex}.:${size}:13:${denial}`],
    subjects: VALIDATORS,
    probes: [secureProbe(apex), { name: `absent.${apex}`, rcode: "NXDOMAIN", isSecure: true }],
    warmUp: queries.slice(0, count / 10),
    queries: queries.slice(count / 10),
    repeat: false,
  };
}

function dense(name: string, denial: "nsec" | "nsec3"): Workload {
  return absent(name, `absent names, dense zone with ${denial.toUpperCase()}`, denial, DENSE_NAMES, 30_000);
}

/** Before all else as many absent names of another zone like it: the program is warm then, and knows nothing of its own. */
function inWarmProgram(workload: Workload, denial: "nsec" | "nsec3"): Workload {
  const apex = `warm-${denial}.example`;
  const warmUp = absentNames(apex, DENSE_NAMES, workload.warmUp.length + workload.queries.length);
  return {
    ...workload,
    method: `${workload.method}; before it ${warmUp.length} of another zone like it`,
    zones: [...workload.zones, `${apex}.:${DENSE_NAMES}:13:${denial}`],
    warmUp: [...warmUp, ...workload.warmUp],
  };
}

function absentNames(apex: string, size: number, count: number): string[] {
  const random = new SeededRandom(7);
  return Array.from(
    { length: count },
    (_, i) => `n${(i * 7_919) % size}x${random.below(0x7fff_ffff).toString(36)}.${apex} A`,
  );
}

/** By the inverse of the distribution function, so that any rank costs the same to draw. */
function zipf(): string[] {
  const random = new SeededRandom(11);
  const upTo: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= MIX_NAMES; rank++) upTo.push((total += 1 / rank));
  return Array.from({ length: MIX_QUERIES }, () => {
    const rank = firstAbove(upTo, (random.below(1 << 30) / (1 << 30)) * total);
    return rank % 10 === 3 ? `n${Math.floor(rank / 10)}.p256.example A` : `n${rank}.bulk.example A`;
  });
}

function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
