/** Rules of validation that show in a whole response only, each alone. `docs/dnssec.md` lists all of them. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { schemeOf } from "../../../src/dnssec/algorithms.ts";
import { isSignatureOf, verifiesHere } from "../../../src/dnssec/public-key.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import type { Name, ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { resolve } from "../../lab/authority.ts";
import type { RRset } from "../../lab/signer.ts";
import { buildTree, type Tree, type TreeSpec } from "../../lab/tree.ts";
import type { ZoneSecurity } from "../../lab/zone.ts";
import { labZones } from "../../lab/zones.ts";
import { matchingOrCovering } from "../../lab/zone-proofs.ts";
import { cname, name } from "../../support/records.ts";
import {
  freshBudget,
  infoCodes,
  type LabValidator,
  labValidator,
  PERIOD,
  queryFor,
  responseOf,
  shown,
  usualTree,
} from "./lab-validator.ts";

const NXDOMAIN = 3;
const YXDOMAIN = 6;

describe("where zones are cut [D16]", () => {
  it("is not at a CNAME: its name is data of the zone above", async () => {
    const lab = labValidator();
    await lab.ask("alias.example.com", "DS");

    expect((await lab.ask("alias.example.com", "A")).verdict).toBe("secure");
    expect(lab.validator.zones.known(name("alias.example.com"))?.kind).toBe("no-cut");
  });

  it("is not below a DNAME either", async () => {
    const lab = labValidator();
    await lab.validator.zones.status(name("www.tree.example.com"), freshBudget(lab.clock));

    expect(lab.validator.zones.known(name("www.tree.example.com"))?.kind).toBe("no-cut");
  });

  it("is not below a name that is proven absent: unsigned data there is bogus", async () => {
    const lab = altered((qname, qtype, response) =>
      qname === name("www.nope.example.com") && qtype === Type.A
        ? { ...response, rcode: 0, answer: [address(qname)], authority: [] }
        : response,
    );

    expect((await lab.ask("www.nope.example.com", "A")).verdict).toBe("bogus");
  });
});

describe("an alias that a wildcard made, where DS was asked for", () => {
  const tree = (denial: ZoneSecurity["denial"]): Tree =>
    buildTree([
      ...labZones(PERIOD),
      {
        apex: "wild-cut.example.",
        records: ["*.c CNAME www.example.org.", "*.d DNAME example.org."],
        security: { period: PERIOD, ...(denial && { denial }) },
      },
      { apex: "sub.c.wild-cut.example.", records: [] },
    ]);
  const nsec = tree({ kind: "nsec" });
  const optOut = tree({ kind: "nsec3", optOut: true });

  const statusOf = async (of: Tree, qname: string, alias: { owner: string; proof: readonly RRset[] }) => {
    const wildcard = name(`*.${alias.owner.slice(alias.owner.indexOf(".") + 1)}`);
    const set = of.zones.get(name("wild-cut.example"))!.typesAt(wildcard)[0]!;
    const lab = labValidator({
      tree: of,
      onQuery: ({ question }, response) =>
        question.qname === name(qname) && question.qtype === Type.DS
          ? responseOf({ rcode: 0, answer: [{ ...set, owner: name(alias.owner) }], authority: alias.proof })
          : response,
    });
    return lab.validator.zones.status(name(qname), freshBudget(lab.clock));
  };
  const proofIn = (of: Tree, owner: string): RRset[] =>
    matchingOrCovering(of.zones.get(name("wild-cut.example"))!, name(owner));

  it("hides no delegation: without proof of its expansion it shows nothing (RFC 4035 §5.3.4) [D16]", async () => {
    const owner = "sub.c.wild-cut.example";
    for (const proof of [[], proofIn(nsec, owner)]) {
      expect(await statusOf(nsec, owner, { owner, proof })).toMatchObject({
        kind: "bogus",
        part: "ds",
        reason: "wildcard-unproven",
      });
    }
  });

  it("shows with that proof that there is no zone cut [D16]", async () => {
    const owner = "x.c.wild-cut.example";

    const status = await statusOf(nsec, owner, { owner, proof: proofIn(nsec, owner) });

    expect(status).toMatchObject({ kind: "no-cut", exists: true });
  });

  it("leaves room for an unsigned delegation in an opt-out span (RFC 5155 §9.2) [D35]", async () => {
    const owner = "sub.c.wild-cut.example";

    const status = await statusOf(optOut, owner, { owner, proof: proofIn(optOut, owner) });

    expect(status).toMatchObject({ kind: "insecure", cut: name(owner) });
  });

  it("is refused as a DNAME (RFC 6672 §3.3) [D36]", async () => {
    const owner = "x.d.wild-cut.example";

    const status = await statusOf(nsec, `www.${owner}`, { owner, proof: proofIn(nsec, owner) });

    expect(status).toMatchObject({ kind: "bogus", part: "ds", reason: "signature-misplaced" });
  });
});

describe("a DS record that a wildcard makes (RFC 4592 §4.2)", () => {
  it("delegates nothing, signed as it is: what is there is bogus [D36]", async () => {
    const tree = buildTree(
      labZones(PERIOD, { "example.": [`*.wild-ds DS \\# 36 30390d02${"07".repeat(32)}`] }),
    );
    const lab = labValidator({ tree });

    const status = await lab.validator.zones.status(name("any.wild-ds.example"), freshBudget(lab.clock));

    expect(status).toMatchObject({ kind: "bogus", part: "ds", reason: "signature-misplaced" });
  });
});

describe("keys of a zone [D20]", () => {
  it("that are all too short for the policy leave it insecure (EDE 1)", async () => {
    const { ask } = labValidator({ options: { minRsaBits: 2_048 } });

    const response = await ask("www.rsasha512.example", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["insecure", 1]);
  });

  it.each([
    ["the key that its DS names signed them", "signed", "secure"],
    ["only a key without DS signed them", "by-other", "bogus"],
    ["the key that its DS names is not there", "absent", "bogus"],
  ] as const)("count where %s: %s is %s", async (_when, kind, verdict) => {
    const tree = usualTree();
    const zone = tree.zones.get(name("rsasha256.example"))!; // Keys of its own for data and for keys.
    const lab = altered((qname, qtype, response) => {
      if (kind === "signed" || qname !== zone.apex || qtype !== Type.DNSKEY) return response;
      const [ksk] = zone.keys.ksk;
      const isOfKsk = (record: ResourceRecord): boolean =>
        record.type === Type.RRSIG
          ? Buffer.from(record.rdata).readUInt16BE(16) === ksk?.tag
          : Buffer.compare(record.rdata, ksk?.rdata ?? Buffer.alloc(0)) === 0;
      const kept = response.answer.filter(
        (record) => !isOfKsk(record) || (kind === "by-other" && record.type !== Type.RRSIG),
      );
      return { ...response, answer: kept };
    });

    expect((await lab.ask("www.rsasha256.example", "A")).verdict).toBe(verdict);
  });
});

describe("DS records of a zone", () => {
  it("that name no key of it do not count among the eight that are considered [D29]", async () => {
    const absent = Array.from({ length: 20 }, (_, i) => `00${(16 + i).toString(16)}0d02${"07".repeat(32)}`);
    const { ask } = labValidator({
      zones: [
        ...labZones(PERIOD),
        {
          apex: "many-ds.example.",
          records: ["www A 192.0.2.80"],
          security: { period: PERIOD },
          ds: (zone) => [...absent.map((hex) => `many-ds.example. DS \\# 36 ${hex}`), ...zone.dsLines()],
        },
      ],
    });

    expect((await ask("www.many-ds.example", "A")).verdict).toBe("secure");
  });
});

describe("TTLs of secure data", () => {
  it("are the least of the record's, the RRSIG's, the original and what is left until the signature expires [D28]", async () => {
    const days = 86_400;
    for (const [advance, record, rrsig, expected] of [
      [0, 300, 300, 300],
      [0, 86_400, 86_400, 300], // Original TTL: 300.
      [0, 200, 300, 200],
      [0, 300, 100, 100],
      [30 * days - 60, 300, 300, 60],
    ] as const) {
      const lab = altered((_qname, qtype, response) =>
        qtype === Type.A
          ? {
              ...response,
              answer: response.answer.map((each) => ({
                ...each,
                ttl: each.type === Type.RRSIG ? rrsig : record,
              })),
            }
          : response,
      );
      lab.clock.advance(advance * 1_000);

      const response = await lab.ask("www.example.com", "A");

      expect(response.verdict).toBe("secure");
      expect(new Set(response.answer.map(({ ttl }) => ttl))).toEqual(new Set([expected]));
    }
  });
});

describe("records that came twice (RFC 2181 §5)", () => {
  const twice = (records: readonly ResourceRecord[]) => [...records, ...records];

  it.each([
    ["secure", "www.example.com", "A"],
    ["insecure", "www.insecure.com", "A"],
    ["secure", "chain.example.com", "A"],
    ["secure", "www.tree.example.com", "A"],
    ["secure", "nope.example.org", "A"],
    ["secure", "example.com", "DNSKEY"],
  ])("go on once, %s as they are: %s %s [D40]", async (verdict, qname, qtype) => {
    for (const isWarm of [false, true]) {
      const lab = altered((_qname, _qtype, response) => ({
        ...response,
        answer: twice(response.answer),
        authority: twice(response.authority),
      }));
      if (isWarm) await lab.ask(qname, qtype);

      const response = await lab.ask(qname, qtype);
      const once = await labValidator().ask(qname, qtype);

      expect(response.verdict).toBe(verdict);
      expect(response.answer).toEqual(once.answer);
      expect(response.authority).toEqual(once.authority);
    }
  });
});

describe("ANY", () => {
  it("is validated up to 24 RRsets; what is past them is dropped [D30]", async () => {
    const zone = "many.example.";
    const records = Array.from({ length: 40 }, (_, i) => `www TYPE${65_300 + i} \\# 1 01`);
    const tree = buildTree([...labZones(PERIOD), { apex: zone, records, security: { period: PERIOD } }]);
    const sets = tree.zones.get(name(zone))!.typesAt(name("www.many.example"));
    const lab = labValidator({
      tree,
      onQuery: (query, response) =>
        query.question.qtype === Type.ANY ? responseOf({ rcode: 0, answer: sets, authority: [] }) : response,
    });

    const response = await lab.ask("www.many.example", "ANY");

    expect(sets.length).toBeGreaterThan(24);
    expect(response.verdict).toBe("secure");
    expect(response.answer.filter(({ type }) => type !== Type.RRSIG)).toHaveLength(24);
  });
});

describe("an algorithm that this build of OpenSSL does not verify with [D33]", () => {
  it("is told from those it does, of which there are all", () => {
    expect(Array.from({ length: 256 }, (_, algorithm) => algorithm).filter(verifiesHere)).toEqual([
      5, 7, 8, 10, 13, 14, 15, 16,
    ]);
  });

  it("makes its zones insecure (EDE 1), as one that policy forbids", async () => {
    const { ask } = labValidator({ options: { insecureAlgorithms: [8] } });

    const response = await ask("www.rsasha256.example", "A");

    expect([response.verdict, infoCodes(response)]).toEqual(["insecure", [1]]);
  });

  it("throws nothing: what OpenSSL refuses is no signature", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const scheme = schemeOf(15)!; // No hash of its own, which an EC key refuses.
    const key = {
      scheme: { ...scheme, hash: "md-none" },
      key: publicKey,
      input: publicKey,
      signatureOctets: 4,
    };

    expect(isSignatureOf(key as never, Buffer.alloc(1), Buffer.alloc(4))).toBe(false);
  });
});

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

describe("a denial", () => {
  it("needs no SOA record; one that is there must be signed well [D47]", async () => {
    const isSoa = (record: ResourceRecord): boolean =>
      record.type === Type.SOA || (record.type === Type.RRSIG && record.rdata[1] === Type.SOA);
    const without = altered((_qname, qtype, response) =>
      qtype === Type.A
        ? { ...response, authority: response.authority.filter((record) => !isSoa(record)) }
        : response,
    );
    const bad = altered((_qname, qtype, response) =>
      qtype === Type.A
        ? {
            ...response,
            authority: response.authority.map((record) =>
              record.type === Type.SOA
                ? { ...record, rdata: Buffer.from(record.rdata).fill(9, record.rdata.length - 4) }
                : record,
            ),
          }
        : response,
    );

    expect((await without.ask("nope.example.com", "A")).verdict).toBe("secure");
    expect((await bad.ask("nope.example.com", "A")).verdict).toBe("bogus");
  });

  it("rests on records of one zone: those of another beside them prove nothing [D47]", async () => {
    const lab = altered((qname, qtype, response) =>
      qname === name("nope.example.com") && qtype === Type.A
        ? {
            ...response,
            authority: responseOf(resolve(usualTree(), { qname: name("nope.net"), qtype, qclass: 1 }))
              .authority,
          }
        : response,
    );

    expect((await lab.ask("nope.example.com", "A")).verdict).toBe("bogus");
  });

  it("is not made by an NSEC that a wildcard was expanded to [D46]", async () => {
    const tree = usualTree();
    const zone = tree.zones.get(name("example.com"))!;
    const [wild] = matchingOrCovering(zone, name("*.wild.example.com"));
    const lab = altered((qname, qtype, response) =>
      qname === name("any.wild.example.com") && qtype === Type.MX
        ? {
            ...response,
            authority: responseOf({
              rcode: 0,
              answer: [],
              authority: [zone.soa, { ...wild!, owner: name("any.wild.example.com") }],
            }).authority,
          }
        : response,
    );

    expect((await lab.ask("any.wild.example.com", "MX")).verdict).toBe("bogus");
  });

  it("may hold NSEC and NSEC3: one complete proof of either is enough [D54]", async () => {
    const zones: TreeSpec[] = labZones(PERIOD);
    const other = buildTree(
      zones.map((zone) =>
        zone.apex === "example.com."
          ? { ...zone, security: { period: PERIOD, denial: { kind: "nsec3" } } }
          : zone,
      ),
    );
    const lab = altered((qname, qtype, response) => {
      if (qname !== name("nope.example.com") || qtype !== Type.A) return response;
      const nsec3 = responseOf(resolve(other, { qname, qtype, qclass: 1 })).authority;
      return { ...response, authority: [...nsec3.slice(2), ...response.authority] };
    });

    expect((await lab.ask("nope.example.com", "A")).verdict).toBe("secure");
  });

  it.each([
    ["nope.iterations50.example", "secure", []],
    ["nope.iterations51.example", "insecure", [27]],
    ["nope.iterations501.example", "bogus", [27, 6]],
  ])(
    "by %s is %s: more NSEC3 iterations than allowed prove nothing (RFC 9276 §3.2) [D50]",
    async (qname, verdict, codes) => {
      const response = await labValidator().ask(qname, "A");

      expect([response.verdict, response.rcode, infoCodes(response)]).toEqual([verdict, NXDOMAIN, codes]);
    },
  );
});

describe("a wildcard's answer in an opt-out span [D35]", () => {
  it("is insecure: an unsigned delegation may stand closer (RFC 5155 §9.2)", async () => {
    const zones: TreeSpec[] = [
      ...labZones(PERIOD),
      {
        apex: "wide.example.",
        records: ["*.w A 192.0.2.1", "a A 192.0.2.2"],
        security: { period: PERIOD, denial: { kind: "nsec3", optOut: true } },
      },
    ];

    expect((await labValidator({ zones }).ask("x.w.wide.example", "A")).verdict).toBe("insecure");
  });
});

describe("a wildcard's answer whose proof asks for too much hashing", () => {
  it.each([
    ["any.wild.iterations51.example", "insecure", [27]],
    ["any.wild.iterations501.example", "bogus", [27, 6]],
  ])("is as good as that proof: %s is %s", async (qname, verdict, codes) => {
    const response = await labValidator().ask(qname, "A");

    expect([response.verdict, infoCodes(response)]).toEqual([verdict, codes]);
  });
});

describe("what comes with DS and DNSKEY", () => {
  it("is left aside where it is of another class or type", async () => {
    const lab = altered((qname, qtype, response) => {
      if (qtype !== Type.DS && qtype !== Type.DNSKEY) return response;
      const foreign = [...response.answer, ...response.authority].map((record) => ({ ...record, class: 3 }));
      return {
        ...response,
        answer: [...foreign, ...response.answer, address(qname)],
        authority: [...foreign, ...response.authority, address(qname)],
      };
    });

    expect((await lab.ask("www.example.com", "A")).verdict).toBe("secure");
    expect((await lab.ask("www.unsigned.example.com", "A")).verdict).toBe("insecure");
  });

  it("makes no name a part of the zone above by an alias that nobody signed", async () => {
    const target = Buffer.from(name("www.example.com"), "latin1");
    const lab = altered((owner, qtype, response) =>
      owner === name("sub.example.com") && qtype === Type.DS
        ? {
            ...response,
            answer: [{ owner, type: Type.CNAME, class: 1, ttl: 60, rdata: target }],
            authority: [],
          }
        : response,
    );

    expect((await lab.ask("www.sub.example.com", "A")).verdict).toBe("bogus");
  });
});

describe("another class than IN", () => {
  it("has no chain of trust: nothing is claimed of it", async () => {
    const lab = labValidator();
    const query = queryFor("version.bind", "TXT");
    const question = { ...query.question, qclass: 3 };

    const response = await lab.validator.exchange({ ...query, question }, freshBudget(lab.clock));

    expect(response.verdict).not.toBe("secure");
  });
});

describe("a name with a meaning for others [D71]", () => {
  it.each(["root-key-sentinel-is-ta-20326", "_ta-4f66"])(
    "%s has none here: no key of ours is told to whoever asks (RFC 8509, RFC 8145)",
    async (label) => {
      const lab = labValidator();

      const response = await lab.ask(`${label}.example.com`, "A");

      expect([response.verdict, response.rcode]).toEqual(["secure", NXDOMAIN]);
      expect(lab.asked.filter((question) => question.includes("_ta-"))).toHaveLength(
        label === "_ta-4f66" ? 1 : 0,
      );
    },
  );
});

function altered(edit: (qname: Name, qtype: number, response: Response) => Response): LabValidator {
  return labValidator({
    onQuery: ({ question }, response) => edit(question.qname, question.qtype, response),
  });
}

function address(owner: Name): ResourceRecord {
  return { owner, type: Type.A, class: 1, ttl: 60, rdata: Buffer.from([192, 0, 2, 66]) };
}
