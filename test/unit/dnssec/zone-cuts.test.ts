/** Where zones are cut, and what DS and DNSKEY answers say of it. `docs/dnssec.md` lists all rules of validation. */
import { describe, expect, it } from "vitest";
import { Type } from "../../../src/wire/codes.ts";
import type { RRset } from "../../lab/signer.ts";
import { buildTree, type Tree } from "../../lab/tree.ts";
import type { ZoneSecurity } from "../../lab/zone.ts";
import { labZones } from "../../lab/zones.ts";
import { matchingOrCovering } from "../../lab/zone-proofs.ts";
import { name } from "../../support/records.ts";
import { address, altered, freshBudget, labValidator, PERIOD, responseOf } from "./lab-validator.ts";

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
