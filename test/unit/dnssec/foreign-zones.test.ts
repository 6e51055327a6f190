import { describe, expect, it } from "vitest";
import { infoCodes } from "./lab-validator.ts";
import { fixture, zoneValidator } from "./zone-validator.ts";

/** Name, algorithm, and what a denial is in that zone. */
const ZONES = [
  ["bind-5.example", 5, "secure"],
  ["bind-7.example", 7, "secure"],
  ["bind-8.example", 8, "secure"],
  ["bind-10.example", 10, "secure"],
  ["bind-13.example", 13, "secure"],
  ["bind-14.example", 14, "secure"],
  ["bind-15.example", 15, "secure"],
  ["bind-16.example", 16, "secure"],
  ["bind-nsec3-0.example", 13, "secure"],
  ["bind-nsec3-50.example", 13, "secure"],
  ["bind-nsec3-51.example", 13, "insecure"],
  ["bind-optout.example", 13, "insecure"],
  ["ldns-7.example", 7, "secure"],
  ["ldns-8.example", 8, "secure"],
  ["ldns-13.example", 13, "secure"],
  ["ldns-15.example", 15, "secure"],
  ["ldns-optout.example", 13, "insecure"],
] as const;

const NOERROR = 0;
const NXDOMAIN = 3;

/** Questions, RCODE, and whether the verdict is that of a denial with a closest encloser proof. */
const QUESTIONS = [
  ["", "SOA", NOERROR, "secure"],
  ["", "MX", NOERROR, "secure"],
  ["", "DNSKEY", NOERROR, "secure"],
  ["www.", "A", NOERROR, "secure"],
  ["www.", "TXT", NOERROR, "secure"],
  ["alias.", "A", NOERROR, "secure"],
  ["a.b.ent.", "A", NOERROR, "secure"],
  ["x.tree.", "DNAME", NXDOMAIN, "denial"],
  ["cut.", "DS", NOERROR, "secure"],
  ["www.", "MX", NOERROR, "match"],
  ["b.ent.", "A", NOERROR, "match"],
  ["*.wild.", "A", NOERROR, "secure"],
  ["any.wild.", "A", NOERROR, "denial"],
  ["any.wild.", "MX", NOERROR, "denial"],
  ["deep.any.wild.", "A", NOERROR, "denial"],
  ["nope.", "A", NXDOMAIN, "denial"],
  ["x.closer.wild.", "A", NXDOMAIN, "denial"],
] as const;

describe("a zone that BIND or ldns signed [D31]", () => {
  for (const [apex, algorithm, denial] of ZONES) {
    const { zone, anchor } = fixture(`${apex}.zone`, `${apex}.`);

    it(`${apex} is validated through every kind of question`, async () => {
      const { ask } = zoneValidator(zone, anchor);

      const got = [];
      for (const [label, qtype] of QUESTIONS) {
        const response = await ask(label + apex, qtype);
        got.push([label, qtype, response.rcode, response.verdict]);
      }

      const isTooCostly = apex === "bind-nsec3-51.example";
      const expected = QUESTIONS.map(([label, qtype, rcode, verdict]) => [
        label,
        qtype,
        rcode,
        verdict === "denial" || (verdict === "match" && isTooCostly) ? denial : "secure",
      ]);
      expect(got).toEqual(expected);
    });

    it(`${apex} is bogus for each record that is altered by one bit`, async () => {
      const { ask } = zoneValidator(zone, anchor, {
        respond: async ({ question }) => {
          const response = zone.respond(question);
          const [first, ...rest] = response.answer;
          const rdata = Buffer.from(first!.rdata);
          rdata[rdata.length - 1]! ^= 1;
          return { ...response, answer: [{ ...first!, rdata }, ...rest] };
        },
      });

      const verdicts = [];
      for (const [label, qtype] of [
        ["www.", "A"],
        ["www.", "TXT"],
        ["", "MX"],
        ["a.b.ent.", "A"],
      ] as const) {
        verdicts.push((await ask(label + apex, qtype)).verdict);
      }

      expect(verdicts).toEqual(["bogus", "bogus", "bogus", "bogus"]);
    });

    if (algorithm === 5 || algorithm === 7) {
      it(`${apex} is insecure where SHA-1 is not trusted (RFC 9905)`, async () => {
        const { ask } = zoneValidator(zone, anchor, { insecureAlgorithms: [5, 7] });

        const response = await ask(`www.${apex}`, "A");

        expect([response.verdict, ...infoCodes(response)]).toEqual(["insecure", 1]);
      });
    }
  }

  it("of RSA keys shorter than asked for is insecure", async () => {
    const { zone, anchor } = fixture("bind-8.example.zone", "bind-8.example.");
    const { ask } = zoneValidator(zone, anchor, { minRsaBits: 2_048 });

    const response = await ask("www.bind-8.example", "A");

    expect([response.verdict, ...infoCodes(response)]).toEqual(["insecure", 1]);
  });

  it("of more NSEC3 iterations than usual is secure where they are allowed [D50]", async () => {
    const { zone, anchor } = fixture("bind-nsec3-51.example.zone", "bind-nsec3-51.example.");
    const { ask } = zoneValidator(zone, anchor, { nsec3MaxIterations: 51 });

    expect((await ask("nope.bind-nsec3-51.example", "A")).verdict).toBe("secure");
  });
});
