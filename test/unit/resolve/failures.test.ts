import { describe, expect, it } from "vitest";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { Flag, Rcode } from "../../../src/wire/codes.ts";
import { a, response } from "../../support/records.ts";
import { Served } from "../../support/served.ts";

const unreachable = () => Promise.reject(new ResolutionError("upstream-unreachable", "no upstream"));

describe("an upstream's SERVFAIL (RFC 9520 §3.2) [D59, D73]", () => {
  it("is kept longer each time in a row, to at most 5 minutes", async () => {
    const server = new Served(() => response({ rcode: Rcode.SERVFAIL }));
    const lifetimes: number[] = [];
    for (let round = 0; round < 11; round++) {
      await server.ask({ qname: "broken.example" });
      let seconds = 0;
      const asked = server.asked.length;
      while (server.asked.length === asked) {
        server.clock.advance(1_000);
        seconds++;
        await server.ask({ qname: "broken.example" });
      }
      lifetimes.push(seconds);
    }

    expect(lifetimes.slice(0, 4)).toEqual([1, 2, 4, 8]);
    expect(Math.max(...lifetimes)).toBe(300);
  });

  it("is forgotten by an answer", async () => {
    const server = new Served(() => response({ rcode: Rcode.SERVFAIL }));
    await server.ask({ qname: "broken.example" });
    server.clock.advance(1_001);
    server.script = () => response({ answer: [a("broken.example", 1)] });
    await server.ask({ qname: "broken.example" });
    server.script = () => response({ rcode: Rcode.SERVFAIL });
    server.clock.advance(90_000_000);
    await server.ask({ qname: "broken.example" });

    server.clock.advance(1_001);
    const asked = server.asked.length;
    await server.ask({ qname: "broken.example" });

    expect(server.asked.length).toBe(asked + 1);
  });

  it("is told of the question that failed only, not of its CNAME target", async () => {
    const server = new Served((query) =>
      response({
        rcode: query.key.includes("alias") ? Rcode.SERVFAIL : Rcode.NOERROR,
        answer: [a("real.example")],
      }),
    );
    await server.ask({ qname: "alias.example" });

    expect((await server.message({ qname: "real.example" })).rcode).toBe(Rcode.NOERROR);
  });
});

describe("a transport failure", () => {
  it("is not tried again for a second", async () => {
    const server = new Served(unreachable);
    await server.ask({ qname: "www.example.com" });
    await server.ask({ qname: "www.example.com" });
    expect(server.asked).toHaveLength(1);

    server.clock.advance(1_001);
    await server.ask({ qname: "www.example.com" });

    expect(server.asked).toHaveLength(2);
  });

  it("is forgotten as soon as an upstream connection returns", async () => {
    const server = new Served(unreachable);
    await server.ask({ qname: "www.example.com" });
    server.script = () => response({ answer: [a("www.example.com")] });

    server.connections++;
    const message = await server.message({ qname: "www.example.com" });

    expect(message.rcode).toBe(Rcode.NOERROR);
  });
});

describe("a validation failure", () => {
  it("is kept a minute at first, then longer, to at most 5 minutes (RFC 9520 §3.2)", async () => {
    const server = new Served(() => response({ verdict: "bogus", answer: [a("www.example.com")] }));
    const lifetimes: number[] = [];
    for (let round = 0; round < 5; round++) {
      await server.ask({ qname: "www.example.com" });
      const asked = server.asked.length;
      let seconds = 0;
      while (server.asked.length === asked) {
        server.clock.advance(1_000);
        seconds++;
        await server.ask({ qname: "www.example.com" });
      }
      lifetimes.push(seconds);
    }

    expect(lifetimes).toEqual([60, 120, 240, 300, 300]);
  });

  it("is not given to a client that set CD (RFC 4035 §3.2.2) [D63]", async () => {
    const server = new Served(() => response({ verdict: "bogus", answer: [a("www.example.com")] }));
    await server.ask({ qname: "www.example.com" });

    const message = await server.message({ qname: "www.example.com", flags: Flag.RD | Flag.CD });

    expect(message.rcode).toBe(Rcode.NOERROR);
    expect(server.asked).toHaveLength(1);
  });
});
