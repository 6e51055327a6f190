import { describe, expect, it } from "vitest";
import { FLIGHT_WORK, MAX_DENIAL_RECORDS } from "../../../src/dnssec/limits.ts";
import { groupRrsets } from "../../../src/dnssec/rrsets.ts";
import { DEFAULT_CLOCK_SKEW } from "../../../src/dnssec/rrsig.ts";
import { VerifiedMemory } from "../../../src/dnssec/verify.ts";
import {
  type DenialContext,
  type DenialResult,
  denialSigners,
  denialsOf,
} from "../../../src/dnssec/zone-denials.ts";
import { KeyStore } from "../../../src/dnssec/zone-key.ts";
import type { Name, Rrset } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import type { DenialOptions } from "../../lab/denial.ts";
import { corrupted, type RRset } from "../../lab/signer.ts";
import { Zone } from "../../lab/zone.ts";
import { matchingOrCovering, nxdomainProof } from "../../lab/zone-proofs.ts";
import { name } from "../../support/records.ts";
import { responseOf } from "./lab-validator.ts";

const NOW = 1_700_000_000;
const APEX = name("zone.example");
const store = new KeyStore({ minRsaBits: 1_024, isAlgorithmUsable: (algorithm) => algorithm === 13 });

function zoneWith(denial: DenialOptions, apex = "zone.example."): Zone {
  return new Zone({
    apex,
    records: ["a A 192.0.2.1", "m A 192.0.2.2", "*.wild A 192.0.2.3", "z A 192.0.2.4"],
    security: { period: { inception: NOW - 86_400, expiration: NOW + 86_400 }, denial },
  });
}

const NSEC = zoneWith({ kind: "nsec" });
const NSEC3 = zoneWith({ kind: "nsec3" });

describe("the denial records of a zone in a message", () => {
  it("prove what they say, NSEC and NSEC3 alike", () => {
    for (const zone of [NSEC, NSEC3]) {
      const denials = judged(zone, nxdomainProof(zone, name("nope.zone.example")));

      expect(denials.zone).toBe(APEX);
      expect(kindOf(denials.proveNameError(name("nope.zone.example")))).toBe("nxdomain");
      expect(denials.signedBy.size).toBeGreaterThan(0);
      for (const { lifetime } of denials.signedBy.values()) expect(lifetime).toBe(86_400);
    }
    const wild = name("x.wild.zone.example");
    for (const zone of [NSEC, NSEC3]) {
      const denials = judged(zone, [
        ...matchingOrCovering(zone, wild),
        ...matchingOrCovering(zone, name("wild.zone.example")),
        ...matchingOrCovering(zone, name("*.wild.zone.example")),
      ]);
      expect(kindOf(denials.proveExpansion(wild, name("wild.zone.example")))).toBe("expansion");
      expect(kindOf(denials.proveNoData(wild, Type.MX))).toBe("nodata");
    }
  });

  it("are missing where there is none, and wrong where they prove something else", () => {
    const nope = name("nope.zone.example");

    expect(judged(NSEC, []).proveNameError(nope)).toEqual({ found: false, reason: "denial-missing" });
    for (const zone of [NSEC, NSEC3]) {
      const other = judged(zone, matchingOrCovering(zone, name("z.zone.example")));
      expect(other.proveNoData(name("a.zone.example"), Type.MX)).toEqual({
        found: false,
        reason: "denial-wrong",
      });
    }
  });

  it("say why their signatures fail, the first that does", () => {
    const sets = nxdomainProof(NSEC, name("nope.zone.example")).map((set) => ({
      ...set,
      signatures: set.signatures.map(corrupted),
    }));

    const denials = judged(NSEC, sets);

    expect(denials.proveNameError(name("nope.zone.example"))).toEqual({
      found: false,
      reason: "signature-wrong",
    });
    expect(denials.signedBy.size).toBe(0);
  });

  it("are as if they were not there where one of them fails and another proof is whole", () => {
    const good = nxdomainProof(NSEC, name("nope.zone.example"));
    const bad = matchingOrCovering(NSEC, name("z.zone.example")).map((set) => ({
      ...set,
      signatures: set.signatures.map(corrupted),
    }));

    expect(kindOf(judged(NSEC, [...bad, ...good]).proveNameError(name("nope.zone.example")))).toBe(
      "nxdomain",
    );
  });

  it("cost nothing where they are not of this zone, malformed, or no denial", () => {
    const other = zoneWith({ kind: "nsec" }, "other.example.");
    const all = context();
    const malformed = { ...NSEC.denials[0]!, rdatas: [Buffer.from([3, 1])] };

    const denials = judged(NSEC, [NSEC.soa, malformed, ...other.denials], all);

    expect(denials.signedBy.size).toBe(0);
    expect(all.work).toEqual(FLIGHT_WORK);
  });

  it("prove nothing where a wildcard was expanded to them (RFC 4035 §5.4)", () => {
    const [wild] = matchingOrCovering(NSEC, name("*.wild.zone.example"));
    const owner = name("x.wild.zone.example");

    const denials = judged(NSEC, [{ ...wild!, owner }]);

    expect(denials.signedBy.size).toBe(0);
    expect(denials.proveNoData(owner, Type.MX)).toEqual({ found: false, reason: "denial-missing" });
  });

  it("are looked at up to a bound", () => {
    const many = new Zone({
      apex: "zone.example.",
      records: Array.from({ length: 30 }, (_, i) => `n${i} A 192.0.2.1`),
      security: { period: { inception: NOW - 86_400, expiration: NOW + 86_400 } },
    });

    expect(judged(many, many.denials).signedBy.size).toBe(MAX_DENIAL_RECORDS);
  });

  it.each([
    [50, "nxdomain"],
    [51, "nsec3-iterations"],
    [500, "nsec3-iterations"],
    [501, "nsec3-iterations-excessive"],
  ])("with %i NSEC3 iterations are %s", (iterations, expected) => {
    const zone = zoneWith({ kind: "nsec3", iterations });
    const nope = name("nope.zone.example");

    const result = judged(zone, nxdomainProof(zone, nope)).proveNameError(nope);

    expect(result.found ? result.denial.kind : result.reason).toBe(expected);
  });

  it("end at the budget of hashes, as a reason", () => {
    const all = context();
    all.work.nsec3Hashes = 2;

    const denials = judged(NSEC3, nxdomainProof(NSEC3, name("nope.zone.example")), all);

    expect(denials.proveNameError(name("nope.zone.example"))).toEqual({ found: false, reason: "work-limit" });
  });
});

