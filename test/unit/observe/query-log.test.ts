import { describe, expect, it } from "vitest";
import { queryLogged } from "../../../src/observe/query-log.ts";
import type { Fields } from "../../../src/ports/log.ts";
import { Rcode } from "../../../src/wire/codes.ts";
import { settle } from "../../support/manual-clock.ts";
import { a, response } from "../../support/records.ts";
import { queryOctets, Served, type ServedOptions } from "../../support/served.ts";

function logging(options: ServedOptions = {}) {
  const served = new Served(() => response({ answer: [a("www.example.com")] }), options);
  const lines: Fields[] = [];
  const taught: (boolean | undefined)[] = [];
  const server = queryLogged(served.server, { query: (fields) => lines.push(fields) }, served.clock);
  const out = Buffer.alloc(65_535);
  const handle = (octets: Buffer): number => {
    const detach = (teaches?: boolean) => {
      taught.push(teaches);
      return () => undefined;
    };
    const client = {
      transport: "udp",
      receivedAt: served.clock.now(),
      clientAddress: "192.0.2.7",
      detach,
    } as const;
    return server.handle(octets, 0, octets.length, out, 0, client);
  };
  return { served, lines, taught, handle };
}

const LATER = {
  client: "192.0.2.7",
  transport: "udp",
  name: "www.example.com.",
  type: "A",
  rcode: "NOERROR",
};

describe("the query log", () => {
  it("has a line for an answer that came later, with the time it took", async () => {
    const { handle, lines, served } = logging();
    let land: () => void = () => undefined;
    served.script = () =>
      new Promise((resolve) => {
        land = () => {
          resolve(response({ answer: [a("www.example.com")] }));
        };
      });

    handle(queryOctets({ qname: "WWW.example.com" }));
    await settle();
    served.clock.advance(40);
    land();
    await settle();

    expect(lines).toEqual([{ ...LATER, ms: 40 }]);
  });

  it("tells the endpoint what it was told", () => {
    const synthesis = { find: () => undefined, teaches: true };
    const { handle, taught } = logging({ synthesis });

    handle(queryOctets({ qname: "www.example.com" }));

    expect(taught).toEqual([true]);
  });

  it("has a line for an answer from the cache", async () => {
    const { handle, lines } = logging();
    handle(queryOctets({ qname: "www.example.com" }));
    await settle();

    handle(queryOctets({ qname: "www.example.com" }));

    expect(lines).toEqual([
      { ...LATER, ms: 0 },
      { ...LATER, ms: 0 },
    ]);
  });

  it("says why there is an error", async () => {
    const { handle, lines, served } = logging();
    served.script = () =>
      response({ rcode: Rcode.SERVFAIL, errors: [{ infoCode: 23, text: "no upstream reachable" }] });

    handle(queryOctets({ qname: "www.example.com", edns: 1_232 }));
    await settle();

    expect(lines).toMatchObject([{ rcode: "SERVFAIL", errors: ["23 no upstream reachable"] }]);
  });

  it("names no name where the question could not be read", () => {
    const { handle, lines } = logging();
    const octets = queryOctets({ qname: "www.example.com" });

    handle(octets.subarray(0, 20));

    expect(lines).toEqual([{ client: "192.0.2.7", transport: "udp", rcode: "FORMERR", ms: 0 }]);
  });

  it("has no line for what is dropped", () => {
    const { handle, lines } = logging();

    expect(handle(Buffer.alloc(5))).toBe(0);
    expect(lines).toEqual([]);
  });
});
