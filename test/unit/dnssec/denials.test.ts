/** Denials, and the proofs that a wildcard's answer needs. `docs/dnssec.md` lists all rules of validation. */
import { describe, expect, it } from "vitest";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { resolve } from "../../lab/authority.ts";
import { buildTree, type TreeSpec } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { matchingOrCovering } from "../../lab/zone-proofs.ts";
import { name } from "../../support/records.ts";
import { altered, infoCodes, labValidator, PERIOD, responseOf, usualTree } from "./lab-validator.ts";

const NXDOMAIN = 3;

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
