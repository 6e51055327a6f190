/** Which keys, DS records and algorithms a zone is judged by. `docs/dnssec.md` lists all rules of validation. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { schemeOf } from "../../../src/dnssec/algorithms.ts";
import { isSignatureOf, verifiesHere } from "../../../src/dnssec/public-key.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { labZones } from "../../lab/zones.ts";
import { name } from "../../support/records.ts";
import { altered, infoCodes, labValidator, PERIOD, usualTree } from "./lab-validator.ts";

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
