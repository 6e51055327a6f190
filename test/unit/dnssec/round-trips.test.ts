import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { type ManualClock, settle } from "../../support/manual-clock.ts";
import { type LabValidator, labValidator } from "./lab-validator.ts";

const ROUND_TRIP = 20;

/** A validator whose upstream is 20 ms away. */
function far(): LabValidator {
  const lab: LabValidator = labValidator({
    onQuery: (_query, response) =>
      new Promise<Response>((resolve) => {
        lab.clock.after(ROUND_TRIP, () => {
          resolve(response);
        });
      }),
  });
  return lab;
}

/** The response, and how many round trips it took. */
async function timed(lab: LabValidator, qname: string, qtype = "A"): Promise<[string, number]> {
  const start = lab.clock.now();
  let end: number | undefined;
  const answer = lab.ask(qname, qtype).then((response) => {
    end = lab.clock.now();
    return response.verdict;
  });
  await settle();
  await run(lab.clock, () => end !== undefined);
  return [await answer, ((end ?? start) - start) / ROUND_TRIP];
}

async function run(clock: ManualClock, isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 40 && !isDone(); i++) await clock.advanceAsync(ROUND_TRIP);
}

describe("a cold chain of trust", () => {
  // A zone that only the answer names costs one more, and so does the target of an alias.
  it.each([
    ["www.example.com", "A", "secure", 2],
    ["nope.example.com", "A", "secure", 2],
    ["www.insecure.com", "A", "insecure", 2],
    ["www.example.org", "A", "secure", 2],
    ["www.sub.example.com", "A", "secure", 3],
    ["chain.example.com", "A", "secure", 3],
  ])("of %s %s is %s after %i round trips", async (qname, qtype, verdict, trips) => {
    expect(await timed(far(), qname, qtype)).toEqual([verdict, trips]);
  });
});

describe("a chain of trust whose top-level domain is known", () => {
  it.each([
    ["www.example.com", "secure", 2],
    ["www.insecure.com", "insecure", 1],
    ["nope.com", "insecure", 1],
  ])("of %s is %s after %i round trips", async (qname, verdict, trips) => {
    const lab = far();
    await timed(lab, "com", "NS");

    expect(await timed(lab, qname)).toEqual([verdict, trips]);
  });
});

describe("a chain of trust that is known", () => {
  it.each(["www.example.com", "nope.example.com", "www.insecure.com"])(
    "of %s costs the question alone",
    async (qname) => {
      const lab = far();
      await timed(lab, `mail${qname.slice(qname.indexOf("."))}`);
      lab.asked.length = 0;

      const [, trips] = await timed(lab, qname);

      expect([trips, lab.asked]).toEqual([1, [`${qname}. A`]]);
    },
  );
});

describe("what a cold lookup sends [D12]", () => {
  it.each([
    [
      "www.example.com",
      ["www.example.com. A", ". DNSKEY", "com. DS", "example.com. DS", "com. DNSKEY", "example.com. DNSKEY"],
    ],
    [
      "nope.example.com",
      ["nope.example.com. A", ". DNSKEY", "com. DS", "example.com. DS", "com. DNSKEY", "example.com. DNSKEY"],
    ],
    ["www.insecure.com", ["www.insecure.com. A", ". DNSKEY", "com. DS", "insecure.com. DS", "com. DNSKEY"]],
  ])("for %s is each question once, and no name longer than its zone's", async (qname, asked) => {
    const lab = labValidator();

    await lab.ask(qname, "A");

    expect(lab.asked).toEqual(asked);
  });

  it("for a name below an insecure cut is nothing but the name, once the cut is proven", async () => {
    const lab = labValidator();
    await lab.ask("www.insecure.com", "A");
    lab.asked.length = 0;

    await lab.ask("a.b.c.insecure.com", "A");

    expect(lab.asked).toEqual(["a.b.c.insecure.com. A"]);
  });

  it("does not hold the DS of a zone whose algorithms are unsupported against its keys", async () => {
    const lab = labValidator();

    await lab.ask("www.rsasha1.example", "A");

    expect(lab.asked).not.toContain("rsasha1.example. DNSKEY");
  });

  it("is the name first and the chain as signatures name it, where nothing is to leave beside it", async () => {
    const lab = labValidator({ options: { prefetchChain: () => false } });

    await lab.ask("www.example.com", "A");

    expect(lab.asked).toEqual([
      "www.example.com. A",
      "example.com. DS",
      "example.com. DNSKEY",
      "com. DS",
      "com. DNSKEY",
      ". DNSKEY",
    ]);
  });

  it("never asks for the DS of the root [D19]", async () => {
    const lab = labValidator();

    await lab.ask(".", "NS");
    await lab.ask(".", "DNSKEY");

    expect(lab.asked).not.toContain(". DS");
  });

  it("follows signers over labels that are no zone cuts [D15]", async () => {
    const lab = labValidator();

    const response = await lab.ask("80.2.0.192.in-addr.arpa", "PTR");

    expect(response.verdict).toBe("secure");
    expect(lab.asked.filter((each) => each.endsWith("DNSKEY"))).toEqual([
      ". DNSKEY",
      "arpa. DNSKEY",
      "2.0.192.in-addr.arpa. DNSKEY",
    ]);
  });
});

describe("a client's own question for DS or DNSKEY [D68]", () => {
  it("shares what the chain asks for [D13]", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");
    lab.asked.length = 0;

    const verdicts = [
      await lab.ask("example.com", "DS"),
      await lab.ask("example.com", "DNSKEY"),
      await lab.ask("com", "DS"),
    ];

    expect(verdicts.map(({ verdict }) => verdict)).toEqual(["secure", "secure", "secure"]);
    expect(lab.asked).toEqual([]);
  });

  it("is put once, whoever asks first", async () => {
    const lab = labValidator();

    await Promise.all([
      lab.ask("example.com", "DS"),
      lab.ask("www.example.com", "A"),
      lab.ask("example.com", "DNSKEY"),
      lab.ask("mail.example.com", "A"),
      lab.ask("sub.example.com", "DS"),
      lab.ask("unsigned.example.com", "DS"),
    ]);

    expect([...new Set(lab.asked)].sort()).toEqual([...lab.asked].sort());
  });

  it("has TTLs as old as what is known", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");
    lab.clock.advance(100_000);

    const response = await lab.ask("example.com", "DS");

    expect(response.answer[0]?.ttl).toBe(3_500);
  });

  it("is asked again when what was known has expired", async () => {
    const lab = labValidator();
    await lab.ask("www.example.com", "A");
    lab.clock.advance(3_600_000);
    lab.asked.length = 0;

    await lab.ask("example.com", "DS");

    expect(lab.asked).toContain("example.com. DS");
  });
});
