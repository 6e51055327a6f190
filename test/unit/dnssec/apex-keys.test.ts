import { describe, expect, it } from "vitest";
import { type ApexResult, judgeApexKeys } from "../../../src/dnssec/apex-keys.ts";
import { readDs } from "../../../src/dnssec/digest.ts";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import { DEFAULT_CLOCK_SKEW } from "../../../src/dnssec/rrsig.ts";
import { VerifiedMemory } from "../../../src/dnssec/verify.ts";
import { KeyStore } from "../../../src/dnssec/zone-key.ts";
import { Type } from "../../../src/wire/codes.ts";
import { rrsigRdata } from "../../lab/signer.ts";
import { dsOf, makeZoneKey, REVOKE_FLAG, SEP_FLAG, ZONE_FLAG, type ZoneKey } from "../../lab/zone-key.ts";
import { name } from "../../support/records.ts";

const ZONE = name("example.com");
const NOW = 1_700_000_000;
const store = new KeyStore({
  minRsaBits: 2_048,
  isAlgorithmUsable: (algorithm) => [8, 13].includes(algorithm),
});

const good = makeZoneKey({ algorithm: 13, seed: "apex" });
const other = makeZoneKey({ algorithm: 13, seed: "apex, another" });
const revoked = makeZoneKey({ algorithm: 13, seed: "apex", flags: ZONE_FLAG | SEP_FLAG | REVOKE_FLAG });
const noZone = makeZoneKey({ algorithm: 13, seed: "apex", flags: SEP_FLAG });
const short = makeZoneKey({ algorithm: 8, seed: "rsa" }); // 1024 bits where 2048 are asked for.

describe("the keys of a zone, held against its DS", () => {
  it.each([
    ["one of its keys is named and signed them", [good, other], [good], good, "secure"],
    ["one of two DS names a key that signed them", [good], [other, good], good, "secure"],
    ["none is named", [good], [other], good, "bogus dnskey-missing"],
    ["the one that is named did not sign them", [good, other], [good], other, "bogus key-unknown"],
    ["the one that is named is revoked", [revoked], [revoked], revoked, "bogus key-revoked"],
    ["the one that is named is no zone key", [noZone], [noZone], noZone, "bogus zone-key-bit-clear"],
    ["all that are named are there and none can be used", [short], [short], short, "insecure key-unusable"],
    [
      "one that is named cannot be used and another is not there",
      [short],
      [short, good],
      short,
      "bogus key-unusable",
    ],
  ] as const)("are as they must be where %s", (_where, keys, named, signer, expected) => {
    const result = judged(keys, named, signer);

    expect(result.outcome === "secure" ? "secure" : `${result.outcome} ${result.reason}`).toBe(expected);
  });
});

function judged(keys: readonly ZoneKey[], named: readonly ZoneKey[], signer: ZoneKey): ApexResult {
  const set = { owner: ZONE, type: Type.DNSKEY, ttl: 300, rdatas: keys.map(({ rdata }) => rdata) };
  const signing = { signer: ZONE, inception: NOW - 1_000, expiration: NOW + 1_000 };
  const record = (rdata: Buffer, type: number) => ({ owner: ZONE, type, class: 1, ttl: 300, rdata });
  const rrset = {
    owner: ZONE,
    type: Type.DNSKEY,
    records: set.rdatas.map((rdata) => record(rdata, Type.DNSKEY)),
    signatures: [record(rrsigRdata(set, signer, signing), Type.RRSIG)],
  };
  return judgeApexKeys(
    ZONE,
    rrset,
    store.keysOf(rrset.records),
    { ds: named.flatMap((key) => readDs(dsOf(ZONE, key)) ?? []), keys: [] },
    { now: NOW, skew: DEFAULT_CLOCK_SKEW, work: { ...FLIGHT_WORK }, memory: new VerifiedMemory() },
  );
}
