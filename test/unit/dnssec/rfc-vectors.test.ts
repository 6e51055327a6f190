import { describe, expect, it } from "vitest";
import { isDigestOf, readDs } from "../../../src/dnssec/digest.ts";
import { nsec3Hash } from "../../../src/dnssec/nsec3.ts";
import { keyStoreOf } from "../../../src/dnssec/validated.ts";
import { groupRrsets } from "../../../src/dnssec/rrsets.ts";
import { DEFAULT_CLOCK_SKEW } from "../../../src/dnssec/rrsig.ts";
import { VerifiedMemory, verifyRrset } from "../../../src/dnssec/verify.ts";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import type { Name, ResourceRecord } from "../../../src/ports/message.ts";
import { base32hexToText } from "../../../src/wire/base32hex.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { isTextFault, recordFromText, recordToText } from "../../../src/wire/presentation.ts";
import { coveredType, type SignedZone } from "../../support/signed-zone.ts";
import { name } from "../../support/records.ts";
import { shown } from "./lab-validator.ts";
import { fixture, zoneValidator } from "./zone-validator.ts";

/** Key, digest, data and signature as the RFC prints them, and a time in the signature's validity. */
const VECTORS: readonly {
  readonly source: string;
  readonly at: string;
  readonly dnskey: string;
  readonly ds?: string;
  readonly data: string;
  readonly rrsig: string;
}[] = [
  {
    source: "RFC 5702 §6.1 (RSA/SHA-256)",
    at: "2010-01-01",
    dnskey:
      "example.net. 3600 IN DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
    data: "www.example.net. 3600 IN A 192.0.2.91",
    rrsig:
      "www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==",
  },
  {
    source: "RFC 5702 §6.2 (RSA/SHA-512)",
    at: "2010-01-01",
    dnskey:
      "example.net. 3600 IN DNSKEY 256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
    data: "www.example.net. 3600 IN A 192.0.2.91",
    rrsig:
      "www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=",
  },
  {
    source: "RFC 6605 §6.1 (ECDSA P-256)",
    at: "2010-08-20",
    dnskey:
      "example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
    ds: "example.net. 3600 IN DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17",
    data: "www.example.net. 3600 IN A 192.0.2.1",
    rrsig:
      "www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
  },
  {
    source: "RFC 6605 §6.2 (ECDSA P-384)",
    at: "2010-08-20",
    dnskey:
      "example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40",
    ds: "example.net. 3600 IN DS 10771 14 4 72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6",
    data: "www.example.net. 3600 IN A 192.0.2.1",
    rrsig:
      "www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm",
  },
  {
    source: "RFC 8080 §6.1 (Ed25519, the first)",
    at: "2015-08-10",
    dnskey: "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
    ds: "example.com. 3600 IN DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b",
    data: "example.com. 3600 IN MX 10 mail.example.com.",
    // As corrected by erratum 4935: the RRSIG records in the text lack algorithm and times as signed.
    rrsig:
      "example.com. 3600 IN RRSIG MX 15 2 3600 20150819220000 20150729220000 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
  },
  {
    source: "RFC 8080 §6.2 (Ed448, the first)",
    at: "2015-08-10",
    dnskey:
      "example.com. 3600 IN DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
    ds: "example.com. 3600 IN DS 9713 16 2 6ccf18d5bc5d7fc2fceb1d59d17321402f2aa8d368048db93dd811f5cb2b19c7",
    data: "example.com. 3600 IN MX 10 mail.example.com.",
    rrsig:
      "example.com. 3600 IN RRSIG MX 16 2 3600 20150819220000 20150729220000 9713 example.com. 3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA",
  },
];

function parsed(line: string): ResourceRecord {
  const record = recordFromText(line);
  if (isTextFault(record)) throw new Error(record.fault);
  return record;
}

const STORE = keyStoreOf({ insecureAlgorithms: [], minRsaBits: 512 });

