import { describe, expect, it } from "vitest";
import { answeredHere, Entry } from "../../../src/cache/entry.ts";
import type { ProvenAnswers } from "../../../src/resolve/serve.ts";
import { Flag, InfoCode, OptionCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { readExtendedErrors } from "../../../src/wire/edns.ts";
import { settle } from "../../support/manual-clock.ts";
import { a, cname, name, record, response, rrsig, soa } from "../../support/records.ts";
import { queryOctets, read, Served } from "../../support/served.ts";

const ADDRESS = a("www.example.com", 300);
const SIGNED = response({ answer: [ADDRESS, rrsig("www.example.com", Type.A)], verdict: "secure" });

function served(answer = response({ answer: [ADDRESS] })): Served {
  return new Served(() => answer);
}

describe("a client's first question", () => {
  it("is answered from upstream with its own ID, RD and RA [D65]", async () => {
    const message = await served().message({ qname: "www.example.com", id: 0xbeef });

    expect(message.id).toBe(0xbeef);
    expect(message.flags & 0xfff0).toBe(Flag.QR | Flag.RD | Flag.RA);
    expect(message.answer).toEqual([ADDRESS]);
  });

  it("reaches the upstream as the bare question", async () => {
    const server = served();

    await server.ask({ qname: "WWW.example.com", edns: 4_096 });

    expect(server.asked[0]?.question.qname).toBe("\x03www\x07example\x03com\0");
  });
});

describe("a repeated question", () => {
  it("is answered at once and asked upstream once", async () => {
    const server = served();
    await server.ask({ qname: "www.example.com" });

    const { now } = server.handle(queryOctets({ qname: "www.example.com" }));

    expect(read(now).answer).toEqual([ADDRESS]);
    expect(server.asked).toHaveLength(1);
    expect(server.counters.hits).toBe(1);
  });

  it("gets its letter case back, on a hit as on a miss [D65]", async () => {
    const server = served();

    for (let round = 0; round < 2; round++) {
      const octets = await server.ask({ qname: "wWw.ExAmple.cOm" });
      expect(octets?.toString("latin1", 12, 29)).toBe("\x03wWw\x07ExAmple\x03cOm\0");
    }
  });

  it("sees TTLs count down", async () => {
    const server = served();
    await server.ask({ qname: "www.example.com" });

    server.clock.advance(100_500);

    expect((await server.message({ qname: "www.example.com" })).answer[0]?.ttl).toBe(200);
  });

  it("is asked upstream again once its lifetime is over", async () => {
    const server = new Served(() => response({ answer: [ADDRESS] }), { serveStale: 0 });
    await server.ask({ qname: "www.example.com" });

    server.clock.advance(300_001);
    await server.ask({ qname: "www.example.com" });

    expect(server.asked).toHaveLength(2);
  });

  it("is asked upstream again when the local rules have changed", async () => {
    const server = served();
    await server.ask({ qname: "www.example.com" });

    server.generation++;
    await server.ask({ qname: "www.example.com" });

    expect(server.asked).toHaveLength(2);
  });

  it.each([
    ["a failure", response({ rcode: Rcode.SERVFAIL })],
    ["data with a TTL of 0", response({ answer: [a("www.example.com", 0, "192.0.2.9")] })],
    ["a denial without an SOA", response({ rcode: Rcode.NXDOMAIN })],
  ])("is answered by %s, and no longer by what was kept under other local rules", async (_, next) => {
    const server = served();
    await server.ask({ qname: "www.example.com" });

    server.generation++;
    server.script = () => next;
    const message = await server.message({ qname: "www.example.com" });

    expect([message.flags & 0xf, message.answer]).toEqual([next.rcode, next.answer]);
  });

  it("of a TTL of 0 is asked upstream every time (RFC 1035 §3.2.1)", async () => {
    const server = served(response({ answer: [a("www.example.com", 0)] }));

    const first = await server.message({ qname: "www.example.com" });
    await server.ask({ qname: "www.example.com" });

    expect(first.answer[0]?.ttl).toBe(0);
    expect(server.asked).toHaveLength(2);
  });
});

describe("identical questions at the same time", () => {
  it("cost one upstream query (RFC 5452 §5)", async () => {
    const server = served();

    const answers = await Promise.all(
      [1, 2, 3].map((id) => server.message({ qname: "www.example.com", id })),
    );

    expect(answers.map((message) => message.id)).toEqual([1, 2, 3]);
    expect(server.asked).toHaveLength(1);
  });
});

describe("the AD bit [D62]", () => {
  it.each([
    ["DO", { dnssecOk: true }],
    ["AD", { flags: Flag.RD | Flag.AD }],
  ])("is set on secure data for a client that set %s (RFC 6840 §5.7)", async (_bit, asked) => {
    const server = served(SIGNED);

    const miss = await server.message({ qname: "www.example.com", ...asked });
    const hit = await server.message({ qname: "www.example.com", ...asked });

    expect(miss.flags & Flag.AD).toBe(Flag.AD);
    expect(hit.flags & Flag.AD).toBe(Flag.AD);
  });

  it("is set on secure data that is not kept", async () => {
    const answer = [a("www.example.com", 0), rrsig("www.example.com", Type.A, 0)];
    const server = served(response({ answer, verdict: "secure", maxLifetime: 0 }));

    expect((await server.message({ qname: "www.example.com", dnssecOk: true })).flags & Flag.AD).toBe(
      Flag.AD,
    );
  });

  it("is clear on stale data whose signatures have expired (RFC 4035 §5.3.3) [D61]", async () => {
    const server = served({ ...SIGNED, maxLifetime: 60 });
    await server.ask({ qname: "www.example.com" });
    server.script = () => response({ rcode: Rcode.SERVFAIL });
    server.clock.advance(61_000);

    const message = await server.message({ qname: "www.example.com", dnssecOk: true });

    expect(message.answer).toHaveLength(2);
    expect(message.flags & Flag.AD).toBe(0);
  });

  it("is clear for a client that set neither (RFC 6840 §5.8)", async () => {
    expect((await served(SIGNED).message({ qname: "www.example.com" })).flags & Flag.AD).toBe(0);
  });

  it("is clear on insecure data [D67]", async () => {
    const server = served({ ...SIGNED, verdict: "insecure" });

    expect((await server.message({ qname: "www.example.com", dnssecOk: true })).flags & Flag.AD).toBe(0);
  });
});

describe("the DO bit (RFC 3225, RFC 4035 §3.2.1) [D64]", () => {
  it("brings the signatures, in either order of asking [D60]", async () => {
    const server = served(SIGNED);

    const without = await server.message({ qname: "www.example.com" });
    const with_ = await server.message({ qname: "www.example.com", dnssecOk: true });

    expect(without.answer.map((rr) => rr.type)).toEqual([Type.A]);
    expect(with_.answer.map((rr) => rr.type)).toEqual([Type.A, Type.RRSIG]);
  });

  it("is given back in the OPT", async () => {
    expect((await served(SIGNED).message({ qname: "www.example.com", dnssecOk: true })).edns?.dnssecOk).toBe(
      true,
    );
  });

  it("is not needed for a type that was asked for by name", async () => {
    const nsec = record("www.example.com", Type.NSEC, 300, Buffer.from("\0\0\x01\x40", "latin1"));
    const server = served(response({ answer: [nsec] }));

    expect((await server.message({ qname: "www.example.com", qtype: Type.NSEC })).answer).toHaveLength(1);
  });
});

describe("bogus data [D60]", () => {
  const bogus = response({
    answer: [ADDRESS],
    verdict: "bogus",
    errors: [{ infoCode: InfoCode.SIGNATURE_EXPIRED, text: "signature expired" }],
  });

  it("is SERVFAIL with its reason and not one record [D66]", async () => {
    const message = await served(bogus).message({ qname: "www.example.com", edns: 1_232 });

    expect(message.rcode).toBe(Rcode.SERVFAIL);
    expect(message.answer).toEqual([]);
    expect(readExtendedErrors(message.edns)[0]?.infoCode).toBe(InfoCode.SIGNATURE_EXPIRED);
  });

  it("is given to a client that set CD, without AD (RFC 4035 §3.2.2) [D63]", async () => {
    const message = await served(bogus).message({
      qname: "www.example.com",
      flags: Flag.RD | Flag.CD,
      dnssecOk: true,
    });

    expect(message.answer).toHaveLength(1);
    expect(message.flags & (Flag.AD | Flag.CD)).toBe(Flag.CD);
  });

  it("is one cache entry for both kinds of client", async () => {
    const server = served(bogus);
    await server.ask({ qname: "www.example.com" });

    const withCd = await server.message({ qname: "www.example.com", flags: Flag.RD | Flag.CD });

    expect(withCd.answer).toHaveLength(1);
    expect(server.asked).toHaveLength(1);
  });

  it("is never served stale", async () => {
    const server = served(bogus);
    await server.ask({ qname: "www.example.com" });
    server.script = () => Promise.reject(new Error("down"));

    server.clock.advance(61_000);
    const message = await server.message({ qname: "www.example.com", flags: Flag.RD | Flag.CD });

    expect(message.rcode).toBe(Rcode.SERVFAIL);
  });
});

describe("data that could not be judged", () => {
  it("is SERVFAIL, and data only to a client that set CD", async () => {
    const server = served(response({ answer: [ADDRESS], verdict: "indeterminate" }));

    const without = await server.message({ qname: "www.example.com" });
    const withCd = await server.message({ qname: "www.example.com", flags: Flag.RD | Flag.CD });

    expect([without.rcode, without.answer.length]).toEqual([Rcode.SERVFAIL, 0]);
    expect([withCd.rcode, withCd.answer.length]).toEqual([Rcode.NOERROR, 1]);
  });
});

describe("a response too large for UDP", () => {
  const large = response({
    answer: Array.from({ length: 60 }, (_, i) => a("www.example.com", 300, `192.0.2.${i}`)),
  });

  it.each([
    ["512 octets without EDNS", {}, true],
    ["512 octets where EDNS says less (RFC 6891 §6.2.3)", { edns: 100 }, true],
    ["what its EDNS says", { edns: 1_100 }, false],
  ])("is measured against %s", async (_limit, asked, isTruncated) => {
    const message = await served(large).message({ qname: "www.example.com", ...asked });

    expect((message.flags & Flag.TC) !== 0).toBe(isTruncated);
    expect(message.answer).toHaveLength(isTruncated ? 0 : 60);
  });

  it("never exceeds 1232 octets, whatever the client says", async () => {
    const answer = Array.from({ length: 90 }, (_, i) => a("www.example.com", 300, `192.0.2.${i}`));

    const octets = await served(response({ answer })).ask({ qname: "www.example.com", edns: 4_096 });

    expect(octets?.length).toBeLessThan(1_232);
    expect(read(octets).flags & Flag.TC).toBe(Flag.TC);
  });

  it("is whole over TCP", async () => {
    expect((await served(large).message({ qname: "www.example.com", transport: "tcp" })).answer).toHaveLength(
      60,
    );
  });
});

describe("a query that cannot be answered as asked [D70]", () => {
  const extended = async (server: Served, asked: Parameters<Served["message"]>[0]) => {
    const message = await server.message({ edns: 1_232, ...asked });
    return { rcode: message.rcode, info: readExtendedErrors(message.edns)[0]?.infoCode };
  };

  it("without RD is REFUSED, cached or not (RFC 8914 §4.21)", async () => {
    const server = served();
    await server.ask({ qname: "www.example.com" });

    expect(await extended(server, { qname: "www.example.com", flags: 0 })).toEqual({
      rcode: Rcode.REFUSED,
      info: InfoCode.NOT_AUTHORITATIVE,
    });
  });

  it.each([3, 255])("of class %i is REFUSED", async (qclass) => {
    expect((await extended(served(), { qname: "example.com", qclass })).rcode).toBe(Rcode.REFUSED);
  });

  it.each([Type.AXFR, Type.IXFR, 249, 250])("of QTYPE %i is NOTIMP", async (qtype) => {
    expect((await extended(served(), { qname: "example.com", qtype })).rcode).toBe(Rcode.NOTIMP);
  });

  it.each([Type.OPT, 128, 248])(
    "of QTYPE %i, of no data, is FORMERR and goes no further (RFC 6895 §3.1, RFC 9824 §3.5)",
    async (qtype) => {
      const server = served();

      expect((await extended(server, { qname: "example.com", qtype })).rcode).toBe(Rcode.FORMERR);
      expect(server.asked).toHaveLength(0);
    },
  );

  it.each([127, Type.ANY, 256])("of QTYPE %i is asked upstream", async (qtype) => {
    const server = served();

    await server.ask({ qname: "example.com", qtype });

    expect(server.asked.map(({ question }) => question.qtype)).toEqual([qtype]);
  });

  it("of another opcode is NOTIMP with that opcode (RFC 8906 §3.1.4)", () => {
    const query = queryOctets({ qname: "example.com", flags: 0x2900 });

    const message = read(served().handle(query).now);

    expect([message.opcode, message.rcode]).toEqual([5, Rcode.NOTIMP]);
  });

  it("of EDNS version 1 is BADVERS with a version 0 OPT (RFC 6891 §6.1.3)", () => {
    const query = queryOctets({ qname: "example.com", edns: 1_232 });
    query[query.length - 5] = 1;

    const message = read(served().handle(query).now);

    expect([message.rcode, message.edns?.version]).toEqual([Rcode.BADVERS, 0]);
  });

  it.each([
    ["is FORMERR with an OPT where it has one", 0, Rcode.FORMERR],
    ["is BADVERS of another EDNS version", 1, Rcode.BADVERS],
  ])("without a question %s (RFC 6891 §6.1.1)", (_, version, rcode) => {
    const whole = queryOctets({ qname: "example.com", edns: 1_232 });
    const query = Buffer.concat([whole.subarray(0, 12), whole.subarray(-11)]);
    query[5] = 0;
    query[query.length - 5] = version;

    const message = read(served().handle(query).now);

    expect([message.rcode, message.edns?.version]).toEqual([rcode, 0]);
  });

  it.each([0, 2])("of QDCOUNT %i is FORMERR (RFC 9619)", (count) => {
    const query = queryOctets({ qname: "example.com" });
    query[5] = count;

    expect(read(served().handle(query).now).rcode).toBe(Rcode.FORMERR);
  });

  it.each([
    ["empty", Buffer.alloc(0)],
    ["of 11 octets", Buffer.alloc(11)],
    ["a response itself", queryOctets({ qname: "example.com", flags: 0x8100 })],
  ])("%s is dropped and counted", (_what, octets) => {
    const server = served();

    const { now } = server.handle(octets);

    expect(now).toBeUndefined();
    expect(server.counters.droppedTooShort + server.counters.droppedNotAQuery).toBe(1);
  });
});

describe("a failure", () => {
  it("is SERVFAIL with an EDE to a client with EDNS (RFC 8914)", async () => {
    const server = new Served(() => new Promise(() => undefined));
    const { later } = server.handle(queryOctets({ qname: "www.example.com", edns: 1_232 }));

    server.clock.advance(4_100);
    const message = read(later[0]);

    expect(message.rcode).toBe(Rcode.SERVFAIL);
    expect(message.edns?.options[0]?.code).toBe(OptionCode.EDE);
  });

  it("carries no OPT to a client without (RFC 6891 §7) [D66]", async () => {
    const server = new Served(() => new Promise(() => undefined));
    const { later } = server.handle(queryOctets({ qname: "www.example.com" }));

    server.clock.advance(4_100);

    expect(read(later[0]).edns).toBeUndefined();
  });

  it("that is a bug is told, and the client answered all the same", async () => {
    const server = new Served(() => Promise.reject(new TypeError("oops")));

    const message = await server.message({ qname: "www.example.com" });

    expect(message.rcode).toBe(Rcode.SERVFAIL);
    expect(server.bugs).toHaveLength(1);
  });

  it("of too many waiting clients answers the last one at once", async () => {
    const server = new Served(() => new Promise(() => undefined), { maxWaiting: 1 });
    server.handle(queryOctets({ qname: "a.example" }));

    expect((await server.message({ qname: "b.example" })).rcode).toBe(Rcode.SERVFAIL);
    expect(server.misses.waiting).toBe(1);
  });
});

describe("stale data (RFC 8767)", () => {
  async function expired(script: Served["script"]): Promise<Served> {
    const server = new Served(() => response({ answer: [a("www.example.com", 60)] }));
    await server.ask({ qname: "www.example.com" });
    server.script = script;
    server.clock.advance(61_000);
    return server;
  }

  it("is served with a TTL of 30 and EDE 3 once the client has waited", async () => {
    const server = await expired(() => new Promise(() => undefined));
    const { later } = server.handle(queryOctets({ qname: "www.example.com", edns: 1_232 }));

    server.clock.advance(1_799);
    expect(later).toHaveLength(0);
    server.clock.advance(2);

    const message = read(later[0]);
    expect(message.answer[0]?.ttl).toBe(30);
    expect(readExtendedErrors(message.edns)[0]?.infoCode).toBe(InfoCode.STALE_ANSWER);
  });

  it("is served at once while the refresh is in trouble", async () => {
    const server = await expired(() => new Promise(() => undefined));
    server.handle(queryOctets({ qname: "www.example.com" }));
    server.clock.advance(1_801);

    const message = await server.message({ qname: "www.example.com" });

    expect(message.answer[0]?.ttl).toBe(30);
  });

  it("is served in place of an upstream's SERVFAIL", async () => {
    const server = await expired(() => response({ rcode: Rcode.SERVFAIL }));

    expect((await server.message({ qname: "www.example.com" })).rcode).toBe(Rcode.NOERROR);
  });

  it("gives way to fresh data as soon as there is some", async () => {
    const server = await expired(() => response({ rcode: Rcode.SERVFAIL }));
    await server.ask({ qname: "www.example.com" });
    server.script = () => response({ answer: [a("www.example.com", 60, "192.0.2.9")] });

    server.clock.advance(1_001);
    await server.ask({ qname: "www.example.com" });
    await settle();
    const message = await server.message({ qname: "www.example.com" });

    expect(message.answer[0]?.rdata).toEqual(Buffer.from([192, 0, 2, 9]));
  });

  it("of an NXDOMAIN says so with EDE 19", async () => {
    const server = new Served(() => response({ rcode: Rcode.NXDOMAIN, authority: [soa("example.com", 60)] }));
    await server.ask({ qname: "gone.example.com" });
    server.script = () => Promise.reject(new Error("down"));
    server.clock.advance(61_000);

    const message = await server.message({ qname: "gone.example.com", edns: 1_232 });

    expect(message.rcode).toBe(Rcode.NXDOMAIN);
    expect(readExtendedErrors(message.edns)[0]?.infoCode).toBe(InfoCode.STALE_NXDOMAIN_ANSWER);
  });

  it("is not served past `serve_stale`", async () => {
    const server = new Served(() => response({ answer: [a("www.example.com", 60)] }), { serveStale: 1_000 });
    await server.ask({ qname: "www.example.com" });
    server.script = () => response({ rcode: Rcode.SERVFAIL });

    server.clock.advance(61_001);

    expect((await server.message({ qname: "www.example.com" })).rcode).toBe(Rcode.SERVFAIL);
  });
});

describe("a hit in the last tenth of an entry's life", () => {
  it("is refreshed once, at a moment that is not the client's", async () => {
    const server = served(response({ answer: [a("www.example.com", 100)] }));
    await server.ask({ qname: "www.example.com" });
    server.clock.advance(95_000);

    server.handle(queryOctets({ qname: "www.example.com" }));
    server.handle(queryOctets({ qname: "www.example.com" }));
    expect(server.asked).toHaveLength(1);
    await server.clock.advanceAsync(5_000);

    expect(server.asked.map((query) => query.purpose)).toEqual(["client", "refresh"]);
  });
});

describe("a name with a local answer", () => {
  it("never reaches the upstream", async () => {
    const local = { rcode: Rcode.NXDOMAIN, answer: [], authority: [], errors: [] };
    const server = new Served(() => SIGNED, { local: () => local });

    const message = await server.message({ qname: "nas.home.arpa" });

    expect(message.rcode).toBe(Rcode.NXDOMAIN);
    expect(server.asked).toEqual([]);
  });

  it("is answered by the local rule, whatever a signed zone proves of it (RFC 8198 §5)", async () => {
    const local = { rcode: 0, answer: [a("nas.example", 60)], authority: [], errors: [] };
    const proven = response({ rcode: Rcode.NXDOMAIN, verdict: "secure" });
    const synthesis: ProvenAnswers = {
      teaches: false,
      find: (question, _key, dnssecOk, now) => new Entry(question, proven, answeredHere(now, dnssecOk)),
    };
    const server = new Served(() => SIGNED, {
      local: ({ qname }) => (qname === name("nas.example") ? local : undefined),
      synthesis,
    });

    expect((await server.message({ qname: "nas.example" })).answer).toHaveLength(1);
    expect((await server.message({ qname: "other.example" })).rcode).toBe(Rcode.NXDOMAIN);
  });

  it("keeps the TTLs it was given", async () => {
    const local = { rcode: 0, answer: [cname("a.example", "b.example", 77)], authority: [], errors: [] };

    const message = await new Served(() => SIGNED, { local: () => local }).message({ qname: "a.example" });

    expect(message.answer[0]?.ttl).toBe(77);
  });
});
