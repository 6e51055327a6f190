import { describe, expect, it } from "vitest";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import type { Query, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError, type ResolutionFault } from "../../../src/ports/fault.ts";
import { InfoCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { freshBudget, infoCodes, labValidator, queryFor, shown } from "./lab-validator.ts";

const is = (query: Query, qname: string, qtype: number): boolean =>
  nameToText(query.question.qname) === qname && query.question.qtype === qtype;

function without(response: Response, type: number): Response {
  const keep = (records: Response["answer"]) => records.filter((record) => record.type !== type);
  return { ...response, answer: keep(response.answer), authority: keep(response.authority) };
}

/** With the last octet of every signature changed. */
function broken(records: Response["answer"]): Response["answer"] {
  return records.map((record) => {
    if (record.type !== Type.RRSIG) return record;
    const rdata = Uint8Array.from(record.rdata);
    rdata[rdata.length - 1]! ^= 1;
    return { ...record, rdata };
  });
}

const FAILURES: readonly (readonly [string, (response: Response) => Response])[] = [
  ["SERVFAIL", (response) => ({ ...response, rcode: 2, answer: [], authority: [] })],
  ["REFUSED", (response) => ({ ...response, rcode: 5, answer: [], authority: [] })],
  ["NOTIMP", (response) => ({ ...response, rcode: 4, answer: [], authority: [] })],
  ["no response at all", () => fail("upstream-unreachable")],
  ["malformed messages", () => fail("upstream-malformed")],
  ["silence until the deadline", () => fail("deadline-exceeded")],
];

function fail(fault: ResolutionFault): never {
  throw new ResolutionError(fault, "as the test wants it");
}

describe("an upstream that fails for the chain of trust (RFC 4035 §5: indeterminate, never insecure) [D72]", () => {
  for (const [what, edit] of FAILURES) {
    for (const [zone, type, text] of [
      ["com.", Type.DS, "DS"],
      ["insecure.com.", Type.DS, "DS"],
      [".", Type.DNSKEY, "DNSKEY"],
      ["com.", Type.DNSKEY, "DNSKEY"],
    ] as const) {
      it(`with ${what} for ${zone} ${text} leaves a name below it indeterminate, with EDE 22`, async () => {
        const { ask } = labValidator({
          onQuery: (query, response) => (is(query, zone, type) ? edit(response) : response),
        });

        const response = await ask("www.insecure.com", "A");

        expect([response.verdict, ...infoCodes(response)]).toEqual(["indeterminate", 22, 5]);
        expect(shown(response.answer)).toContain("www.insecure.com. A");
      });
    }
  }

  it("is asked again a second later [D73]", async () => {
    let isUp = false;
    const lab = labValidator({
      onQuery: (query, response) =>
        !isUp && is(query, "com.", Type.DS) ? fail("upstream-unreachable") : response,
    });
    const ask = async () => (await lab.ask("www.example.com", "A")).verdict;

    const first = await ask();
    isUp = true;
    const second = await ask();
    lab.clock.advance(1_000);
    const third = await ask();

    expect([first, second, third]).toEqual(["indeterminate", "indeterminate", "secure"]);
  });

  it("does not spoil what is known by the time its flight runs out for those who joined it", async () => {
    let held: (() => void) | undefined;
    const lab = labValidator({
      onQuery: (query, response) => {
        if (held !== undefined || !is(query, "com.", Type.DS)) return response;
        return new Promise((_resolve, reject) => {
          held = () => {
            reject(new ResolutionError("deadline-exceeded", "its flight's"));
          };
        });
      },
    });

    const first = lab.ask("www.example.com", "A");
    await lab.clock.advanceAsync(4_000);
    const second = lab.ask("mail.example.com", "A");
    await lab.clock.advanceAsync(1_100);
    held?.();

    expect((await first).verdict).toBe("indeterminate");
    expect((await second).verdict).toBe("secure");
  });

  it("passes its own failure on, unjudged", async () => {
    const { ask, validator } = labValidator({
      onQuery: (query, response) =>
        is(query, "www.example.com.", Type.A) ? { ...response, rcode: 2, answer: [] } : response,
    });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, response.rcode]).toEqual(["indeterminate", 2]);
    expect(validator.counters.retries).toBe(0);
  });

  it.each([
    [Rcode.FORMERR, "FORMERR"],
    [Rcode.SERVFAIL, "SERVFAIL"],
    [Rcode.NOTIMP, "NOTIMP"],
    [Rcode.REFUSED, "REFUSED"],
    [Rcode.NOTAUTH, "NOTAUTH"],
    [12, "RCODE12"],
  ])("is SERVFAIL and told by the RCODE of its failure, %i (RFC 8914 §4.24)", async (rcode, text) => {
    const { ask } = labValidator({
      onQuery: (_query, response) => ({ ...response, rcode, answer: [], authority: [] }),
    });

    const response = await ask("www.example.com", "A");

    expect(response.rcode).toBe(Rcode.SERVFAIL);
    expect(response.errors).toEqual([
      { infoCode: InfoCode.NETWORK_ERROR, text: `the upstream answered ${text}` },
    ]);
  });

  it.each([
    ["as it is where it is SERVFAIL", Rcode.SERVFAIL, [InfoCode.NO_REACHABLE_AUTHORITY]],
    ["behind its RCODE", Rcode.REFUSED, [InfoCode.NETWORK_ERROR, InfoCode.NO_REACHABLE_AUTHORITY]],
  ])("has its own reason told %s", async (_, rcode, codes) => {
    const errors = [{ infoCode: InfoCode.NO_REACHABLE_AUTHORITY, text: "the zone's servers are silent" }];
    const { ask } = labValidator({
      onQuery: (_query, response) => ({ ...response, rcode, answer: [], authority: [], errors }),
    });

    expect(infoCodes(await ask("www.example.com", "A"))).toEqual(codes);
  });

  it("lets a fault of the question itself through", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => (is(query, "www.example.com.", Type.A) ? fail("overloaded") : response),
    });

    await expect(ask("www.example.com", "A")).rejects.toThrow("as the test wants it");
  });

  it.each([
    ["signatures asked for as data", "RRSIG", 1],
    ["another class", "TXT", 3],
  ])("leaves %s indeterminate too, and else insecure", async (_what, qtype, qclass) => {
    let rcode = 2;
    const lab = labValidator({ onQuery: (_query, response) => ({ ...response, rcode }) });
    const query = queryFor("www.example.com", qtype);
    const ask = () =>
      lab.validator.exchange({ ...query, question: { ...query.question, qclass } }, freshBudget(lab.clock));

    expect((await ask()).verdict).toBe("indeterminate");
    rcode = 0;
    expect((await ask()).verdict).toBe("insecure");
  });

  it("does not hide a bug the second time", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "www.example.com.", Type.A)) return response;
        if (query.avoid !== undefined) throw new TypeError("a bug");
        return without(response, Type.RRSIG);
      },
    });

    await expect(ask("www.example.com", "A")).rejects.toThrow(TypeError);
  });

  it("does not hide a bug", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => {
        if (is(query, "com.", Type.DS)) throw new TypeError("a bug");
        return response;
      },
    });

    await expect(ask("www.example.com", "A")).rejects.toThrow(TypeError);
  });
});

