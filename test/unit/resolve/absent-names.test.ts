/** An NXDOMAIN is of a name, whatever type was asked for (RFC 2308 §5). */
import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { Flag, InfoCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { a, cname, record, response, rrsig, soa } from "../../support/records.ts";
import { Served } from "../../support/served.ts";

const QNAME = "absent.example.com";
const SOA = soa("example.com", 600, 300);
const DENIED = response({ rcode: Rcode.NXDOMAIN, authority: [SOA] });

async function askedForA(answer: Response, options = {}): Promise<Served> {
  const server = new Served(() => answer, options);
  await server.ask({ qname: QNAME });
  return server;
}

describe("a name that does not exist", () => {
  it.each([Type.AAAA, Type.HTTPS, Type.MX, Type.ANY])(
    "by its A query has no data of type %i either, and nobody is asked",
    async (qtype) => {
      const server = await askedForA(DENIED);
      server.clock.advance(100_000);

      const message = await server.message({ qname: "Absent.Example.com", qtype, id: 77, edns: 1_232 });

      expect(server.asked).toHaveLength(1);
      expect(message).toMatchObject({ id: 77, rcode: Rcode.NXDOMAIN, answer: [] });
      expect(message.questions).toMatchObject([{ qtype }]);
      expect(message.authority.map(({ type, ttl }) => [type, ttl])).toEqual([[Type.SOA, 200]]);
      expect(server.counters.hits).toBe(1);
    },
  );

  it("gets its letter case back", async () => {
    const server = await askedForA(DENIED);

    const octets = await server.ask({ qname: "aBSENT.example.com", qtype: Type.AAAA });

    expect(octets?.toString("latin1", 12, 19)).toBe("\x06aBSENT");
  });

  it("is so for as long as its denial says", async () => {
    const server = await askedForA(DENIED, { serveStale: 0 });
    server.clock.advance(300_000);

    await server.ask({ qname: QNAME, qtype: Type.AAAA });

    expect(server.asked).toHaveLength(2);
  });

  it("is asked about again under other rules", async () => {
    const server = await askedForA(DENIED);
    server.generation++;

    await server.ask({ qname: QNAME, qtype: Type.AAAA });

    expect(server.asked).toHaveLength(2);
  });

  it("brings its proof to who set DO, and AD", async () => {
    const proofs = [
      rrsig("example.com", Type.SOA),
      record("example.com", Type.NSEC, 300, Buffer.from("\0\0\x01\x40", "latin1")),
    ];
    const server = await askedForA({ ...DENIED, authority: [SOA, ...proofs], verdict: "secure" });

    const with_ = await server.message({ qname: QNAME, qtype: Type.AAAA, dnssecOk: true });
    const without = await server.message({ qname: QNAME, qtype: Type.AAAA });

    expect(with_.flags & Flag.AD).toBe(Flag.AD);
    expect([with_.authority.length, without.authority.length]).toEqual([3, 1]);
    expect(server.asked).toHaveLength(1);
  });

  it("is asked about where stale data of the type is at hand, which is not to be given after it", async () => {
    const server = new Served(({ question }) =>
      question.qtype === Type.AAAA ? response({ answer: [a(QNAME, 10)] }) : DENIED,
    );
    await server.ask({ qname: QNAME, qtype: Type.AAAA });
    await server.ask({ qname: QNAME });
    server.clock.advance(11_000);

    await server.ask({ qname: QNAME, qtype: Type.AAAA });

    expect(server.asked).toHaveLength(3);
  });

  it("is not asked about where what is stale is that it does not exist", async () => {
    const server = await askedForA(DENIED);
    server.store.flush();
    await server.ask({ qname: QNAME, qtype: Type.AAAA });
    server.clock.advance(301_000);
    await server.ask({ qname: QNAME });

    const message = await server.message({ qname: QNAME, qtype: Type.AAAA });

    expect([server.asked.length, message.rcode]).toEqual([3, Rcode.NXDOMAIN]);
    expect(message.authority.map(({ ttl }) => ttl)).toEqual([300]);
  });
});

describe("of other types of a name nothing is said", () => {
  it.each([
    [
      "by the NXDOMAIN of what it is an alias of (RFC 6604 §3)",
      { ...DENIED, answer: [cname(QNAME, "no.example.net")] },
    ],
    ["by an NXDOMAIN with data", { ...DENIED, answer: [a(QNAME, 300)] }],
    ["by NODATA", response({ authority: [SOA] })],
    ["by a failure", response({ rcode: Rcode.SERVFAIL })],
    ["by a bogus NXDOMAIN", { ...DENIED, verdict: "bogus" as const }],
    ["by one that could not be judged", { ...DENIED, verdict: "indeterminate" as const }],
    ["by what a rule made of a response", { ...DENIED, errors: [{ infoCode: InfoCode.BLOCKED, text: "" }] }],
  ])("%s", async (_what, answer) => {
    const server = await askedForA(answer);

    await server.ask({ qname: QNAME, qtype: Type.TXT });

    expect(server.asked.map(({ question }) => question.qtype)).toEqual([Type.A, Type.TXT]);
  });

  it("of its DS, which is its parent's to deny", async () => {
    const server = await askedForA(DENIED);

    await server.ask({ qname: QNAME, qtype: Type.DS });

    expect(server.asked).toHaveLength(2);
  });

  it("by the NXDOMAIN of another type: some servers deny a name that has other data (RFC 4074 §4.2)", async () => {
    const server = new Served(() => DENIED);
    await server.ask({ qname: QNAME, qtype: Type.AAAA });

    await server.ask({ qname: QNAME });

    expect(server.asked).toHaveLength(2);
  });

  it("by that of a name above it, without proof (RFC 8020 §2)", async () => {
    const server = await askedForA(DENIED);

    await server.ask({ qname: `below.${QNAME}` });

    expect(server.asked).toHaveLength(2);
  });
});
