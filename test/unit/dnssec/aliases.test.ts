/** Wildcards, chains of aliases and DNAMEs in whole responses. `docs/dnssec.md` lists all rules of validation. */
import { describe, expect, it } from "vitest";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { resolve } from "../../lab/authority.ts";
import { buildTree } from "../../lab/tree.ts";
import { matchingOrCovering } from "../../lab/zone-proofs.ts";
import { labZones } from "../../lab/zones.ts";
import { cname, name } from "../../support/records.ts";
import { altered, type LabValidator, labValidator, PERIOD, responseOf, shown } from "./lab-validator.ts";

const NXDOMAIN = 3;
const YXDOMAIN = 6;

describe("a wildcard", () => {
  it("asked for by its own name is a name like any other [D36]", async () => {
    const { ask } = labValidator();

    const response = await ask("*.wild.example.com", "A");

    expect(response.verdict).toBe("secure");
    expect(shown(response.authority)).toEqual([]);
  });

  it("CNAME is good with its proof and bogus without [D36]", async () => {
    const without = altered((_qname, qtype, response) =>
      qtype === Type.A ? { ...response, authority: [] } : response,
    );

    expect((await labValidator().ask("x.cwild.example.com", "A")).verdict).toBe("secure");
    expect((await without.ask("x.cwild.example.com", "A")).verdict).toBe("bogus");
  });

  it.each(["nsec", "nsec3"] as const)(
    "that is an empty non-terminal has no data: %s (RFC 4592 §4.9) [D43]",
    async (kind) => {
      const security = { period: PERIOD, denial: { kind } };
      const tree = buildTree([
        ...labZones(PERIOD),
        { apex: "tlsa.example.", records: ["_25._tcp.* TXT x"], security },
      ]);

      const response = await labValidator({ tree }).ask("any.tlsa.example", "A");

      expect([response.verdict, response.rcode]).toEqual(["secure", 0]);
    },
  );

  it("cannot be a DNAME that was expanded (RFC 6672 §3.3) [D36]", async () => {
    const zone = "wild-dname.example.";
    const tree = buildTree([
      ...labZones(PERIOD),
      { apex: zone, records: ["*.d DNAME example.org."], security: { period: PERIOD } },
    ]);
    const own = tree.zones.get(name(zone))!;
    const lab = labValidator({
      tree,
      onQuery: (query, response) => {
        if (query.question.qname !== name("www.x.d.wild-dname.example") || query.question.qtype !== Type.A)
          return response;
        const set = own.find(name("*.d.wild-dname.example"), Type.DNAME)!;
        return responseOf({
          rcode: 0,
          answer: [
            { ...set, owner: name("x.d.wild-dname.example") },
            ...resolve(tree, { qname: name("www.example.org"), qtype: Type.A, qclass: 1 }).answer,
          ],
          authority: matchingOrCovering(own, name("x.d.wild-dname.example")),
        });
      },
    });

    expect((await lab.ask("www.x.d.wild-dname.example", "A")).verdict).toBe("bogus");
  });
});

describe("a chain of aliases [D37]", () => {
  it.each([
    ["secure all the way", "chain.example.com", "secure"],
    ["insecure by one insecure link at its end", "to-insecure.example.com", "insecure"],
    ["insecure by one insecure link at its start", "to-secure.insecure.example", "insecure"],
    ["bogus by one bogus link", "to-bogus.example.com", "bogus"],
    ["bogus as a circle", "loop1.example.com", "bogus"],
  ])("is %s", async (_how, qname, verdict) => {
    expect((await labValidator().ask(qname, "A")).verdict).toBe(verdict);
  });

  it("from a wildcard into a zone below may need the NSEC of both at the cut (RFC 4035 §3.1.5) [D45]", async () => {
    const tree = buildTree([
      ...labZones(PERIOD),
      { apex: "cut.example.", records: ["* CNAME nope.sub.cut.example."], security: { period: PERIOD } },
      { apex: "sub.cut.example.", records: ["www TXT x"], security: { period: PERIOD } },
    ]);

    const response = await labValidator({ tree }).ask("sud.cut.example", "A");

    const cut = ["sub.cut.example. NSEC", "sub.cut.example. RRSIG(NSEC)"];
    expect([response.verdict, response.rcode]).toEqual(["secure", NXDOMAIN]);
    expect(shown(response.authority).slice(2)).toEqual([...cut, ...cut]);
  });

  it("that the upstream left open is asked for to its end [D38]", async () => {
    const lab = altered((qname, qtype, response) =>
      qname === name("chain.example.com") && qtype === Type.A
        ? { ...response, answer: response.answer.slice(0, 2), authority: [] }
        : response,
    );

    const response = await lab.ask("chain.example.com", "A");

    expect(response.verdict).toBe("secure");
    expect(shown(response.answer)).toContain("www.example.org. A");
    expect(lab.asked).toContain("link1.example.com. A");
  });

  it("that leads to a name answered here asks for nothing of that name", async () => {
    const lab = labValidator({
      isAnsweredHere: ({ qname }) => qname === name("secret.onion"),
      onQuery: ({ question: { qname, qtype } }, response) =>
        qname === name("www.insecure.example") && qtype === Type.A
          ? { ...response, answer: [cname("www.insecure.example", "secret.onion")], authority: [] }
          : response,
    });

    const response = await lab.ask("www.insecure.example", "A");

    expect(response).toMatchObject({ verdict: "insecure", rcode: 0 });
    expect(shown(response.answer)).toEqual(["www.insecure.example. CNAME"]);
    expect(lab.asked.filter((asked) => asked.includes("onion"))).toEqual([]);
  });

  it("is bogus by a bogus link, wherever it leads", async () => {
    const lab = labValidator({
      isAnsweredHere: ({ qname }) => qname === name("secret.onion"),
      onQuery: ({ question: { qname, qtype } }, response) =>
        qname === name("www.example.com") && qtype === Type.A
          ? { ...response, answer: [cname("www.example.com", "secret.onion")], authority: [] }
          : response,
    });

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("bogus");
  });

  it("whose end is denied without SOA is asked for once", async () => {
    const lab = labValidator({
      onQuery: ({ question: { qname, qtype } }, response) =>
        qname === name("www.insecure.example") && qtype === Type.A
          ? { ...response, answer: [cname("www.insecure.example", "gone.insecure.example")], authority: [] }
          : qname === name("gone.insecure.example") && qtype === Type.A
            ? { ...response, rcode: 0, answer: [], authority: [] }
            : response,
    });

    expect(await lab.ask("www.insecure.example", "A")).toMatchObject({ verdict: "insecure", rcode: 0 });
    expect(lab.asked.filter((asked) => asked === "gone.insecure.example. A")).toHaveLength(1);
  });
});