describe("an upstream that strips or alters [D17]", () => {
  it.each([
    ["RRSIG", Type.RRSIG, "www.example.com", [10, 6]],
    ["RRSIG", Type.RRSIG, "nope.example.com", [12, 6]],
    ["NSEC", Type.NSEC, "nope.example.com", [12, 6]],
    ["NSEC", Type.NSEC, "any.wild.example.com", [12, 6]],
    ["NSEC3", Type.NSEC3, "nope.example.org", [12, 6]],
  ])("%s records is caught", async (_what, type, qname, codes) => {
    const { ask } = labValidator({
      onQuery: (query, response) => (query.purpose === "client" ? without(response, type) : response),
    });

    const response = await ask(qname, "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["bogus", ...codes]);
  });

  it("RRSIG records everywhere is caught too", async () => {
    const { ask } = labValidator({ onQuery: (_query, response) => without(response, Type.RRSIG) });

    expect((await ask("www.example.com", "A")).verdict).toBe("bogus");
    expect((await ask("www.insecure.com", "A")).verdict).toBe("bogus");
  });

  it("everything of DNSSEC, as one that knows none of it, is caught [D10]", async () => {
    const strip = (response: Response): Response =>
      [Type.RRSIG, Type.NSEC, Type.NSEC3, Type.DS, Type.DNSKEY].reduce(without, response);
    const { ask } = labValidator({ onQuery: (_query, response) => strip(response) });

    expect((await ask("www.example.com", "A")).verdict).toBe("bogus");
    expect((await ask("nope.example.com", "A")).verdict).toBe("bogus");
  });

  it("is asked once more, elsewhere [D11]", async () => {
    const avoided: (string | undefined)[] = [];
    const { ask, validator } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "www.example.com.", Type.A)) return response;
        avoided.push(query.avoid);
        return query.avoid === undefined ? without(response, Type.RRSIG) : { ...response, upstream: "other" };
      },
    });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, response.upstream, avoided]).toEqual(["secure", "other", [undefined, "lab"]]);
    expect([validator.counters.retries, validator.counters.mended]).toEqual([1, 1]);
  });

  it.each([
    ["DS", "com.", Type.DS],
    ["DS", "example.com.", Type.DS],
    ["DNSKEY", "example.com.", Type.DNSKEY],
    ["DNSKEY", ".", Type.DNSKEY],
  ])("is asked once more, elsewhere, for %s of %s", async (_what, zone, type) => {
    const { ask, asked } = labValidator({
      onQuery: (query, response) =>
        is(query, zone, type) && query.avoid === undefined ? without(response, Type.RRSIG) : response,
    });

    expect((await ask("www.example.com", "A")).verdict).toBe("secure");
    expect(asked).toHaveLength(7);
  });

  it("is asked once more only once [D11]", async () => {
    const { ask, asked } = labValidator({
      onQuery: (query, response) =>
        is(query, "www.example.com.", Type.A) ? without(response, Type.RRSIG) : response,
    });

    await ask("www.example.com", "A");

    expect(asked.filter((each) => each === "www.example.com. A")).toHaveLength(2);
  });

  it("is not asked once more where the chain above is at fault", async () => {
    const { ask, asked } = labValidator();

    await ask("www.expired.example", "A");

    expect(asked.filter((each) => each === "www.expired.example. A")).toHaveLength(1);
  });

  it("keeps its first verdict where the second time fails", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "www.example.com.", Type.A)) return response;
        return query.avoid === undefined ? without(response, Type.RRSIG) : fail("upstream-unreachable");
      },
    });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["bogus", 10, 6]);
  });

  it("keeps its first verdict where the second is a SERVFAIL", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "www.example.com.", Type.A)) return response;
        return query.avoid === undefined ? without(response, Type.RRSIG) : { ...response, rcode: 2 };
      },
    });

    expect((await ask("www.example.com", "A")).verdict).toBe("bogus");
  });

  it("keeps its first word on a DS where the second time fails", async () => {
    const { ask, asked } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "example.com.", Type.DS)) return response;
        return query.avoid === undefined ? without(response, Type.RRSIG) : fail("upstream-unreachable");
      },
    });

    const response = await ask("www.example.com", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["bogus", 10, 6]);
    expect(asked.filter((each) => each === "example.com. DS")).toHaveLength(2);
  });

  it("is not asked once more on an account that is used up [D11]", async () => {
    const lab = labValidator({
      onQuery: (query, response) =>
        is(query, "www.example.com.", Type.A) ? { ...response, answer: broken(response.answer) } : response,
    });
    await lab.ask("mail.example.com", "A"); // The chain is known.
    lab.asked.length = 0;

    const response = await lab.ask("www.example.com", "A", { work: { ...FLIGHT_WORK, upstreamQueries: 1 } });

    expect([response.verdict, lab.asked]).toEqual(["bogus", ["www.example.com. A"]]);
    expect(lab.validator.counters.retries).toBe(0);
  });

  it("puts a signature without octets beside a DS: it is passed over", async () => {
    const { ask } = labValidator({
      onQuery: (query, response) => {
        if (!is(query, "example.com.", Type.DS)) return response;
        const [ds] = response.answer;
        const empty = [0, 1].map((octets) => ({
          ...ds!,
          type: Type.RRSIG,
          rdata: new Uint8Array(octets),
        }));
        return { ...response, answer: [...empty, ...response.answer] };
      },
    });

    expect((await ask("www.example.com", "A")).verdict).toBe("secure");
  });

  it("is not asked about a broken zone for a minute (RFC 9520 §3.2) [D23]", async () => {
    const lab = labValidator();
    await lab.ask("www.expired.example", "A");
    lab.asked.length = 0;

    await lab.ask("mail.expired.example", "A");
    lab.clock.advance(60_000);
    await lab.ask("mail.expired.example", "MX");

    expect(lab.asked).toEqual([
      "mail.expired.example. A",
      "mail.expired.example. MX",
      "expired.example. DS",
      "expired.example. DNSKEY",
      "expired.example. DNSKEY",
    ]);
  });
});

