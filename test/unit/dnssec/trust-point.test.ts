import { describe, expect, it } from "vitest";
import { type Dnskey, readDnskey, unrevoked } from "../../../src/dnssec/dnskey.ts";
import {
  afterFailure,
  afterSighting,
  anchoringKeys,
  newTrustPoint,
  revokedKeys,
  untilProbe,
  type Sighting,
  type TrustPoint,
} from "../../../src/dnssec/trust-point.ts";
import { ROOT } from "../../../src/wire/names.ts";

const DAY = 86_400;
const OLD = ksk(1);
const NEW = ksk(2);
const OTHER = ksk(3);

/** A point that has seen OLD, which the operator gave. */
const START = afterSighting(newTrustPoint(ROOT), seen([OLD]), 0, () => true);

describe("a trust point (RFC 5011 §4) [D5]", () => {
  it("takes a key that the operator gave as valid from the start", () => {
    expect(states(START)).toEqual([[OLD.tag, "valid"]]);
  });

  it("lets a new secure entry point wait (NewKey)", () => {
    const next = afterSighting(START, seen([OLD, NEW]), DAY, () => false);

    expect(states(next)).toContainEqual([NEW.tag, "add-pend"]);
    expect(anchoringKeys(next)).toEqual([OLD]);
  });

  it("does not wait for a key without the SEP flag (§2)", () => {
    const zsk = readDnskey(Uint8Array.of(1, 0, 3, 13, 9, 9))!;

    expect(states(afterSighting(START, seen([OLD, zsk]), DAY, () => false))).toEqual([[OLD.tag, "valid"]]);
  });

  it("accepts a key that was there for 30 days (AddTime, §2.4.1)", () => {
    const pending = afterSighting(START, seen([OLD, NEW]), DAY, () => false);

    const before = afterSighting(pending, seen([OLD, NEW]), 31 * DAY - 1, () => false);
    const after = afterSighting(before, seen([OLD, NEW]), 31 * DAY, () => false);

    expect(anchoringKeys(before)).toEqual([OLD]);
    expect(anchoringKeys(after)).toEqual([OLD, NEW]);
  });

  it("waits for the original TTL where that is longer than 30 days (§2.4.1)", () => {
    const long = { ...seen([OLD, NEW]), originalTtl: 40 * DAY };
    const pending = afterSighting(START, long, 0, () => false);

    expect(anchoringKeys(afterSighting(pending, long, 39 * DAY, () => false))).toEqual([OLD]);
    expect(anchoringKeys(afterSighting(pending, long, 40 * DAY, () => false))).toEqual([OLD, NEW]);
  });

  it("forgets a waiting key that is gone from a validated RRset (KeyRem, §2.2)", () => {
    const pending = afterSighting(START, seen([OLD, NEW]), DAY, () => false);
    const gone = afterSighting(pending, seen([OLD]), 2 * DAY, () => false);
    const back = afterSighting(gone, seen([OLD, NEW]), 32 * DAY, () => false);

    expect(states(gone)).toEqual([[OLD.tag, "valid"]]);
    expect(anchoringKeys(back)).toEqual([OLD]);
  });

  it("starts anew for a waiting key whose vouchers have all been revoked (§2.2)", () => {
    const pending = afterSighting(START, seen([OLD, NEW]), DAY, () => false);

    const next = afterSighting(pending, revoking([NEW, revoked(OLD)], OLD), 2 * DAY, () => false);

    expect(states(next).map(([, state]) => state)).not.toContain("valid");
    expect(anchoringKeys(next)).toEqual([]);
  });

  it("keeps trusting a key that is missing (Missing, §4.2)", () => {
    const next = afterSighting(START, seen([OTHER]), DAY, () => false);

    expect(states(next)).toContainEqual([OLD.tag, "missing"]);
    expect(anchoringKeys(next)).toEqual([OLD]);
  });

  it("knows a missing key again (KeyPres)", () => {
    const missing = afterSighting(START, seen([OTHER]), DAY, () => false);

    expect(states(afterSighting(missing, seen([OLD]), 2 * DAY, () => false))).toContainEqual([
      OLD.tag,
      "valid",
    ]);
  });

  it("never trusts a key again that revoked itself (RevBit, §2.1) [D4]", () => {
    const gone = afterSighting(START, revoking([revoked(OLD)], OLD), DAY, () => false);
    const back = afterSighting(gone, seen([OLD]), 2 * DAY, () => true);

    expect(states(gone)).toEqual([[revoked(OLD).tag, "revoked"]]);
    expect(anchoringKeys(back)).toEqual([]);
    expect(revokedKeys(back).map((key) => unrevoked(key).tag)).toEqual([OLD.tag]);
  });

  it("heeds a revocation although nothing else vouches for the RRset (§2.1)", () => {
    const sighting = { ...revoking([revoked(OLD)], OLD), signedBy: [] };

    expect(anchoringKeys(afterSighting(START, sighting, DAY, () => false))).toEqual([]);
  });

  it("heeds the revocation of a key that the operator gave before it was ever seen in use (§2.1)", () => {
    const isOld = (key: Dnskey): boolean => key.tag === OLD.tag;

    const gone = afterSighting(newTrustPoint(ROOT), revoking([revoked(OLD)], OLD), DAY, isOld);

    expect(states(gone)).toEqual([[revoked(OLD).tag, "revoked"]]);
  });

  it("loses no revocation and no waiting key to revocations of keys that nobody trusts (§2.1, §4)", () => {
    const rolled = afterSighting(START, seen([OLD, NEW]), 0, () => true);
    const gone = afterSighting(rolled, revoking([revoked(OLD), NEW, OTHER], OLD), DAY, () => false);
    const junk = Array.from({ length: 16 }, (_, i) => revoked(ksk(i + 10)));

    const sighting = { ...seen(junk), signedBy: [], selfRevoked: junk };
    const next = afterSighting(gone, sighting, 2 * DAY, () => false);

    expect(states(next)).toEqual([
      [revoked(OLD).tag, "revoked"],
      [NEW.tag, "valid"],
      [OTHER.tag, "add-pend"],
    ]);
  });

  it("loses no revocation to new keys, however many (§2.1)", () => {
    const gone = afterSighting(START, revoking([revoked(OLD), NEW], OLD), 0, () => false);
    const removed = afterSighting(gone, seen([NEW]), 31 * DAY, () => false);
    const many = Array.from({ length: 100 }, (_, i) => ksk(i + 10));

    const next = afterSighting(removed, seen([NEW, ...many]), 32 * DAY, () => false);

    expect(states(next)[0]).toEqual([revoked(OLD).tag, "removed"]);
  });

  it("does not heed a REVOKE bit that the key did not sign (§2.1) [D4]", () => {
    const sighting = { ...seen([revoked(OLD), NEW]), selfRevoked: [] };

    expect(anchoringKeys(afterSighting(START, sighting, DAY, () => false))).toEqual([OLD]);
  });

  it("removes a revoked key after 30 days without it (RemTime, §2.4.2)", () => {
    const gone = afterSighting(START, revoking([revoked(OLD)], OLD), DAY, () => false);

    const early = afterSighting(gone, seen([NEW]), 31 * DAY - 1, () => false);
    const late = afterSighting(early, seen([NEW]), 31 * DAY, () => false);

    expect(states(early)[0]?.[1]).toBe("revoked");
    expect(states(late)[0]?.[1]).toBe("removed");
  });

  it("looks again after half the TTL or the signature's time, at most 15 days, at least an hour (§2.3)", () => {
    const after = (originalTtl: number, signatureLeft: number): number =>
      afterSighting(START, { ...seen([OLD]), originalTtl, signatureLeft }, 0, () => false).nextProbe;

    expect([after(2 * DAY, 9 * DAY), after(99 * DAY, 99 * DAY), after(60, 60)]).toEqual([
      DAY,
      15 * DAY,
      3_600,
    ]);
  });

  it("tries again after a tenth of these, at most a day, at least an hour (§2.3)", () => {
    const after = (originalTtl: number): number =>
      afterFailure(START, 0, { ...seen([OLD]), originalTtl, signatureLeft: 99 * DAY }).nextProbe;

    expect([after(2 * DAY), after(99 * DAY), after(60)]).toEqual([17_280, DAY, 3_600]);
  });

  it("tries again after an hour where nothing came: no TTL allows to wait for less, and few for longer (§2.3)", () => {
    expect(afterFailure(START, DAY).nextProbe).toBe(DAY + 3_600);
  });

  it("looks at once where the next look is further off than any may be: a clock that ran ahead set it", () => {
    const at = (nextProbe: number): number => untilProbe({ ...START, nextProbe }, DAY);

    expect([at(0), at(2 * DAY), at(16 * DAY), at(16 * DAY + 1)]).toEqual([0, DAY, 15 * DAY, 0]);
  });

  it("manages five keys at least (§2.4.3)", () => {
    const five = [1, 2, 3, 4, 5].map(ksk);

    expect(anchoringKeys(afterSighting(newTrustPoint(ROOT), seen(five), 0, () => true))).toHaveLength(5);
  });

  it("keeps its number of keys bounded: those there are stay", () => {
    const many = Array.from({ length: 100 }, (_, i) => ksk(i + 10));

    const next = afterSighting(START, seen([OLD, ...many]), DAY, () => false);

    expect(next.keys).toHaveLength(64);
    expect(anchoringKeys(next)).toEqual([OLD]);
  });
});

function ksk(id: number): Dnskey {
  return readDnskey(Uint8Array.of(1, 1, 3, 13, id, 7, 7, 7))!;
}

function revoked(key: Dnskey): Dnskey {
  const rdata = Buffer.from(key.rdata);
  rdata[1] = rdata[1]! | 0x80;
  return readDnskey(rdata)!;
}

function seen(keys: readonly Dnskey[]): Sighting {
  return { keys, signedBy: [OLD.tag], selfRevoked: [], originalTtl: 2 * DAY, signatureLeft: 14 * DAY };
}

function revoking(keys: readonly Dnskey[], key: Dnskey): Sighting {
  return { ...seen(keys), selfRevoked: [revoked(key)] };
}

function states(point: TrustPoint): [number, string][] {
  return point.keys.map(({ key, state }) => [key.tag, state]);
}