describe("the zones that claim to deny a name", () => {
  const parent = zoneWith({ kind: "nsec" }, "example.");
  const records = [
    ...sections([...parent.denials, parent.soa]),
    ...sections(NSEC.denials),
    ...sections(NSEC3.denials),
  ];

  it("are those above or at it, the deepest first, each once", () => {
    expect(denialSigners(records, name("a.zone.example"), Type.A)).toEqual([APEX, name("example")]);
    expect(denialSigners(records, APEX, Type.A)).toEqual([APEX, name("example")]);
    expect(denialSigners(records, name("b.example"), Type.A)).toEqual([name("example")]);
    expect(denialSigners(sections([parent.soa]), name("b.example"), Type.A)).toEqual([]);
  });

  it("are those above it only, for DS, but at the root", () => {
    const root = zoneWith({ kind: "nsec" }, ".");

    expect(denialSigners(records, APEX, Type.DS)).toEqual([name("example")]);
    expect(denialSigners(sections(root.denials), ROOT, Type.DS)).toEqual([ROOT]);
  });
});

function judged(
  zone: Zone,
  sets: readonly RRset[],
  all: DenialContext = context(),
): ReturnType<typeof denialsOf> {
  const keys = [...zone.keys.ksk, ...zone.keys.zsk].map(({ rdata }) => ({
    owner: zone.apex as Name,
    type: Type.DNSKEY,
    class: 1,
    ttl: 300,
    rdata,
  }));
  return denialsOf(sections(sets), zone.apex, store.keysOf(keys), all);
}

function sections(sets: readonly RRset[]): Rrset[] {
  return groupRrsets(responseOf({ rcode: 0, answer: [], authority: sets }).authority, 1);
}

function context(): DenialContext {
  return {
    now: NOW,
    skew: DEFAULT_CLOCK_SKEW,
    work: { ...FLIGHT_WORK },
    memory: new VerifiedMemory(),
    maxIterations: 50,
  };
}

function kindOf(result: DenialResult): string {
  return result.found ? result.denial.kind : result.reason;
}
