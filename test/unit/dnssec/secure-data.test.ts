/** What of an answer is secure, for how long, and what is left out or claimed nothing of. `docs/dnssec.md` lists all rules of validation. */
import { describe, expect, it } from "vitest";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { buildTree } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { name } from "../../support/records.ts";
import { altered, freshBudget, labValidator, PERIOD, queryFor, responseOf } from "./lab-validator.ts";

const NXDOMAIN = 3;

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
