import { describe, expect, it } from "vitest";
import type { Query, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import type { Name } from "../../../src/ports/message.ts";
import { CoverTraffic, type CoverLevel, covered } from "../../../src/privacy/cover-traffic.ts";
import { decoySites } from "../../../src/privacy/decoy-sites.ts";
import { registrableDomain } from "../../../src/privacy/registrable-domain.ts";
import { Class, Rcode, Type } from "../../../src/wire/codes.ts";
import { nameFromText, nameToText } from "../../../src/wire/presentation.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const LISTED = new Set(decoySites().flatMap(({ names }) => names.map((name) => `${name}.`)));

/** Seconds, of what decoys are answered. */
const TTL = 60;

function setUp(
  level: CoverLevel,
  options: {
    mayLeave?: (name: Name) => boolean;
    isCached?: (key: string) => boolean;
    isSigned?: boolean;
    fails?: boolean;
    validates?: boolean;
  } = {},
) {
  const clock = new ManualClock();
  const sent: { query: Query; at: number }[] = [];
  const bugs: unknown[] = [];
  const raw = {
    exchange(query: Query): Promise<Response> {
      sent.push({ query, at: clock.now() });
      if (options.fails === true)
        return Promise.reject(new ResolutionError("deadline-exceeded", "no response"));
      const { qname: owner, qtype: type } = query.question;
      const isData = type !== Type.DS || options.isSigned === true;
      const record = { owner, type, class: Class.IN, ttl: TTL, rdata: new Uint8Array(4) };
      return Promise.resolve({
        rcode: Rcode.NOERROR,
        answer: isData ? [record] : [],
        authority: [],
        verdict: "indeterminate",
        errors: [],
        upstream: "lab",
      });
    },
  };
  const cover = new CoverTraffic(level, decoySites(), {
    raw,
    clock,
    random: new SeededRandom(7),
    mayLeave: options.mayLeave ?? (() => true),
    isCached: options.isCached ?? (() => false),
    validates: options.validates ?? true,
    onBug: (error) => bugs.push(error),
  });
  return { clock, sent, cover, bugs };
}

/** A client visits a page every `every` milliseconds, with `queries` queries. */
async function browse(
  parts: ReturnType<typeof setUp>,
  minutes: number,
  every = 20_000,
  queries = 10,
): Promise<void> {
  for (let at = 0; at < minutes * 60_000; at += every) {
    for (let i = 0; i < queries; i++) parts.cover.onClientQuery(i % 2 === 0 ? Type.A : Type.AAAA);
    await parts.clock.advanceAsync(every, 250);
  }
}

describe("decoys", () => {
  it("are names of the shipped list and their registrable domains, nothing else", async () => {
    const parts = setUp("high", { isSigned: true });
    await browse(parts, 3);

    expect(parts.sent.length).toBeGreaterThan(50);
    for (const { query } of parts.sent) {
      const { qname, qtype } = query.question;
      const zones = [...LISTED].map((text) => registrableDomain(nameFromText(text) ?? qname));
      const isZoneQuery = qtype === Type.DS || qtype === Type.DNSKEY;
      expect(isZoneQuery ? zones.includes(qname) : LISTED.has(nameToText(qname))).toBe(true);
      expect(query.purpose).toBe("decoy");
    }
  });

  it("have the QTYPEs that clients here ask for", async () => {
    const parts = setUp("high");
    for (let visit = 0; visit < 30; visit++) {
      for (let i = 0; i < 10; i++) parts.cover.onClientQuery(Type.A);
      await parts.clock.advanceAsync(5_000, 500);
    }
    const types = parts.sent.slice(-50).map(({ query }) => query.question.qtype);

    expect(types.filter((type) => type === Type.A).length).toBeGreaterThan(10);
    expect(types).not.toContain(Type.HTTPS);
  });

  it("ask for DS of a domain once an hour, and for DNSKEY only where it is signed", async () => {
    const unsigned = setUp("high");
    await browse(unsigned, 5);
    const zones = unsigned.sent
      .filter(({ query }) => query.question.qtype === Type.DS)
      .map(({ query }) => query.key);

    expect(new Set(zones).size).toBe(zones.length);
    expect(unsigned.sent.some(({ query }) => query.question.qtype === Type.DNSKEY)).toBe(false);
    const signed = setUp("high", { isSigned: true });
    await browse(signed, 2);
    expect(signed.sent.some(({ query }) => query.question.qtype === Type.DNSKEY)).toBe(true);
  });

  it("never are asked again before their answers expire, as no name of a client is", async () => {
    const { clock, sent, cover } = setUp("high");
    await browse({ clock, sent, cover, bugs: [] }, 20);
    const again = sent.filter(({ query: { key }, at }, i) => {
      const next = sent.slice(i + 1).find(({ query }) => query.key === key);
      return next !== undefined && next.at < at + TTL * 1_000;
    });

    expect(again).toEqual([]);
    expect(new Set(sent.map(({ query }) => query.key)).size).toBeLessThan(sent.length);
  });

  it("never are what a client would be answered from the cache", async () => {
    const parts = setUp("high", { isCached: (key) => key.includes("google") });
    await browse(parts, 10);

    expect(parts.sent.length).toBeGreaterThan(50);
    expect(parts.sent.filter(({ query }) => query.key.includes("google"))).toEqual([]);
  });

  it("ask for neither where clients' names are not validated: nothing else would ask for them", async () => {
    const parts = setUp("high", { isSigned: true, validates: false });
    await browse(parts, 3);

    const types = new Set(parts.sent.map(({ query }) => query.question.qtype));
    expect(types).toEqual(new Set([Type.A, Type.AAAA]));
  });

  it("never are names that may not leave: split DNS, block lists, local data", async () => {
    const parts = setUp("high", { mayLeave: (name) => !nameToText(name).includes("google") });
    await browse(parts, 10);

    const leaves = parts.sent.filter(({ query }) => query.question.qtype === Type.A);
    expect(leaves.length).toBeGreaterThan(50);
    expect(leaves.some(({ query }) => nameToText(query.question.qname).includes("google"))).toBe(false);
  });

  it.each([
    ["low", 60],
    ["high", 600],
  ] as const)("of level %s are at most %i a minute, and twice as many at once", async (level, most) => {
    const parts = setUp(level);
    await browse(parts, 10, 1_500, 40);

    expect(parts.cover.queries).toBe(parts.sent.length);
    expect(parts.sent.length).toBeLessThanOrEqual(most * 10 + 2 * most);
    const first = parts.sent[0]?.at ?? 0;
    for (let minute = 0; minute < 10; minute++) {
      const from = first + minute * 60_000;
      const count = parts.sent.filter(({ at }) => at >= from && at < from + 60_000).length;
      expect(count).toBeLessThanOrEqual(3 * most);
    }
  });

  it("begin within 300 ms of a visit where they go beside one", async () => {
    const parts = setUp("high");
    parts.cover.onClientQuery(Type.A);
    const start = parts.clock.now();
    await parts.clock.advanceAsync(300, 1);

    expect(parts.sent.length).toBeGreaterThan(0);
    expect((parts.sent[0]?.at ?? 0) - start).toBeLessThanOrEqual(300);
  });

  it("go on between visits, and end when clients have been quiet for ten minutes", async () => {
    const parts = setUp("high");
    parts.cover.onClientQuery(Type.A);
    await parts.clock.advanceAsync(500_000, 2_000);
    const between = parts.sent.filter(({ at }) => at > parts.clock.now() - 450_000).length;
    await parts.clock.advanceAsync(1_200_000, 5_000);
    const count = parts.sent.length;
    await parts.clock.advanceAsync(3_600_000, 60_000);

    expect(between).toBeGreaterThan(0);
    expect(parts.sent.length).toBe(count);
    expect(parts.clock.pending).toBe(0);
  });

  it("do not run before a client has asked anything", async () => {
    const parts = setUp("high");
    await parts.clock.advanceAsync(600_000, 60_000);

    expect(parts.sent).toEqual([]);
  });

  it("may fail without harm", async () => {
    const parts = setUp("high", { fails: true });
    await browse(parts, 1);

    expect(parts.sent.length).toBeGreaterThan(0);
    expect(parts.bugs).toEqual([]);
  });

  it("end at once when closed", async () => {
    const parts = setUp("high");
    await browse(parts, 1);
    parts.cover.close();
    const count = parts.sent.length;
    parts.cover.onClientQuery(Type.A);
    await parts.clock.advanceAsync(60_000, 1_000);

    expect(parts.sent.length).toBe(count);
    expect(parts.clock.pending).toBe(0);
  });
});

describe("the shipped list", () => {
  it("has names that are names, each page with its own first", () => {
    const sites = decoySites();

    expect(sites.length).toBeGreaterThan(100);
    for (const { names } of sites) {
      expect(names.length).toBeGreaterThan(0);
      for (const name of names) expect(nameFromText(name)).toBeDefined();
    }
  });
});

describe("an exchange that is covered", () => {
  it("tells of queries of clients only, and changes nothing", async () => {
    const told: number[] = [];
    const seen: Query[] = [];
    const next = {
      exchange(query: Query): Promise<Response> {
        seen.push(query);
        return Promise.reject(new ResolutionError("stopped", "stopped"));
      },
    };
    const exchange = covered(next, { onClientQuery: (qtype) => told.push(qtype) });
    const question = { qname: nameFromText("www.example.com")!, qtype: Type.A, qclass: Class.IN };
    for (const purpose of ["client", "helper", "refresh", "decoy"] as const) {
      const query = { question, key: "", purpose };
      const budget = {
        deadline: 0,
        work: { upstreamQueries: 0, verifications: 0, failedVerifications: 0, nsec3Hashes: 0 },
      };
      await exchange.exchange(query, budget).catch(() => undefined);
    }
    await settle();

    expect(told).toEqual([Type.A]);
    expect(seen).toHaveLength(4);
  });
});
