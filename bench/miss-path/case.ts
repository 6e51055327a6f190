/**
 * One kind of miss in a process of its own: CPU microseconds and octets of garbage a query, and how much of
 * the time the collector took. Prints one line of JSON.
 *
 * A hundred questions are in flight at a time, as many as `bench:peers` has; every name is new.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { buildTree } from "../../test/lab/tree.ts";
import { labZones, periodAround } from "../../test/lab/zones.ts";
import { LabAuthority } from "../../test/lab/authority.ts";
import { bulkZone } from "../../test/lab/bulk.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { questionKey } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { median } from "../median.ts";
import { createWorld, type World } from "./world.ts";

export interface MissFigures {
  /** CPU of a query: the least and the median of all slices. */
  readonly least: number;
  readonly median: number;
  /** Share of the time that the collector took. */
  readonly collector: number;
  /** Octets allocated a query; only with a nursery that holds a slice. */
  readonly garbage: number;
  /** Upstream queries a query. */
  readonly asked: number;
}

interface Kind {
  readonly size: number;
  readonly algorithm?: number;
  /** Whether the answers are judged, though nothing signs them: the zone above proves that nothing has to. */
  readonly unsigned?: boolean;
  readonly denial?: "nsec" | "nsec3";
  /** Whether clients set DO, and so are given proofs. */
  readonly dnssecOk?: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  forward: { size: 20_000 },
  "validated unsigned": { size: 20_000, unsigned: true },
  "validated P-256": { size: 10_000, algorithm: 13 },
  "validated RSA-2048": { size: 4_000, algorithm: 8 },
  "absent, sparse, NSEC": { size: 100, algorithm: 13, denial: "nsec" },
  "absent, sparse, NSEC3": { size: 100, algorithm: 13, denial: "nsec3" },
  "absent, sparse, NSEC, DO": { size: 100, algorithm: 13, denial: "nsec", dnssecOk: true },
  "absent, sparse, NSEC3, DO": { size: 100, algorithm: 13, denial: "nsec3", dnssecOk: true },
  "absent, dense, NSEC": { size: 20_000, algorithm: 13, denial: "nsec" },
  "absent, dense, NSEC3": { size: 20_000, algorithm: 13, denial: "nsec3" },
};

const OUTSTANDING = 100;
const SLICE = 2_000;
const STRIDE = 128;
/** An OPT record of a client that takes 1232 octets. */
const OPT_WITH_DO = "\0\0\x29\x04\xd0\0\0\x80\0\0\0";

const [name = "forward", slices = "60"] = process.argv.slice(2);
const kind = KINDS[name];
if (kind === undefined) throw new Error(`no such kind of miss: ${name}`);
const tree = buildTree([
  ...labZones(periodAround(Date.now())),
  bulkZone({
    apex: "bulk.example.",
    count: kind.size,
    period: periodAround(Date.now()),
    ...(kind.algorithm !== undefined && { algorithm: kind.algorithm }),
    ...(kind.denial !== undefined && { denial: { kind: kind.denial } }),
  }),
]);
const authority = new LabAuthority(tree);
const isJudged = kind.algorithm !== undefined || kind.unsigned === true;
const settings = isJudged ? `trust_anchors = ${JSON.stringify(tree.anchors)}` : 'mode = "off"';
const world = await createWorld(`[dnssec]\n${settings}\n[cache]\nsize = "64MiB"`, authority.respond);
const packets = packetsOf(kind);
let collected = 0;
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) collected += entry.duration;
});
observer.observe({ entryTypes: ["gc"] });
await measure(world, Number(slices));

/** Query packets, each name once; the authority renders its answers ahead. */
function packetsOf({ size, denial, dnssecOk = false }: Kind): {
  octets: Buffer;
  ends: Uint16Array;
  count: number;
} {
  const random = new SeededRandom(5);
  const count = denial === undefined ? size : 20_000;
  const octets = Buffer.alloc(count * STRIDE);
  const ends = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const label =
      denial === undefined ? `n${i}` : `n${(i * 7_919) % size}x${random.below(0x7fff_ffff).toString(36)}`;
    const key = questionKey({ qname: nameFromText(`${label}.bulk.example`)!, qtype: 1, qclass: 1 });
    const at = i * STRIDE;
    octets.writeUInt16BE(i & 0xffff, at);
    octets.writeUInt16BE(0x0100, at + 2);
    octets.writeUInt16BE(1, at + 4);
    octets.writeUInt16BE(dnssecOk ? 1 : 0, at + 10);
    octets.latin1Write(dnssecOk ? key + OPT_WITH_DO : key, at + 12);
    ends[i] = 12 + key.length + (dnssecOk ? OPT_WITH_DO.length : 0);
  }
  return { octets, ends, count };
}

async function measure({ handler, asked, forget, close }: World, count: number): Promise<void> {
  const out = Buffer.alloc(4_096);
  const times: number[] = [];
  let garbage = Number.POSITIVE_INFINITY;
  let next = 0;
  let askedBefore = 0;
  let startedAt = 0;
  const warmUp = Math.ceil(packets.count / SLICE) + 4;
  for (let slice = -warmUp; slice < count; slice++) {
    if (slice === 0) {
      askedBefore = asked();
      collected = 0;
      startedAt = performance.now();
    }
    const collectedBefore = collected;
    const heap = process.memoryUsage().heapUsed;
    const before = process.cpuUsage();
    next = await run(next);
    const { user, system } = process.cpuUsage(before);
    const grown = process.memoryUsage().heapUsed - heap;
    if (slice < 0) continue;
    times.push((user + system) / SLICE);
    await new Promise((resolve) => setTimeout(resolve, 1)); // The observer has its turn.
    if (grown > 0 && collected === collectedBefore) garbage = Math.min(garbage, grown / SLICE);
  }
  const figures: MissFigures = {
    least: Math.min(...times),
    median: median(times),
    collector: collected / (performance.now() - startedAt),
    garbage,
    asked: (asked() - askedBefore) / (count * SLICE),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  observer.disconnect();
  await close();

  function run(from: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let at = from;
      let sent = 0;
      let answered = 0;
      let room = OUTSTANDING;
      let isScheduled = false;
      const take = (response: Uint8Array): void => {
        const rcode = response[3]! & 0x0f;
        if (rcode !== 0 && rcode !== 3) reject(new Error(`RCODE ${rcode}`));
        done();
      };
      const done = (): void => {
        answered++;
        room++;
        if (answered === SLICE) resolve(at);
        else if (!isScheduled) {
          isScheduled = true;
          setImmediate(send);
        }
      };
      const client = {
        transport: "udp" as const,
        receivedAt: performance.now(),
        clientAddress: "127.0.0.1",
        detach: () => take,
      };
      const send = (): void => {
        isScheduled = false;
        while (room > 0 && sent < SLICE) {
          if (at === packets.count) {
            at = 0;
            if (kind?.denial === undefined || kind.size > 100) forget();
          }
          const start = at * STRIDE;
          sent++;
          room--;
          if (handler.handle(packets.octets, start, start + packets.ends[at++]!, out, 0, client) > 0) done();
        }
      };
      send();
    });
  }
}
