import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { infoCodes, labValidator, shown } from "./lab-validator.ts";

const NOERROR = 0;
const NXDOMAIN = 3;

/** QNAME, QTYPE, RCODE and INFO-CODEs. */
type Row = readonly [string, string, number, ...number[]];

const SECURE: readonly Row[] = [
  ["www.example.com", "A", NOERROR],
  ["www.example.com", "TXT", NOERROR],
  ["nope.example.com", "A", NXDOMAIN],
  ["any.wild.example.com", "A", NOERROR],
  ["any.wild.example.com", "MX", NOERROR],
  ["ent.example.com", "A", NOERROR],
  ["b.ent.example.com", "A", NOERROR],
  ["deep.a.b.ent.example.com", "A", NXDOMAIN],
  ["www.example.org", "A", NOERROR],
  ["nope.example.org", "A", NXDOMAIN],
  ["any.wild.example.org", "A", NOERROR],
  ["any.wild.example.org", "MX", NOERROR],
  ["b.ent.example.org", "A", NOERROR],
  ["alias.example.com", "A", NOERROR],
  ["alias.example.com", "CNAME", NOERROR],
  ["chain.example.com", "A", NOERROR],
  ["to-nothing.example.com", "A", NXDOMAIN],
  ["to-wild.example.com", "A", NOERROR],
  ["x.cwild.example.com", "A", NOERROR],
  ["www.tree.example.com", "A", NOERROR],
  ["www.tree.example.com", "CNAME", NOERROR],
  ["tree.example.com", "DNAME", NOERROR],
  ["www.sub.example.com", "A", NOERROR],
  ["example.com", "DS", NOERROR],
  ["sub.example.com", "DS", NOERROR],
  ["unsigned.example.com", "DS", NOERROR],
  ["www.example.com", "DS", NOERROR],
  ["example.com", "DNSKEY", NOERROR],
  ["www.example.com", "DNSKEY", NOERROR],
  [".", "DNSKEY", NOERROR],
  [".", "DS", NOERROR],
  [".", "NS", NOERROR],
  ["nope", "A", NXDOMAIN],
  ["www.rsasha256.example", "A", NOERROR],
  ["www.rsasha512.example", "A", NOERROR],
  ["www.ecdsa384.example", "A", NOERROR],
  ["www.ed25519.example", "A", NOERROR],
  ["www.ed448.example", "A", NOERROR],
  ["www.two-algorithms.example", "A", NOERROR],
  ["nope.salted.example", "A", NXDOMAIN],
  ["nope.iterations50.example", "A", NXDOMAIN],
  ["www.iterations51.example", "A", NOERROR],
  ["www.secure.optout.example", "A", NOERROR],
  ["big.example.com", "TXT", NOERROR],
  ["odd.example.com", "TYPE65280", NOERROR],
  ["www.example.com", "HTTPS", NOERROR],
  ["www.example.com", "ANY", NOERROR],
  ["80.2.0.192.in-addr.arpa", "PTR", NOERROR],
];

const INSECURE: readonly Row[] = [
  ["www.insecure.com", "A", NOERROR],
  ["nope.insecure.com", "A", NXDOMAIN],
  ["insecure.com", "DS", NOERROR],
  ["nope.com", "A", NXDOMAIN],
  ["www.unsigned.example.com", "A", NOERROR],
  ["nope.unsigned.example.com", "A", NXDOMAIN],
  ["to-insecure.example.com", "A", NOERROR],
  ["to-secure.insecure.example", "A", NOERROR],
  ["www.tree.insecure.example", "A", NOERROR],
  ["www.insecure.optout.example", "A", NOERROR],
  ["www.deep.under.optout.example", "A", NOERROR],
  ["nope.optout.example", "A", NXDOMAIN],
  ["www.island.example", "A", NOERROR],
  ["www.rsasha1.example", "A", NOERROR, 1],
  ["www.rsasha1-nsec3.example", "A", NOERROR, 1],
  ["www.unknown-algorithm.example", "A", NOERROR, 1],
  ["www.unknown-digest.example", "A", NOERROR, 2],
  ["nope.iterations51.example", "A", NXDOMAIN, 27],
  ["www.example.com", "RRSIG", NOERROR],
];

const BOGUS: readonly Row[] = [
  ["www.expired.example", "A", NOERROR, 7, 6],
  ["to-bogus.example.com", "A", NOERROR, 7, 6],
  ["www.future.example", "A", NOERROR, 8, 6],
  ["www.wrong-ds.example", "A", NOERROR, 9, 6],
  ["www.stripped.example", "A", NOERROR, 9, 6],
  ["nope.iterations501.example", "A", NXDOMAIN, 27, 6],
  ["loop1.example.com", "A", NOERROR, 0, 6],
];

async function expectVerdict(verdict: string, [qname, qtype, rcode, ...codes]: Row): Promise<void> {
  const { ask } = labValidator();

  const response = await ask(qname, qtype);

  expect([response.verdict, response.rcode, ...infoCodes(response)]).toEqual([verdict, rcode, ...codes]);
}

describe("a response whose chain of trust is complete (RFC 4033 §5)", () => {
  for (const row of SECURE) {
    it(`${row[0]} ${row[1]} is secure`, () => expectVerdict("secure", row));
  }
});

describe("a response below a proven end of the chain (RFC 4035 §5.2) [D17, D53, D67]", () => {
  for (const row of INSECURE) {
    it(`${row[0]} ${row[1]} is insecure`, () => expectVerdict("insecure", row));
  }
});

describe("a response that should be signed and is not, or not well (RFC 4035 §5.5) [D66]", () => {
  for (const row of BOGUS) {
    it(`${row[0]} ${row[1]} is bogus`, () => expectVerdict("bogus", row));
  }
});

describe("a judged response", () => {
  it.each([
    ["www.example.com", "nope.example.com", "nope.example.org"],
    ["any.wild.example.com", "b.ent.example.com", "sub.example.com"],
  ])("of %s, %s or %s has proven what its authority section is made of", async (...names) => {
    const { ask } = labValidator({ onQuery: (_query, response) => longer(response) });
    for (const each of names) {
      const { authority, proven = [] } = await ask(each, "A");
      const proofs = proven.filter(({ wildcard }) => wildcard === undefined);

      expect(proofs.flatMap(({ rrset }) => [...rrset.records, ...rrset.signatures])).toEqual(authority);
      // RFC 4035 §5.3.3: not longer than its signature says.
      for (const { ttl } of authority) expect(ttl).toBeLessThanOrEqual(3_600);
    }
  });

  it("holds the answer and its signatures only [D40]", async () => {
    const { ask } = labValidator({
      onQuery: (_query, response) => ({
        ...response,
        answer: [
          ...response.answer,
          ...response.answer.map((record) => ({ ...record, owner: "\x04evil\0" as never })),
        ],
      }),
    });

    const response = await ask("www.example.com", "A");

    expect(shown(response.answer)).toEqual([
      "www.example.com. A",
      "www.example.com. A",
      "www.example.com. RRSIG(A)",
    ]);
  });

  it("says how long its signatures hold", async () => {
    const { ask } = labValidator();

    const response = await ask("www.example.com", "A");

    expect(response.maxLifetime).toBe(30 * 86_400);
  });
});

/** TTLs as nobody signed them. */
function longer(response: Response): Response {
  const longer = (record: ResourceRecord): ResourceRecord => ({ ...record, ttl: 86_400 });
  return { ...response, answer: response.answer.map(longer), authority: response.authority.map(longer) };
}