describe("a signature printed in an RFC [D33]", () => {
  for (const { source, at, dnskey, data, rrsig } of VECTORS) {
    const key = parsed(dnskey);
    const [rrset] = groupRrsets([parsed(data), parsed(rrsig)], Class.IN);
    const context = () => ({
      now: Date.parse(at) / 1_000,
      skew: DEFAULT_CLOCK_SKEW,
      work: { ...FLIGHT_WORK },
      memory: new VerifiedMemory(),
    });

    it(`verifies: ${source}`, () => {
      const result = verifyRrset(rrset!, key.owner, STORE.keysOf([key]), context());

      expect(result).toMatchObject({ encloser: undefined });
    });

    it(`does not verify with one bit of its data turned: ${source}`, () => {
      const [first] = rrset!.records;
      const rdata = Buffer.from(first!.rdata);
      rdata[0]! ^= 0x80;

      const altered = { ...rrset!, records: [{ ...first!, rdata }] };

      expect(verifyRrset(altered, key.owner, STORE.keysOf([key]), context())).toBe("signature-wrong");
    });
  }
});

describe("a DS record printed in an RFC [D33]", () => {
  for (const { source, dnskey, ds } of VECTORS) {
    if (ds === undefined) continue;
    it(`names its key: ${source}`, () => {
      const record = parsed(ds);
      const [key] = STORE.keysOf([parsed(dnskey)]);

      expect(isDigestOf(readDs(record.rdata)!, record.owner, key!)).toBe(true);
    });
  }
});

