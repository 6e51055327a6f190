/** No response is longer than its client takes, whatever an upstream sent. */
import { describe, expect, it } from "vitest";
import type { ExtendedError, Response } from "../../../src/ports/exchange.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Flag, OptionCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { a, record, response, rrsig, soa } from "../../support/records.ts";
import { type ClientQuery, read, Served } from "../../support/served.ts";

const ADDRESS = a("www.example.com", 300);
const HEADER_OCTETS = 12;
const QUESTION_OCTETS = 21;
const OPT_OCTETS = 11;

function errors(count: number, textOctets: number): ExtendedError[] {
  return Array.from({ length: count }, () => ({ infoCode: 22, text: "x".repeat(textOctets) }));
}

interface Seen {
  readonly octets: number;
  readonly isTruncated: boolean;
  readonly answers: number;
  readonly rcode: number;
  /** Length of each EDE option. */
  readonly errors: readonly number[];
}

/** What the client sees on the miss, and on the hit after it. */
async function seen(answer: Response, query: Omit<ClientQuery, "qname">): Promise<Seen[]> {
  const server = new Served(() => answer);
  const both: Seen[] = [];
  for (let round = 0; round < 2; round++) {
    const octets = await server.ask({ qname: "www.example.com", ...query });
    const message = read(octets);
    both.push({
      octets: octets!.length,
      isTruncated: (message.flags & Flag.TC) !== 0,
      answers: message.answer.length,
      rcode: message.rcode,
      errors: (message.edns?.options ?? [])
        .filter(({ code }) => code === OptionCode.EDE)
        .map(({ data }) => data.length),
    });
  }
  return both;
}

describe("extended DNS errors in a response (RFC 8914 §3)", () => {
  it("lose their texts where these do not fit", async () => {
    for (const each of await seen(response({ answer: [ADDRESS], errors: errors(10, 300) }), {
      edns: 1_232,
    })) {
      expect(each).toMatchObject({ isTruncated: false, answers: 1, errors: Array(10).fill(2) });
      expect(each.octets).toBeLessThan(200);
    }
  });

  it("go before data does, and TC says so", async () => {
    const answer = Array.from({ length: 28 }, (_, i) => a("www.example.com", 300, `192.0.2.${i}`));
    for (const each of await seen(response({ answer, errors: errors(5, 0) }), { edns: 512 })) {
      expect(each).toMatchObject({ isTruncated: true, answers: 28, errors: [] });
      expect(each.octets).toBeLessThanOrEqual(512);
    }
  });

  it("stay as they are where there is room", async () => {
    for (const each of await seen(response({ answer: [ADDRESS], errors: errors(2, 100) }), { edns: 1_232 })) {
      expect(each).toMatchObject({ isTruncated: false, answers: 1, errors: [102, 102] });
    }
  });

  it.each([512, 1_232, 65_535])(
    "never make a SERVFAIL longer than a client of %i octets takes",
    async (edns) => {
      const bogus = response({ answer: [ADDRESS], verdict: "bogus", errors: errors(30, 1_900) });
      for (const each of await seen(bogus, { edns })) {
        expect(each).toMatchObject({ rcode: Rcode.SERVFAIL, answers: 0 });
        expect(each.octets).toBeLessThanOrEqual(Math.min(edns, 1_232));
      }
    },
  );

  it("never make a TCP message longer than its prefix can say", async () => {
    for (const each of await seen(response({ answer: [ADDRESS], errors: errors(1, 65_499) }), {
      edns: 1_232,
      transport: "tcp",
    })) {
      expect(each).toMatchObject({ answers: 1, errors: [2] });
      expect(each.octets).toBe(HEADER_OCTETS + QUESTION_OCTETS + 16 + OPT_OCTETS + 6);
    }
  });
});

describe("records of more than any message holds", () => {
  const LARGE: ResourceRecord[] = Array.from({ length: 300 }, (_, i) =>
    record("www.example.com", Type.TXT, 300, Buffer.alloc(250, i)),
  );

  it.each(["udp", "tcp"] as const)("are none, and TC says that there are some (%s)", async (transport) => {
    for (const each of await seen(response({ answer: LARGE }), { transport, edns: 1_232 })) {
      expect(each).toMatchObject({ isTruncated: true, answers: 0, rcode: Rcode.NOERROR });
    }
  });

  it("are none for a client that sets DO; one that does not is given what is left without proofs", async () => {
    const proofs = Array.from({ length: 900 }, () => rrsig("www.example.com", Type.SOA));
    const denied = response({ authority: [soa("example.com", 60), ...proofs], verdict: "secure" });

    for (const each of await seen(denied, { dnssecOk: true })) expect(each.isTruncated).toBe(true);
    for (const each of await seen(denied, { edns: 1_232 })) expect(each.isTruncated).toBe(false);
  });
});

describe("an extended RCODE", () => {
  it.each([
    ["BADVERS", 16],
    ["BADCOOKIE", 23],
  ])("%s is SERVFAIL to a client without EDNS, which cannot be told (RFC 6891 §6.1.3)", async (_, rcode) => {
    for (const each of await seen(response({ rcode }), {})) expect(each.rcode).toBe(Rcode.SERVFAIL);
    for (const each of await seen(response({ rcode }), { edns: 1_232 })) expect(each.rcode).toBe(rcode);
  });
});
