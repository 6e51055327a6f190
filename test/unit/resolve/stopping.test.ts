import { describe, expect, it } from "vitest";
import { InfoCode, Rcode } from "../../../src/wire/codes.ts";
import { readExtendedErrors } from "../../../src/wire/edns.ts";
import { a, response } from "../../support/records.ts";
import { queryOctets, read, Served } from "../../support/served.ts";

const never = () => new Promise<never>(() => undefined);
const QUERY = queryOctets({ qname: "www.example.com", edns: 1_232 });
const STOPPING = { infoCode: InfoCode.NOT_READY, text: "stopping" };

describe("a client that waits when the program stops (RFC 8914 §4.15)", () => {
  it("is told so at once", () => {
    const server = new Served(never);
    const { later } = server.handle(QUERY);

    server.misses.giveUp();

    const message = read(later[0]);
    expect([message.rcode, ...readExtendedErrors(message.edns)]).toEqual([Rcode.SERVFAIL, STOPPING]);
  });

  it("gets a stale answer where there is one", async () => {
    const server = new Served(() => response({ answer: [a("www.example.com", 60)] }));
    await server.ask({ qname: "www.example.com" });
    server.script = never;
    server.clock.advance(61_000);
    const { later } = server.handle(QUERY);

    server.misses.giveUp();

    expect(read(later[0]).answer).toHaveLength(1);
  });
});

describe("a client that comes after that", () => {
  it("is told so without a query upstream", () => {
    const server = new Served(never);
    server.misses.giveUp();

    const { later } = server.handle(QUERY);

    expect(readExtendedErrors(read(later[0]).edns)).toEqual([STOPPING]);
    expect(server.asked).toHaveLength(0);
  });
});
