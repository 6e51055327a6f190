/** The cache against models so simple that they are right by inspection, under whatever fast-check thinks of. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { accounted, prepareRun } from "../../../src/cache/layout.ts";
import { Store } from "../../../src/cache/store.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { a, keyOf, question, response, soa } from "../../support/records.ts";
import { Served } from "../../support/served.ts";

const NAMES = ["a.example", "b.example", "c.example"];
const name = fc.constantFrom(...NAMES);
const milliseconds = fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 1_200_000 }));

/** What an upstream says of a name: seconds it may be kept, and in which form. */
const answer = fc.record({
  ttl: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 100_000 }), fc.constant(0x8000_0000)),
  isAbsent: fc.boolean(),
});

const step = fc.oneof(
  fc.record({ kind: fc.constant("ask" as const), name, answer }),
  fc.record({ kind: fc.constant("wait" as const), milliseconds }),
  fc.record({ kind: fc.constant("flush" as const), name }),
);

/** RFC 2181 §8, and the caps of the configuration that `Served` has. */
function lifetime({ ttl, isAbsent }: { readonly ttl: number; readonly isAbsent: boolean }): number {
  return Math.min(ttl, isAbsent ? 900 : 86_400);
}

describe("a name in the cache", () => {
  it("is asked for exactly when its time is over, and says how much is left until then", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const server = new Served(() => response(), { serveStale: 0 });
        server.mayPrefetch = false;
        const model = new Map<string, { readonly until: number; readonly isAbsent: boolean }>();
        for (const each of steps) {
          if (each.kind === "wait") server.clock.advance(each.milliseconds);
          else if (each.kind === "flush") {
            server.store.forget(keyOf(each.name));
            model.delete(each.name);
          } else await checkAnswer(server, model, each);
        }
      }),
      { numRuns: 150 },
    );
  });
});

async function checkAnswer(
  server: Served,
  model: Map<string, { readonly until: number; readonly isAbsent: boolean }>,
  { name: qname, answer: given }: { name: string; answer: { ttl: number; isAbsent: boolean } },
): Promise<void> {
  const now = server.clock.now();
  const { ttl, isAbsent } = given;
  server.script = () =>
    isAbsent
      ? response({ rcode: Rcode.NXDOMAIN, authority: [soa("example", ttl, 0x7fff_ffff)] })
      : response({ answer: [a(qname, ttl)] });
  const kept = model.get(qname);
  const isKept = kept !== undefined && now < kept.until;
  const before = server.asked.length;

  const message = await server.message({ qname });

  expect(server.asked.length - before).toBe(isKept ? 0 : 1);
  const [record] = [...message.answer, ...message.authority];
  if (isKept) {
    expect(message.rcode).toBe(kept.isAbsent ? Rcode.NXDOMAIN : Rcode.NOERROR);
    expect(record?.ttl).toBe(Math.ceil((kept.until - now) / 1_000));
    return;
  }
  expect(record?.ttl).toBe(lifetime(given));
  if (lifetime(given) > 0) model.set(qname, { until: now + lifetime(given) * 1_000, isAbsent });
}

const SIZE = 16_384;
const change = fc.record({
  key: fc.nat({ max: 60 }),
  kind: fc.constantFrom("data" as const, "absent" as const, "failed" as const, "use" as const),
  octets: fc.nat({ max: 2_000 }),
});

describe("the store", () => {
  it("holds what was kept last under a key or nothing, within its size, junk within its share", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.nat({ max: SIZE / 8 }), (changes, beside) => {
        const store = new Store({ size: SIZE, beside: () => beside }, new SeededRandom());
        const model = new Map<string, Entry>();
        let now = 0;
        for (const { key: number, kind, octets } of changes) {
          const key = keyOf(`n${number}.example`);
          if (kind === "use") {
            expect([model.get(key)?.storedAt, undefined]).toContain(store.find(key)?.storedAt);
            continue;
          }
          const entry = entryOf(`n${number}.example`, kind, octets, ++now);
          store.keep(key, entry);
          model.set(key, entry);
          expect([entry.storedAt, undefined]).toContain(store.peek(key)?.storedAt);
          checkBounds(store, model, beside);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function checkBounds(store: Store, model: ReadonlyMap<string, Entry>, beside: number): void {
  const held = [...model].filter(([key, entry]) => store.peek(key)?.storedAt === entry.storedAt);
  const octetsOf = (some: typeof held): number =>
    some.reduce((sum, [, entry]) => sum + accounted(prepareRun(entry)), 0);
  expect(store.entryCount).toBe(held.length);
  expect(store.octets).toBe(octetsOf(held));
  expect(store.octets).toBeLessThanOrEqual(SIZE - beside);
  expect(octetsOf(held.filter(([, { rcode }]) => rcode !== Rcode.NOERROR))).toBeLessThanOrEqual(SIZE / 4);
}

function entryOf(qname: string, kind: "data" | "absent" | "failed", octets: number, now: number): Entry {
  const terms = { now, lifetime: 300, maxTtl: 86_400, minTtl: 0, generation: 0 };
  const rcode = { data: Rcode.NOERROR, absent: Rcode.NXDOMAIN, failed: Rcode.SERVFAIL }[kind];
  const filler = Array.from({ length: Math.ceil(octets / 16) }, (_, i) =>
    a(qname, 300, `192.0.2.${i % 256}`),
  );
  return new Entry(question(qname), response({ rcode, answer: filler }), terms);
}
