/**
 * What somebody between the zone and us would try: true signatures in the wrong place, at the wrong time or
 * beside the wrong words. Nothing of it may be secure, and nothing of it may spoil what others ask.
 */
import { describe, expect, it } from "vitest";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import type { Query, Response } from "../../../src/ports/exchange.ts";
import type { Name, ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { parentOf } from "../../../src/wire/names.ts";
import { resolve } from "../../lab/authority.ts";
import { buildTree, type Tree, type TreeSpec } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { matchingOrCovering } from "../../lab/zone-proofs.ts";
import { name } from "../../support/records.ts";
import {
  freshBudget,
  type LabValidator,
  type LabValidatorOptions,
  labValidator,
  PERIOD,
  responseOf,
  shown,
  usualTree,
} from "./lab-validator.ts";

const NXDOMAIN = 3;
const YXDOMAIN = 6;
const DAY = 86_400_000;

/** A parent with a wildcard, and zones below it that its wildcard must not reach into. */
const FAMILY: readonly TreeSpec[] = [
  {
    apex: "family.example.",
    records: ["* A 192.0.2.66", "plain A 192.0.2.67", "www.sub A 192.0.2.68", "www.bare A 192.0.2.69"],
    security: { period: PERIOD },
  },
  { apex: "sub.family.example.", records: ["www A 192.0.2.80"], security: { period: PERIOD } },
  { apex: "bare.family.example.", records: ["www A 192.0.2.80"] },
];

describe("a RCODE that is not what the records say [D48]", () => {
  it.each([
    ["NXDOMAIN beside the data asked for", "www.example.com", "A", NXDOMAIN],
    ["YXDOMAIN beside the data asked for", "www.example.com", "A", YXDOMAIN],
    ["NXDOMAIN at the end of an alias that is there", "alias.example.com", "A", NXDOMAIN],
    ["NXDOMAIN beside a wildcard's data", "any.wild.example.com", "A", NXDOMAIN],
    ["NXDOMAIN beside the CNAME that a DNAME makes", "www.tree.example.com", "CNAME", NXDOMAIN],
  ])("is never secure: %s", async (_what, qname, qtype, rcode) => {
    const lab = altered((query, response) =>
      query.purpose === "client" ? { ...response, rcode } : response,
    );

    expect((await lab.ask(qname, qtype)).verdict).toBe("bogus");
  });

  it("is let through where nothing is signed, as it came", async () => {
    const lab = altered((query, response) =>
      query.purpose === "client" ? { ...response, rcode: NXDOMAIN } : response,
    );

    expect(await lab.ask("www.insecure.com", "A")).toMatchObject({ verdict: "insecure", rcode: NXDOMAIN });
  });
});

describe("true signatures of the parent, put into the zone below [D24]", () => {
  it.each(["sub", "bare"])("do not make its wildcard answer in %s", async (zone) => {
    const tree = familyTree();
    const parent = tree.zones.get(name("family.example"))!;
    const lab = inFamily(tree, `www.${zone}.family.example`, () => {
      const wild = parent.find(name("*.family.example"), Type.A)!;
      const owner = name(`www.${zone}.family.example`);
      return responseOf({
        rcode: 0,
        answer: [{ ...wild, owner }],
        authority: [...matchingOrCovering(parent, name(`${zone}.family.example`))],
      });
    });

    expect((await lab.ask(`www.${zone}.family.example`, "A")).verdict).not.toBe("secure");
  });

  it.each([
    ["sub", "bogus"],
    ["bare", "insecure"],
  ])("do not make old data of the parent's count in %s: %s (RFC 4035 §5.3.1)", async (zone, verdict) => {
    const tree = familyTree();
    const parent = tree.zones.get(name("family.example"))!;
    const lab = inFamily(tree, `www.${zone}.family.example`, () => {
      const own = resolve(tree, { qname: name("plain.family.example"), qtype: Type.A, qclass: 1 }).answer[0]!;
      const set = parent.sign({ ...own, owner: name(`www.${zone}.family.example`) });
      return responseOf({ rcode: 0, answer: [set], authority: [] });
    });
    await lab.ask(`${zone}.family.example`, "DS"); // The cut is known.

    expect((await lab.ask(`www.${zone}.family.example`, "A")).verdict).toBe(verdict);
  });

  it("are seen to be out of place by the cut that is being looked for beside the question", async () => {
    const tree = buildTree(labZones(PERIOD));
    const parent = tree.zones.get(name("com"))!;
    const lab = labValidator({
      tree,
      onQuery: (query, response) => {
        if (query.question.qname !== name("www.example.com") || query.question.qtype !== Type.A)
          return response;
        const own = resolve(tree, { ...query.question }).answer[0]!;
        return responseOf({ rcode: 0, answer: [parent.sign({ ...own })], authority: [] });
      },
    });

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("bogus");
  });

  it("count again once the zone was taken back into its parent: a known cut is looked at afresh", async () => {
    const split = familyTree();
    const merged = buildTree([...labZones(PERIOD), { ...FAMILY[0]!, records: [...FAMILY[0]!.records] }]);
    let tree = split;
    const lab = labValidator({
      tree: split,
      onQuery: (query, response) => (tree === split ? response : responseOf(resolve(tree, query.question))),
    });
    expect((await lab.ask("www.sub.family.example", "A")).verdict).toBe("secure");

    tree = merged;
    lab.clock.advance(60_000);

    expect((await lab.ask("www.sub.family.example", "A")).verdict).toBe("secure");
  });

  it("do not count below a zone that is known to be broken", async () => {
    const tree = familyTree();
    const parent = tree.zones.get(name("family.example"))!;
    const lab = labValidator({
      tree,
      onQuery: (query, response) => {
        const { qname, qtype } = query.question;
        if (qname === name("sub.family.example") && qtype === Type.DNSKEY)
          return withSignatures(response, () => false);
        if (qname !== name("www.sub.family.example") || qtype !== Type.A) return response;
        const own = resolve(tree, query.question).answer[0]!;
        return responseOf({ rcode: 0, answer: [parent.sign({ ...own })], authority: [] });
      },
    });
    await lab.ask("sub.family.example", "DNSKEY");

    expect((await lab.ask("www.sub.family.example", "A")).verdict).toBe("bogus");
  });

  it("count where there is no cut: labels are not zones", async () => {
    const lab = labValidator();
    await lab.ask("b.ent.example.com", "DS");

    expect((await lab.ask("a.b.ent.example.com", "A")).verdict).toBe("secure");
  });

  it("count for what the parent holds at the cut: DS and NSEC [D68]", async () => {
    const lab = labValidator();
    await lab.ask("sub.example.com", "DS");

    expect((await lab.ask("sub.example.com", "DS")).verdict).toBe("secure");
    expect((await lab.ask("sub.example.com", "NSEC")).verdict).toBe("secure");
  });
});

describe("a denial out of place [D48]", () => {
  it("of a name by NSEC3 whose RCODE says that it is not there is bogus where it is", async () => {
    const lab = altered((query, response) =>
      query.purpose === "client" ? { ...response, rcode: NXDOMAIN } : response,
    );

    expect((await lab.ask("b.ent.example.org", "A")).verdict).toBe("bogus");
  });

  it("by NSEC of an empty non-terminal is told as the NODATA it is", async () => {
    const lab = altered((query, response) =>
      query.purpose === "client" ? { ...response, rcode: NXDOMAIN } : response,
    );

    expect(await lab.ask("b.ent.example.com", "A")).toMatchObject({ verdict: "secure", rcode: 0 });
  });

  it("from before the type was there is bogus once its signature has expired", async () => {
    const tree = usualTree();
    const lab = labValidator({ tree });
    expect((await lab.ask("www.example.com", "MX")).verdict).toBe("secure");

    lab.clock.advance(40 * DAY);

    expect((await lab.ask("www.example.com", "MX")).verdict).not.toBe("secure");
  });

  it("that came twice in one message proves as much as once (RFC 2181 §5)", async () => {
    for (const [qname, qtype, rcode] of [
      ["nope.example.com", "A", NXDOMAIN],
      ["nope.example.org", "A", NXDOMAIN],
      ["any.wild.example.com", "A", 0],
      ["unsigned.example.com", "DS", 0],
    ] as const) {
      const lab = altered((_query, response) => ({
        ...response,
        authority: [...response.authority, ...response.authority],
      }));

      expect(await lab.ask(qname, qtype)).toMatchObject({ verdict: "secure", rcode });
    }
  });
});

describe("an unsigned delegation in an opt-out span [D52]", () => {
  // Few names, so that the span that holds the delegation may begin at the wildcard itself.
  const zones = (delegation: string): TreeSpec[] => [
    ...labZones(PERIOD),
    {
      apex: "few.example.",
      records: ['* TXT "wild"'],
      security: { period: PERIOD, denial: { kind: "nsec3", optOut: true } },
    },
    { apex: `${delegation}.few.example.`, records: ["www A 192.0.2.80"] },
  ];

  it("is insecure whatever record covers it, the wildcard's own included", async () => {
    const verdicts = await Promise.all(
      ["a", "b", "c", "d", "e", "f", "g", "h"].map(async (label) => {
        const { ask } = labValidator({ zones: zones(label) });
        return (await ask(`www.${label}.few.example`, "A")).verdict;
      }),
    );

    expect(new Set(verdicts)).toEqual(new Set(["insecure"]));
  });
});

describe("algorithms that were taken away", () => {
  const zones: TreeSpec[] = [
    ...labZones(PERIOD),
    {
      apex: "both.example.",
      records: ["www A 192.0.2.80"],
      security: { period: PERIOD, algorithms: [5, 13] },
    },
  ];

  it("leave data bogus whose only signature left is of an algorithm treated as insecure (RFC 9905) [D22]", async () => {
    const lab = labValidator({
      zones,
      onQuery: (query, response) =>
        query.question.qtype === Type.A ? withSignatures(response, (algorithm) => algorithm === 5) : response,
    });

    expect((await lab.ask("www.both.example", "A")).verdict).toBe("bogus");
  });

  it("leave a zone bogus whose keys are signed by such an algorithm alone", async () => {
    const lab = labValidator({
      zones,
      onQuery: (query, response) =>
        query.question.qtype === Type.DNSKEY && query.question.qname === name("both.example")
          ? withSignatures(response, (algorithm) => algorithm === 5)
          : response,
    });

    expect((await lab.ask("www.both.example", "A")).verdict).toBe("bogus");
  });

  it("are not missed where another one is good (RFC 6840 §5.11) [D22]", async () => {
    const lab = labValidator({
      zones,
      onQuery: (_query, response) => withSignatures(response, (algorithm) => algorithm !== 5),
    });

    expect((await lab.ask("www.both.example", "A")).verdict).toBe("secure");
  });
});

describe("a zone that changes while it is known [D23]", () => {
  it("is validated once it is signed, as soon as the proof that it was not has expired", async () => {
    const signed = buildTree(
      labZones(PERIOD, {}).map((zone) =>
        zone.apex === "insecure.com." ? { ...zone, security: { period: PERIOD } } : zone,
      ),
    );
    let tree = usualTree();
    const lab = labValidator({
      tree,
      onQuery: (query, response) =>
        tree === usualTree() ? response : responseOf(resolve(tree, query.question)),
      anchors: [...usualTree().anchors, ...signed.anchors],
    });
    expect((await lab.ask("www.insecure.com", "A")).verdict).toBe("insecure");

    tree = signed;
    lab.clock.advance(3_600_000);

    expect((await lab.ask("www.insecure.com", "A")).verdict).toBe("secure");
  });

  it("is not insecure because its signatures stopped: that has to be proven anew", async () => {
    let isStripped = false;
    const lab = labValidator({
      onQuery: (_query, response) => (isStripped ? withSignatures(response, () => false) : response),
    });
    expect((await lab.ask("www.example.com", "A")).verdict).toBe("secure");

    isStripped = true;
    lab.clock.advance(2 * DAY);

    expect((await lab.ask("mail.example.com", "A")).verdict).toBe("bogus");
  });

  it("is not secure by keys that were known before their signature expired", async () => {
    const lab = labValidator();
    expect((await lab.ask("www.example.com", "A")).verdict).toBe("secure");

    lab.clock.advance(40 * DAY);

    const verdict = (await lab.ask("www.example.com", "A")).verdict;
    expect(verdict).toBe("bogus");
  });

  describe("under an upstream that raises its TTLs to a day", () => {
    const raised = (): LabValidator =>
      altered(({ question }, response) =>
        question.qtype === Type.DS || question.qtype === Type.DNSKEY ? withTtls(response, 86_400) : response,
      );

    it.each([
      ["secure", "example.net", 3_600],
      ["insecure", "unsigned.example.com", 300],
      ["no-cut", "alias.example.com", 300],
      ["no-cut", "www.example.com", 300],
    ])(
      "is known to be %s no longer than Original TTLs allow: %s (RFC 4035 §5.3.3)",
      async (kind, zone, ttl) => {
        const lab = raised();

        const status = await lab.validator.zones.status(name(zone), freshBudget(lab.clock));

        expect([status.kind, (status.expiresAt - status.settledAt) / 1_000]).toEqual([kind, ttl]);
      },
    );

    it("lends a client its DS records for no longer than it knows them itself", async () => {
      const lab = raised();
      await lab.ask("example.net", "DS");
      lab.clock.advance(3_000_000);

      const response = await lab.ask("example.net", "DS");

      expect(response.verdict).toBe("secure");
      expect(new Set(response.answer.map(({ ttl }) => ttl))).toEqual(new Set([600]));
    });
  });

  it("may be served by an expired signature within the skew, but not be kept [D28]", async () => {
    const lab = labValidator();
    lab.clock.advance(30 * DAY + 3_600_000); // An hour after it expired; 10 % of its validity, a day at most, is forgiven.

    const response = await lab.ask("www.example.com", "A");

    expect([response.verdict, response.maxLifetime]).toEqual(["secure", 0]);
    expect(response.answer.map(({ ttl }) => ttl)).toEqual(response.answer.map(() => 0));
  });
});

describe("a negative trust anchor (RFC 7646) [D7]", () => {
  it.each([
    ["at its own name", "www.example.org"],
    ["through an alias from a secure zone", "chain.example.com"],
    ["through a DNAME from a secure zone", "www.tree.example.com"],
  ])("takes AD away %s", async (_how, qname) => {
    const { ask } = labValidator({ negative: ["example.org"] });

    expect((await ask(qname, "A")).verdict).toBe("insecure");
  });

  it("does not reach above its name: an alias out of it that is altered is caught", async () => {
    const lab = labValidator({
      negative: ["sub.example.com"],
      onQuery: (query, response) =>
        query.question.qname === name("www.example.com") ? withSignatures(response, () => false) : response,
    });

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("bogus");
  });
});

describe("a flight that ran out of work in somebody else's zone", () => {
  const zone = "example.org";

  it.each([
    ["signature checks", { verifications: 4 }],
    ["failures", { failedVerifications: 0 }],
    ["hashes", { nsec3Hashes: 0 }],
    ["queries", { upstreamQueries: 3 }],
  ])("of %s does not spoil that zone for others", async (_what, left) => {
    const lab = labValidator();
    const first = await lab.ask(`to-wild-and-far.${zone}`, "A", { work: { ...FLIGHT_WORK, ...left } });
    expect(first.verdict).not.toBe("secure");

    expect((await lab.ask(`www.${zone}`, "A")).verdict).toBe("secure");
  });
});

describe("records that nobody asked for [D40]", () => {
  it("a CNAME beside the data of its owner is not passed over (RFC 1034 §3.6.2)", async () => {
    const target = Buffer.from(name("mail.example.com"), "latin1");
    const cname = (owner: Name): ResourceRecord => ({
      owner,
      type: Type.CNAME,
      class: 1,
      ttl: 60,
      rdata: target,
    });
    const lab = altered((query, response) =>
      query.question.qtype === Type.A
        ? { ...response, answer: [...response.answer, cname(query.question.qname)] }
        : response,
    );

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("bogus");
  });

  it("one bad RRset among those of ANY makes all of it bogus [D30]", async () => {
    const lab = altered((query, response) =>
      query.question.qtype === Type.ANY
        ? {
            ...response,
            answer: [
              ...response.answer,
              { owner: query.question.qname, type: Type.TXT, class: 1, ttl: 60, rdata: Buffer.from("\x01x") },
            ],
          }
        : response,
    );

    expect((await lab.ask("www.example.com", "ANY")).verdict).toBe("bogus");
  });

  it("unsigned NS records and addresses beside a secure answer are dropped [D41]", async () => {
    const lab = altered((query, response) => ({
      ...response,
      authority: [
        ...response.authority,
        {
          owner: parentOf(query.question.qname),
          type: Type.NS,
          class: 1,
          ttl: 60,
          rdata: Buffer.from(name("ns.evil.example"), "latin1"),
        },
      ],
    }));

    const response = await lab.ask("www.example.com", "A");

    expect(response.verdict).toBe("secure");
    expect(shown(response.authority)).toEqual([]);
  });
});

function altered(edit: (query: Query, response: Response) => Response): LabValidator {
  return labValidator({ onQuery: edit });
}

function familyTree(): Tree {
  return buildTree([...labZones(PERIOD), ...FAMILY]);
}

/** The family's tree, with another answer for the addresses of one name. */
function inFamily(tree: Tree, qname: string, answer: () => Response): LabValidator {
  const options: LabValidatorOptions = {
    tree,
    onQuery: (query, response) =>
      query.question.qname === name(qname) && query.question.qtype === Type.A ? answer() : response,
  };
  return labValidator(options);
}

function withTtls(response: Response, ttl: number): Response {
  const raised = (records: readonly ResourceRecord[]) => records.map((record) => ({ ...record, ttl }));
  return { ...response, answer: raised(response.answer), authority: raised(response.authority) };
}

/** Without the signatures whose algorithm `keeps` does not want. */
function withSignatures(response: Response, keeps: (algorithm: number) => boolean): Response {
  const kept = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.filter((record) => record.type !== Type.RRSIG || keeps(record.rdata[2] ?? 0));
  return { ...response, answer: kept(response.answer), authority: kept(response.authority) };
}