describe("a DNAME [D39]", () => {
  const asked = ["www.tree.example.com", "A"] as const;
  const withCname = (edit: (cname: ResourceRecord) => ResourceRecord[]): LabValidator =>
    altered((qname, _qtype, response) =>
      qname === name(asked[0])
        ? {
            ...response,
            answer: response.answer.flatMap((each) => (each.type === Type.CNAME ? edit(each) : [each])),
          }
        : response,
    );

  it.each([
    ["with the CNAME it makes, which nobody signs", (cname: ResourceRecord) => [cname], "secure"],
    ["without it", () => [], "secure"],
    [
      "with another one",
      (cname: ResourceRecord) => [{ ...cname, rdata: Buffer.from(name("mail.example.org"), "latin1") }],
      "bogus",
    ],
    [
      "with two",
      (cname: ResourceRecord) => [
        cname,
        { ...cname, rdata: Buffer.from(name("mail.example.org"), "latin1") },
      ],
      "bogus",
    ],
  ] as const)("%s", async (_with, edit, verdict) => {
    expect((await withCname(edit as (cname: ResourceRecord) => ResourceRecord[]).ask(...asked)).verdict).toBe(
      verdict,
    );
  });

  it.each(["CNAME", "A"])(
    "alone makes the CNAME that the upstream left out, asked for %s (RFC 6672 §3.1)",
    async (qtype) => {
      const lab = withCname(() => []);

      const response = await lab.ask("www.tree.example.com", qtype);

      expect([response.verdict, response.rcode]).toEqual(["secure", 0]);
      expect(response.answer.filter(({ type }) => type === Type.CNAME)).toEqual([
        {
          owner: name("www.tree.example.com"),
          type: Type.CNAME,
          class: 1,
          ttl: response.answer.find(({ type }) => type === Type.DNAME)?.ttl,
          rdata: Buffer.from(name("www.example.org"), "latin1"),
        },
      ]);
    },
  );

  it.each(["CNAME", "ANY"])(
    "makes a CNAME that answers a question for %s and leads no further (RFC 1034 §3.6.2)",
    async (qtype) => {
      const lab = labValidator();

      const response = await lab.ask("gone.tree.example.com", qtype);

      expect([response.verdict, response.rcode]).toEqual(["secure", 0]);
      expect(shown(response.answer)).toEqual([
        "tree.example.com. DNAME",
        "tree.example.com. RRSIG(DNAME)",
        "gone.tree.example.com. CNAME",
      ]);
      expect(lab.asked.filter((asked) => asked.startsWith("gone.example.org."))).toEqual([]);
    },
  );

  it("does not redirect its own name (RFC 6672 §2.3)", async () => {
    const lab = labValidator();

    expect((await lab.ask("tree.example.com", "A")).verdict).toBe("secure"); // NODATA.
  });

  it("that makes too long a name is proven by itself, as YXDOMAIN", async () => {
    const label = "a".repeat(60);
    const tree = buildTree([
      ...labZones(PERIOD),
      {
        apex: "long.example.",
        records: [`d DNAME ${label}.${label}.example.org.`],
        security: { period: PERIOD },
      },
    ]);
    const { ask } = labValidator({ tree });

    const response = await ask(`${label}.${label}.d.long.example`, "A");

    expect([response.verdict, response.rcode]).toEqual(["secure", YXDOMAIN]);
  });
});
