import { describe, expect, it } from "vitest";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { Flag, InfoCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { readExtendedErrors } from "../../../src/wire/edns.ts";
import { settle } from "../../support/manual-clock.ts";
import { a, keyOf, response, rrsig } from "../../support/records.ts";
import { queryOctets, read, Served } from "../../support/served.ts";

const NAME = "www.example.com";
const FRESH = response({ answer: [a(NAME, 60)] });
const never = () => new Promise<never>(() => undefined);
const unreachable = () => Promise.reject(new ResolutionError("upstream-unreachable", "no upstream"));

/** A name that was answered once and has expired; from now on `script` is the upstream. */
async function expired(script: Served["script"], first = FRESH): Promise<Served> {
  const server = new Served(() => first);
  await server.ask({ qname: NAME });
  server.script = script;
  server.clock.advance(61_000);
  return server;
}

function ask(server: Served) {
  return server.handle(queryOctets({ qname: NAME, edns: 1_232 }));
}

describe("a stale answer (RFC 8767 §5)", () => {
  it("is given at once where every server is known to be dead", async () => {
    const server = await expired(never);
    server.isReachable = false;

    const { later } = ask(server);

    const message = read(later[0]);
    expect(message.answer[0]?.ttl).toBe(30);
    expect(readExtendedErrors(message.edns)[0]?.infoCode).toBe(InfoCode.STALE_ANSWER);
  });

  it("gives way to the network's own resolver where that is asked, for it would hide the portal", async () => {
    const server = await expired(() => response({ answer: [a(NAME, 60, "10.0.0.1")] }));
    server.isReachable = false;
    server.isReleased = true;

    const { later } = ask(server);
    await settle();

    expect(read(later[0]).answer[0]?.rdata).toEqual(Buffer.from([10, 0, 0, 1]));
  });

  it("is refreshed in the background then, once at a time", async () => {
    const server = await expired(never);
    server.isReachable = false;

    for (let i = 0; i < 5; i++) ask(server);

    expect(server.asked.map(({ purpose }) => purpose)).toEqual(["client", "refresh"]);
  });

  it("is given at once for 30 seconds after a refresh that was late, then waited for again", async () => {
    const server = await expired(never);
    ask(server);
    server.clock.advance(1_801);

    server.clock.advance(29_000);
    expect(ask(server).later).toHaveLength(1);
    server.clock.advance(32_000);

    expect(ask(server).later).toHaveLength(0);
  });

  it("is not asked about again before its failure's time is over (RFC 9520 §3.2)", async () => {
    const server = await expired(() => response({ rcode: Rcode.SERVFAIL }));
    await server.ask({ qname: NAME });

    for (let i = 0; i < 10; i++) await server.ask({ qname: NAME });
    expect(server.asked).toHaveLength(2);
    server.clock.advance(1_001);
    await server.ask({ qname: NAME });
    await settle();

    expect(server.asked).toHaveLength(3);
  });

  it("is asked about again within 30 seconds however often that has failed", async () => {
    const server = await expired(() => response({ rcode: Rcode.SERVFAIL }));
    for (let i = 0; i < 20; i++) {
      await server.ask({ qname: NAME });
      server.clock.advance(30_001);
    }
    await settle();

    expect(server.asked.length).toBeGreaterThanOrEqual(20);
  });

  it("is asked about every 30 seconds at most where servers are there, but silent about it", async () => {
    const silent = () => Promise.reject(new ResolutionError("deadline-exceeded", "no response in time"));
    const server = await expired(silent);

    const asked: number[] = [];
    for (let second = 0; second < 65; second++) {
      await server.ask({ qname: NAME });
      await settle();
      asked.push(server.asked.length - 1);
      server.clock.advance(1_000);
    }

    expect([asked[0], asked[29], asked[31], asked[59], asked[64]]).toEqual([1, 1, 2, 2, 3]);
  });

  it("is fresh again with the second question after an upstream returns", async () => {
    const server = await expired(unreachable);
    await server.ask({ qname: NAME });
    server.script = () => response({ answer: [a(NAME, 60, "192.0.2.9")] });
    server.connections++;

    await server.ask({ qname: NAME });
    await settle();

    expect((await server.message({ qname: NAME })).answer[0]?.rdata[3]).toBe(9);
  });

  it("stands in for a bogus one, but is never bogus itself", async () => {
    const server = await expired(() => response({ verdict: "bogus", answer: [a(NAME, 60, "192.0.2.66")] }));

    const message = await server.message({ qname: NAME });

    expect(message.answer[0]?.rdata[3]).toBe(1);
  });

  it("does not stand in for a bogus one where the client set CD: it has the data whatever the verdict", async () => {
    const server = await expired(() => response({ verdict: "bogus", answer: [a(NAME, 60, "192.0.2.66")] }));

    const message = await server.message({ qname: NAME, flags: Flag.RD | Flag.CD });

    expect(message.answer[0]?.rdata[3]).toBe(66);
  });

  it("does not stand in for it later either, while it does at once for who did not", async () => {
    const server = await expired(() => response({ verdict: "bogus", answer: [a(NAME, 60, "192.0.2.66")] }));
    await server.message({ qname: NAME });
    const { length } = server.asked;

    server.clock.advance(10_000);
    const others = await server.message({ qname: NAME });
    const checking = await server.message({ qname: NAME, flags: Flag.RD | Flag.CD });

    expect(others.answer[0]?.rdata[3]).toBe(1);
    expect(checking.answer[0]?.rdata[3]).toBe(66);
    expect(server.asked.length - length).toBe(1);
  });

  it("stands in for a SERVFAIL where the client set CD too", async () => {
    const server = await expired(() => response({ verdict: "insecure", rcode: Rcode.SERVFAIL }));

    const message = await server.message({ qname: NAME, flags: Flag.RD | Flag.CD });

    expect(message.answer[0]?.rdata[3]).toBe(1);
  });

  it("does not stand in for what a rule refuses, now or later", async () => {
    const server = await expired(() => response({ rcode: Rcode.REFUSED, isByRule: true }));

    const first = await server.message({ qname: NAME });
    server.clock.advance(40_000);
    const second = await server.message({ qname: NAME });

    expect([first.rcode, second.rcode]).toEqual([Rcode.REFUSED, Rcode.REFUSED]);
    expect(server.counters.stale).toBe(0);
  });

  it("has AD as long as its signatures hold (RFC 4035 §5.3.3), and no longer", async () => {
    const signed = response({
      answer: [a(NAME, 60), rrsig(NAME, Type.A, 60)],
      verdict: "secure",
      maxLifetime: 100,
    });
    const server = await expired(unreachable, signed);

    const before = await server.message({ qname: NAME, dnssecOk: true });
    server.clock.advance(40_000);
    const after = await server.message({ qname: NAME, dnssecOk: true });

    expect([before.flags & Flag.AD, after.flags & Flag.AD]).toEqual([Flag.AD, 0]);
    expect(after.answer).toHaveLength(2);
  });

  it("is found by nobody who asks when the local rules have changed", async () => {
    const server = await expired(unreachable);
    server.generation++;

    expect((await server.message({ qname: NAME })).rcode).toBe(Rcode.SERVFAIL);
  });
});

describe("a failure to refresh", () => {
  it("never extends the life of what is there (RFC 8767 §4)", async () => {
    const server = new Served(() => FRESH);
    await server.ask({ qname: NAME });
    const entry = server.store.peek(keyOf(NAME));
    const end = entry?.expiresAt;
    server.script = () => response({ rcode: Rcode.SERVFAIL });

    server.clock.advance(57_000);
    await server.ask({ qname: NAME });
    await server.clock.advanceAsync(2_999);

    expect(server.asked).toHaveLength(2);
    expect(server.store.peek(keyOf(NAME))).toBe(entry);
    expect(entry?.expiresAt).toBe(end);
  });
});