describe("the work of one flight (CVE-2023-50387, CVE-2026-50045)", () => {
  it("is paid from one account, retries and helpers included", async () => {
    const lab = labValidator({
      onQuery: (query, response) =>
        is(query, "www.example.com.", Type.A) ? without(response, Type.RRSIG) : response,
    });
    const budget = freshBudget(lab.clock);

    await lab.validator.exchange(queryFor("www.example.com", "A"), budget);

    // The question, five helpers, the DS of the name itself, which an unsigned answer needs, and the retry.
    expect(FLIGHT_WORK.upstreamQueries - budget.work.upstreamQueries).toBe(lab.asked.length);
    expect(FLIGHT_WORK.verifications - budget.work.verifications).toBeGreaterThanOrEqual(5);
  });

  it("ends in indeterminate where no more queries may be sent", async () => {
    const lab = labValidator();
    const work = { ...FLIGHT_WORK, upstreamQueries: 3 };

    const response = await lab.ask("www.example.com", "A", { work });

    expect(response.verdict).toBe("indeterminate");
    expect(lab.asked).toHaveLength(3);
  });

  it("is not remembered against the zone", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A", { work: { ...FLIGHT_WORK, upstreamQueries: 3 } });

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("secure");
  });

  it("ends in bogus where no more signatures may be verified [D29]", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");

    const response = await lab.ask("mail.example.com", "A", { work: { ...FLIGHT_WORK, verifications: 0 } });

    expect(response.verdict).toBe("bogus");
  });

  it.each([
    ["an algorithm nobody knows", (rdata: Buffer) => rdata.writeUInt8(200, 2)],
    ["a key the zone does not have", (rdata: Buffer, i: number) => rdata.writeUInt16BE(i, 16)],
    ["a time gone by", (rdata: Buffer) => rdata.writeUInt32BE(1_000, 8)],
  ])(
    "is not spent on signatures of %s: one good one after them is enough (RFC 6840 §5.4) [D29]",
    async (_of, edit) => {
      const lab = labValidator({
        onQuery: (query, response) => {
          if (!is(query, "www.example.com.", Type.A)) return response;
          const good = response.answer.find((record) => record.type === Type.RRSIG)!;
          const untriable = Array.from({ length: 20 }, (_, i) => {
            const rdata = Buffer.from(good.rdata);
            edit(rdata, i);
            return { ...good, rdata };
          });
          return { ...response, answer: [...untriable, ...response.answer] };
        },
      });

      expect((await lab.ask("www.example.com", "A")).verdict).toBe("secure");
    },
  );

  it("ends in bogus after so many RRsets that failed", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");

    const response = await lab.ask("mail.example.com", "A", {
      work: { ...FLIGHT_WORK, failedVerifications: 0 },
    });

    expect(response.verdict).toBe("bogus");
  });

  it("lets other work have its turn", async () => {
    let pauses = 0;
    const lab = labValidator({
      pause: async () => {
        pauses += 1;
      },
    });
    const work = { ...FLIGHT_WORK };

    await lab.ask("chain.example.com", "A", { work });

    expect(pauses).toBeGreaterThanOrEqual(1);
  });
});

describe("a proof that costs too many hashes (CVE-2023-50868) [D56]", () => {
  it("is bogus and asked for no more", async () => {
    const deep = Array.from({ length: 100 }, () => "a").join(".");
    const lab = labValidator();

    const response = await lab.ask(`${deep}.example.org`, "A");

    expect(response.verdict).toBe("bogus");
    expect(lab.asked.length).toBeLessThan(10);
  });
});