describe("the hash of a name (RFC 5155 appendix A)", () => {
  it.each([
    ["example", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"],
    ["a.example", "35mthgpgcu1qg68fab165klnsnk3dpvl"],
    ["ai.example", "gjeqe526plbf1g8mklp59enfd789njgi"],
    ["ns1.example", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"],
    ["ns2.example", "q04jkcevqvmu85r014c7dkba38o0ji5r"],
    ["w.example", "k8udemvp1j2f7eg6jebps17vp3n8i58h"],
    ["*.w.example", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"],
    ["x.w.example", "b4um86eghhds6nea196smvmlo4ors995"],
    ["y.w.example", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"],
    ["x.y.w.example", "2vptu5timamqttgl4luu9kg21e0aor3s"],
    ["xx.example", "t644ebqk9bibcna874givr6joj62mlhv"],
    ["2t7b4g4vsa5smi47k61mv5bv1a22bojr.example", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"],
  ])("of %s is %s", (text, hash) => {
    const octets = nsec3Hash(name(text), "\xaa\xbb\xcc\xdd", 12);

    expect(base32hexToText(Buffer.from(octets, "latin1"))).toBe(hash);
  });
});

/** A response made of RRsets of the RFC's zone: `OWNER TYPE`, an owner as asked where a wildcard was expanded. */
interface Example {
  readonly section: string;
  readonly question: readonly [string, string];
  readonly rcode?: number;
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly verdict: string;
}

const EXAMPLES_4035: readonly Example[] = [
  { section: "B.1 Answer", question: ["x.w.example", "MX"], answer: ["x.w.example MX"], verdict: "secure" },
  {
    section: "B.2 Name Error",
    question: ["ml.example", "A"],
    rcode: 3,
    authority: ["example SOA", "b.example NSEC", "example NSEC"],
    verdict: "secure",
  },
  {
    section: "B.3 No Data Error",
    question: ["ns1.example", "MX"],
    authority: ["example SOA", "ns1.example NSEC"],
    verdict: "secure",
  },
  {
    section: "B.4 Referral to Signed Zone",
    question: ["a.example", "DS"],
    answer: ["a.example DS"],
    verdict: "secure",
  },
  {
    section: "B.5 Referral to Unsigned Zone",
    question: ["b.example", "DS"],
    authority: ["example SOA", "b.example NSEC"],
    verdict: "secure",
  },
  {
    section: "B.6 Wildcard Expansion",
    question: ["a.z.w.example", "MX"],
    answer: ["a.z.w.example MX *.w.example"],
    authority: ["x.y.w.example NSEC"],
    verdict: "secure",
  },
  {
    section: "B.7 Wildcard No Data Error",
    question: ["a.z.w.example", "AAAA"],
    authority: ["example SOA", "x.y.w.example NSEC", "*.w.example NSEC"],
    verdict: "secure",
  },
  {
    section: "B.8 DS Child Zone No Data Error, which the parent would have to say",
    question: ["a.example", "DS"],
    authority: ["example SOA", "example NSEC"],
    verdict: "bogus",
  },
];

/** Every NSEC3 record of the zone has the opt-out flag: a closest encloser proof is never secure (§9.2). */
const EXAMPLES_5155: readonly Example[] = [
  {
    section: "B.1 Name Error",
    question: ["a.c.x.w.example", "A"],
    rcode: 3,
    authority: [
      "example SOA",
      "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example NSEC3",
      "b4um86eghhds6nea196smvmlo4ors995.example NSEC3",
      "35mthgpgcu1qg68fab165klnsnk3dpvl.example NSEC3",
    ],
    verdict: "insecure",
  },
  {
    section: "B.2 No Data Error",
    question: ["ns1.example", "MX"],
    authority: ["example SOA", "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example NSEC3"],
    verdict: "secure",
  },
  {
    section: "B.2.1 No Data Error, Empty Non-Terminal",
    question: ["y.w.example", "A"],
    authority: ["example SOA", "ji6neoaepv8b5o6k4ev33abha8ht9fgc.example NSEC3"],
    verdict: "secure",
  },
  {
    section: "B.3 Referral to an Opt-Out Unsigned Zone",
    question: ["c.example", "DS"],
    authority: [
      "example SOA",
      "35mthgpgcu1qg68fab165klnsnk3dpvl.example NSEC3",
      "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example NSEC3",
    ],
    verdict: "insecure",
  },
  {
    section: "B.4 Wildcard Expansion",
    question: ["a.z.w.example", "MX"],
    answer: ["a.z.w.example MX *.w.example"],
    authority: ["q04jkcevqvmu85r014c7dkba38o0ji5r.example NSEC3"],
    verdict: "insecure",
  },
  {
    section: "B.5 Wildcard No Data Error",
    question: ["a.z.w.example", "AAAA"],
    authority: [
      "example SOA",
      "k8udemvp1j2f7eg6jebps17vp3n8i58h.example NSEC3",
      "q04jkcevqvmu85r014c7dkba38o0ji5r.example NSEC3",
      "r53bq7cc2uvmubfu5ocmm6pers9tk9en.example NSEC3",
    ],
    verdict: "insecure",
  },
  {
    section: "B.6 DS Child Zone No Data Error, which the parent would have to say",
    question: ["a.example", "DS"],
    authority: ["example SOA", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example NSEC3"],
    verdict: "bogus",
  },
];

for (const [rfc, examples, at] of [
  ["4035", EXAMPLES_4035, "2004-04-20"],
  ["5155", EXAMPLES_5155, "2010-01-01"],
] as const) {
  describe(`the responses of RFC ${rfc} appendix B`, () => {
    const { zone } = fixture(`rfc${rfc}.zone`, "example.");
    for (const { section, question, rcode = 0, answer = [], authority = [], verdict } of examples) {
      it(`${section} is ${verdict}`, async () => {
        const response = {
          rcode,
          answer: answer.flatMap((text) => picked(zone, text)),
          authority: authority.flatMap((text) => picked(zone, text)),
          verdict: "indeterminate" as const,
          errors: [],
          upstream: "rfc",
        };
        const { ask } = zoneValidator(
          zone,
          anchorOf(zone),
          { validationTime: Date.parse(at), minRsaBits: 512, respond: async () => response },
          question[1] === "DS" ? response : undefined,
        );

        const judged = await ask(...question);

        expect([judged.verdict, judged.rcode]).toEqual([verdict, rcode]);
        if (verdict === "secure") {
          expect(new Set(shown(judged.authority))).toEqual(new Set(shown(response.authority)));
        }
      });
    }
  });
}

/** The zone's key signing key. */
function anchorOf(zone: SignedZone): string {
  const key = zone.records.find(({ type, rdata }) => type === Type.DNSKEY && rdata[1] === 1)!;
  return recordToText(key);
}

function picked(zone: SignedZone, text: string): ResourceRecord[] {
  const [owner = "", type = "", from = owner] = text.split(" ");
  const wanted = Type[type as "MX"];
  const set = zone.records.filter((record) => record.owner === name(from) && coveredType(record) === wanted);
  return set.map((record) => ({ ...record, owner: name(owner) as Name }));
}
