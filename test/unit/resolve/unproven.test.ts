/**
 * Conclusions are drawn from the signature that holds, never from another that stands beside it: a validator takes an RRset
 * when any of its RRSIGs is good (RFC 6840 §5.4), and the others may say anything.
 *
 * Source: RFC 8198 §5, RFC 4035 §5.3.
 */
import { beforeEach, describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Synthesis } from "../../../src/resolve/synthesis.ts";
import { Rcode, Type } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { typeBitmap } from "../../lab/denial.ts";
import { type RrsigFields, rrsigRdata } from "../../lab/signer.ts";
import { buildTree } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { name, question } from "../../support/records.ts";
import { type LabValidator, labValidator, PERIOD, responseOf } from "../dnssec/lab-validator.ts";

/** The zone of somebody who would speak for others. */
const tree = buildTree([
  ...labZones(PERIOD),
  {
    apex: "evil.com.",
    records: ["* A 203.0.113.66", "*.w CNAME other", "other A 203.0.113.7"],
    security: { period: PERIOD },
  },
]);
const evil = tree.zones.get(name("evil.com"))!;
const wildcard = evil.find(name("*.evil.com"), Type.A)!;

interface SignedSet {
  readonly owner: ReturnType<typeof name>;
  readonly type: number;
  readonly ttl: number;
  readonly rdatas: readonly Buffer[];
}

function signature(set: SignedSet, fields: RrsigFields = {}): Buffer {
  return rrsigRdata(set, evil.keys.zsk[0]!, { ...PERIOD, signer: evil.apex }, fields);
}

function nsecOf(owner: string, next: string): SignedSet {
  const rdata = Buffer.concat([
    Buffer.from(name(next), "latin1"),
    typeBitmap([Type.TXT, Type.RRSIG, Type.NSEC]),
  ]);
  return { owner: name(owner), type: Type.NSEC, ttl: 300, rdatas: [rdata] };
}

let lab: LabValidator;
let synthesis: Synthesis;
/** What the upstream says instead. */
let forged: Map<string, (response: Response) => Response>;

beforeEach(() => {
  forged = new Map();
  lab = labValidator({
    tree,
    onQuery: ({ question: { qname } }, response) => forged.get(qname)?.(response) ?? response,
  });
  synthesis = new Synthesis({ maxOctets: 1 << 20, maxTtl: 900, isExempt: () => false }, lab.clock);
});

async function learn(qname: string, qtype = "A"): Promise<Response> {
  const response = await lab.ask(qname, qtype);
  expect(response.verdict).toBe("secure");
  synthesis.learn(response);
  return response;
}

describe("what is concluded from a secure response (RFC 8198 §5) [D57]", () => {
  it.each([
    ["before", true],
    ["behind", false],
  ])(
    "is of the zone that signed it, whatever an RRSIG says that stands %s the good one",
    async (_, isAhead) => {
      const expanded = { ...wildcard, owner: name("b.evil.com") };
      const nsec = nsecOf("a.evil.com", "zzzz.com");
      const beside = (good: Buffer[], other: Buffer): Buffer[] =>
        isAhead ? [other, ...good] : [...good, other];
      forged.set(name("b.evil.com"), () =>
        responseOf({
          rcode: Rcode.NOERROR,
          answer: [
            {
              ...expanded,
              signatures: beside([...wildcard.signatures], signature(expanded, { signer: ROOT, labels: 1 })),
            },
          ],
          authority: [{ ...nsec, signatures: beside([signature(nsec)], signature(nsec, { signer: ROOT })) }],
        }),
      );

      await learn("foo.nonexistent");
      await learn("b.evil.com");

      for (const victim of ["www.example.com", "example.com", "login.insecure.com"])
        expect(synthesis.answer(question(victim))).toBeUndefined();
    },
  );

  it("denies nothing of another zone", async () => {
    const nsec = nsecOf("nodata.evil.com", "x.www.example.com");
    forged.set(name("nodata.evil.com"), () =>
      responseOf({
        rcode: Rcode.NOERROR,
        answer: [],
        authority: [evil.soa, { ...nsec, signatures: [signature(nsec, { signer: ROOT }), signature(nsec)] }],
      }),
    );

    await learn("foo.nonexistent");
    await learn("nodata.evil.com");

    expect(synthesis.answer(question("www.example.com"))).toBeUndefined();
    expect(synthesis.answer(question("ftp.www.example.com"))).toBeUndefined();
  });

  it("makes no wildcard of a name by a copy of its RRSIG with fewer labels", async () => {
    const withCopy = (record: ResourceRecord, signatureOfA: ResourceRecord): ResourceRecord[] => {
      const rdata = Buffer.from(signatureOfA.rdata);
      rdata[3] = 2; // Labels
      return [record, { ...signatureOfA, rdata }];
    };
    forged.set(name("x.w.evil.com"), (response) => {
      const signatureOfA = response.answer.find(
        ({ type, rdata }) => type === Type.RRSIG && rdata[1] === Type.A,
      )!;
      const answer = response.answer.flatMap((record) =>
        record.type === Type.A ? withCopy(record, signatureOfA) : [record],
      );
      return { ...response, answer };
    });

    await learn("foo.evil.com", "TXT");
    await learn("x.w.evil.com");

    // The wildcard's own data is not known: only the NSEC record at it is.
    expect(synthesis.answer(question("bar.evil.com"))).toBeUndefined();
  });

  it("is, of what a wildcard was expanded to, that wildcard's data", async () => {
    await learn("foo.evil.com", "TXT");
    await learn("one.evil.com");

    expect(synthesis.answer(question("onf.evil.com"))?.answer[0]?.rdata).toEqual(Buffer.of(203, 0, 113, 66));
  });
});

describe("a name below a trust anchor of its own (RFC 6840 §5.10) [D57]", () => {
  it("is denied by nothing from above that anchor", async () => {
    await learn("foo.nonexistent");
    expect(synthesis.answer(question("www.nonexistenu"))?.rcode).toBe(Rcode.NXDOMAIN);

    synthesis.trustFrom((qname) => (qname.endsWith(name("nonexistenu")) ? name("nonexistenu") : ROOT));

    expect(synthesis.answer(question("www.nonexistenu"))).toBeUndefined();
    expect(synthesis.answer(question("www.nonexistenv"))?.rcode).toBe(Rcode.NXDOMAIN);
  });
});
