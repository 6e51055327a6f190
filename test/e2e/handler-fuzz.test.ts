/**
 * 100,000 packets, random and mutated from good queries, through everything a client's octets meet: the scan,
 * local rules, cache, flights, rendering. The same in every run. Whatever they are: no throw, at most one
 * response and one that the client can read, nothing written outside it, nothing kept.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Query, Response } from "../../src/ports/exchange.ts";
import { Flag, Rcode } from "../../src/wire/codes.ts";
import { HEADER_OCTETS } from "../../src/wire/read-message.ts";
import { broken } from "../support/broken-messages.ts";
import { collector } from "../support/collector.ts";
import { settle } from "../support/manual-clock.ts";
import { response } from "../support/records.ts";
import { read, Served } from "../support/served.ts";
import { localData } from "../unit/local/support.ts";
import * as any from "../support/wire-arbitraries.ts";

const RUNS = 100_000;
const UDP_LIMIT = 1_232;

/** Mostly queries that ask for recursion: what is refused at once is no test of what follows. */
const good = fc.oneof(
  { weight: 6, arbitrary: any.query.map((query) => ({ ...query, flags: query.flags | Flag.RD })) },
  { weight: 1, arbitrary: any.query },
  { weight: 1, arbitrary: any.message },
);
const packets = fc
  .sample(broken(good, 3), { seed: any.FIXED_SEED + 4, numRuns: RUNS })
  .map((octets) => Buffer.from(octets));
/** Well-formed RDATA by type; any octets do for a type that nothing is known of. */
const rdata = new Map(
  any.LAID_OUT_TYPES.map((type) => {
    return [type, fc.sample(any.rdataOf(type), { seed: any.FIXED_SEED, numRuns: 1 })[0]!] as const;
  }),
);

/** Data, NXDOMAIN, bogus data or SERVFAIL, by turns. */
function scripted(): (query: Query) => Response {
  let turn = 0;
  return ({ question }) => {
    turn += 1;
    const type = question.qtype;
    const record = {
      owner: question.qname,
      type,
      class: 1,
      ttl: 60,
      rdata: rdata.get(type) ?? Buffer.alloc(9),
    };
    switch (turn % 4) {
      case 0:
        return response({ rcode: Rcode.NXDOMAIN });
      case 1:
        return response({ rcode: Rcode.SERVFAIL, errors: [{ infoCode: 23, text: "no upstream" }] });
      case 2:
        return response({ answer: [record], verdict: "bogus", errors: [{ infoCode: 6, text: "" }] });
      default:
        return response({ answer: [record], verdict: "secure" });
    }
  };
}

function resolver(): Served {
  const local = localData();
  return new Served(scripted(), { maxWaiting: 1_000, local: (question) => local.answer(question) });
}

/** Runs all packets through; gives how many were answered, by RCODE. */
async function run(served: Served, inputs: readonly Buffer[]): Promise<Map<number, number>> {
  const rcodes = new Map<number, number>();
  const pending: { readonly packet: Buffer; readonly later: Buffer[] }[] = [];
  const finish = async (): Promise<void> => {
    await settle();
    await settle();
    for (const { packet, later } of pending.splice(0)) {
      if (later.length !== 1) throw new Error(`${later.length} responses to one query`);
      check(packet, later[0]!, rcodes);
    }
  };
  for (const packet of inputs) {
    const { now, later } = served.handle(packet);
    if (now !== undefined) check(packet, now, rcodes);
    else if (served.misses.waiting > pending.length) pending.push({ packet, later });
    if (pending.length === 50) await finish();
  }
  await finish();
  return rcodes;
}

/** What every response must be, whatever was asked (RFC 1035 §4.1.1). */
function check(packet: Buffer, octets: Buffer, rcodes: Map<number, number>): void {
  const message = read(octets);
  if (packet.length < HEADER_OCTETS) throw new Error("a response to less than a header");
  if (octets.length > UDP_LIMIT) throw new Error("a response longer than UDP takes");
  if (message.id !== packet.readUInt16BE(0)) throw new Error("a response with another ID");
  if ((message.flags & Flag.QR) === 0) throw new Error("a response without QR");
  const isWithheld = message.rcode === Rcode.SERVFAIL && message.answer.length > 0;
  if (isWithheld) throw new Error("records in a SERVFAIL");
  rcodes.set(message.rcode, (rcodes.get(message.rcode) ?? 0) + 1);
}

/** Milliseconds; a busy machine takes ten times what an idle one does. */
const PATIENCE = 120_000;

describe("the handler of clients' packets, given anything", { timeout: PATIENCE }, () => {
  it("never throws, and answers each packet once or counts it as dropped", async () => {
    const served = resolver();

    const rcodes = await run(served, packets);

    const answered = [...rcodes.values()].reduce((sum, count) => sum + count, 0);
    const { droppedTooShort, droppedNotAQuery } = served.counters;
    expect(served.bugs).toEqual([]);
    expect(answered + droppedTooShort + droppedNotAQuery).toBe(RUNS);
    expect(served.misses.waiting).toBe(0);
    // Each way out is taken, or the mutations would be no test.
    for (const rcode of [
      "NOERROR",
      "FORMERR",
      "SERVFAIL",
      "NXDOMAIN",
      "NOTIMP",
      "REFUSED",
      "BADVERS",
    ] as const)
      expect(rcodes.get(Rcode[rcode]), rcode).toBeGreaterThan(100);
  });

  it("keeps nothing beyond its bounds", async () => {
    const collect = collector();
    const served = resolver();
    const some = packets.slice(0, 5_000);
    await run(served, some);
    await run(served, some);
    collect();
    const before = process.memoryUsage();

    for (let round = 0; round < 5; round++) {
      served.clock.advance(1_000);
      await run(served, some);
    }

    collect();
    const after = process.memoryUsage();
    // 25,000 packets: what a packet left behind would be seen, beside a cache of 1 MiB and compiled code.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(4_000_000);
    expect(after.external - before.external).toBeLessThan(1_000_000);
  });
});
