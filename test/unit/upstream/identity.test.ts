import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/upstream/dial-target.ts";
import { type Circumstances, identityFault, type Peer, pinOf } from "../../../src/upstream/identity.ts";
import { tlsaOf } from "../../../src/upstream/tlsa.ts";
import { Authority, createPki, makeKey, pinOf as pinOfKey } from "../../lab/pki.ts";
import { tlsaRdata } from "../../lab/tlsa.ts";
import { certificatesOf, identityOf, peerOf } from "./peer.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DAY_MS = 86_400_000;
const pki = createPki({ now: NOW });
const UNTRUSTED = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
const otherPin = pinOfKey(makeKey("ec"));

function fault(identity: Identity, peer: Peer, more: Partial<Circumstances> = {}): string | undefined {
  const authorities = () => certificatesOf(pki.caPem);
  return identityFault(identity, peer, { now: NOW, isClockWrong: false, authorities, ...more });
}

describe("a peer known by name (RFC 8310 §8.1)", () => {
  const byName = identityOf();

  it("is the right one with the name and a chain that holds", () => {
    expect(fault(byName, peerOf(pki.good))).toBeUndefined();
  });

  it("is not with another name", () => {
    expect(fault(byName, peerOf(pki.wrongName))).toBe("the certificate is not for dot.example.net");
  });

  it("is not with the name as CN alone (RFC 6125 §6.4.4)", () => {
    const leaf = pki.authority.issue({ addresses: ["127.0.0.1"] });
    const nameless = { ...peerOf(leaf) };

    expect(fault(identityOf({ authName: "leaf without a name" }), nameless)).toMatch(/not for/);
  });

  it.each([
    ["*.example.net", true],
    ["d*.example.net", false],
    ["*t.example.net", false],
    ["*.net", false],
    ["*.*.net", false],
    ["*.dot.example.net", false],
  ])("with the wildcard %s is right: %s (RFC 6125 §6.4.3)", (name, isRight) => {
    const leaf = pki.authority.issue({ dnsNames: [name] });

    expect(fault(byName, peerOf(leaf)) === undefined).toBe(isRight);
  });

  it("is not without a chain, and the reason is told", () => {
    expect(fault(byName, peerOf(pki.foreign, UNTRUSTED))).toBe(
      `no chain to a trusted authority (${UNTRUSTED})`,
    );
  });

  it("is not after its end, nor before its beginning, whatever OpenSSL says", () => {
    expect(fault(byName, peerOf(pki.expired))).toMatch(/^the certificate expired on /);
    expect(fault(byName, peerOf(pki.notYetValid))).toMatch(/^the certificate is not valid before /);
  });

  it("is judged anew when a session is resumed after its end", () => {
    const peer = peerOf(pki.good);

    expect(fault(byName, peer, { now: NOW + 91 * DAY_MS })).toMatch(/expired/);
  });

  it("has no name to be known by where there is none", () => {
    expect(fault(identityOf({ authName: "" }), peerOf(pki.good))).toBe(
      "there is no name or pin to know it by",
    );
  });
});

describe("a peer known by pin (RFC 7858 §4.2)", () => {
  const policies = ["name_and_pin", "name_or_pin", "pin_only"] as const;
  // Right name or not, right pin or not; whether each policy accepts.
  it.each([
    [true, true, [true, true, true]],
    [true, false, [false, true, false]],
    [false, true, [false, true, true]],
    [false, false, [false, false, false]],
  ])("name right: %s, pin right: %s", (isNamed, isPinned, accepted) => {
    const leaf = isNamed ? pki.good : pki.wrongName;
    const pins = [otherPin, ...(isPinned ? [leaf.pin] : [])];

    const verdicts = policies.map(
      (pinPolicy) => fault(identityOf({ pins, pinPolicy }), peerOf(leaf)) === undefined,
    );

    expect(verdicts).toEqual(accepted);
  });

  it("needs no authority under pin_only", () => {
    const leaf = pki.foreign;

    expect(
      fault(identityOf({ pins: [leaf.pin], pinPolicy: "pin_only" }), peerOf(leaf, UNTRUSTED)),
    ).toBeUndefined();
  });

  it("that mismatches is told with the pin it has, for the operator to compare", () => {
    const told = fault(identityOf({ pins: [otherPin], pinPolicy: "pin_only" }), peerOf(pki.good));

    expect(told).toBe(`no pin matches; the certificate has ${pki.good.pin}`);
  });

  it("is right through the pin of its issuer", () => {
    const middle = pki.authority.intermediate("pinned intermediate");

    const told = fault(
      identityOf({ pins: [middle.pin], pinPolicy: "pin_only" }),
      peerOf(middle.issue({ dnsNames: ["any.example.net"] }), UNTRUSTED),
    );

    expect(told).toBeUndefined();
  });

  it("keeps an issuer's pin when its leaf is renewed with another key", () => {
    const middle = pki.authority.intermediate("pinned intermediate");
    const identity = identityOf({ pins: [middle.pin] });

    expect(fault(identity, peerOf(middle.issue()))).toBeUndefined();
    expect(fault(identity, peerOf(middle.issue()))).toBeUndefined();
  });

  it("keeps working through a key roll where the backup pin is the new key's", () => {
    const [old, next] = [makeKey("ec"), makeKey("ec")];
    const identity = identityOf({ pins: [pinOfKey(old), pinOfKey(next)] });

    expect(fault(identity, peerOf(pki.authority.issue({ key: old })))).toBeUndefined();
    expect(fault(identity, peerOf(pki.authority.issue({ key: next })))).toBeUndefined();
    expect(fault(identity, peerOf(pki.authority.issue()))).toMatch(/no pin matches/);
  });

  it.each(policies)("is not right by a forged leaf sent with the genuine pinned issuer: %s", (pinPolicy) => {
    const identity = identityOf({ pins: [pki.authority.pin], pinPolicy });

    const told = fault(identity, peerOf(pki.forged, "CERT_SIGNATURE_FAILURE"));

    expect(told).toBeDefined();
  });

  it("is not right by a forged leaf below a genuine intermediate of the pinned root", () => {
    const middle = pki.authority.intermediate("genuine intermediate");
    const forged = middle.forged({ dnsNames: ["dot.example.net"] });
    const peer = peerOf(forged, "CERT_SIGNATURE_FAILURE");
    const withRoot = { ...peer, others: [...peer.others, ...certificatesOf(pki.caPem)] };

    for (const pins of [[middle.pin], [pki.authority.pin]]) {
      expect(fault(identityOf({ pins, pinPolicy: "pin_only" }), withRoot)).toMatch(/no pin matches/);
      expect(fault(identityOf({ pins, pinPolicy: "name_or_pin" }), withRoot)).toBeDefined();
    }
  });

  it("is expired even with the right pin", () => {
    const identity = identityOf({ pins: [pki.expired.pin], pinPolicy: "pin_only" });

    expect(fault(identity, peerOf(pki.expired))).toMatch(/expired/);
  });

  it("has the pin that OpenSSL computes", () => {
    expect(pinOf(peerOf(pki.good).leaf)).toBe(pki.good.pin);
  });
});

describe("a clock known to be wrong", () => {
  const wrong = { isClockWrong: true, now: Date.parse("1970-01-02T00:00:00Z") };

  it("waives dates where a pin matches: a key needs no clock", () => {
    const identity = identityOf({ pins: [pki.good.pin], pinPolicy: "pin_only" });

    expect(fault(identity, peerOf(pki.good), wrong)).toBeUndefined();
  });

  it("waives them for the name beside the pin, on a path proven to a trusted authority", () => {
    const identity = identityOf({ pins: [pki.good.pin] });

    expect(fault(identity, peerOf(pki.good, "CERT_NOT_YET_VALID"), wrong)).toBeUndefined();
  });

  it("does not make a stranger's chain trusted: OpenSSL tells one error of several", () => {
    const stranger = pki.foreign;
    const identity = identityOf({ pins: [stranger.pin] });

    expect(fault(identity, peerOf(stranger, "CERT_NOT_YET_VALID"), wrong)).toMatch(/no chain/);
  });

  it("waives nothing without a pin", () => {
    expect(fault(identityOf(), peerOf(pki.good), wrong)).toMatch(/not valid before/);
  });
});

describe("a designated resolver (RFC 9462 §4.2)", () => {
  const designated = identityOf({ authName: "", coveredAddress: "127.0.0.1" });

  it("is right where its certificate covers the address that designated it", () => {
    expect(fault(designated, peerOf(pki.good))).toBeUndefined();
  });

  it("is not where it does not", () => {
    expect(fault(designated, peerOf(pki.wrongName))).toBe(
      "the certificate does not cover 127.0.0.1, which designated this resolver",
    );
  });

  it("is not without a chain", () => {
    expect(fault(designated, peerOf(pki.good, UNTRUSTED))).toMatch(/no chain/);
  });

  it("must also hold a name that is configured", () => {
    const leaf = pki.authority.issue({ addresses: ["127.0.0.1"], dnsNames: ["other.example.net"] });

    expect(fault(identityOf({ coveredAddress: "127.0.0.1" }), peerOf(leaf))).toMatch(/not for/);
  });

  it("needs the address even where a pin would do for the name", () => {
    const identity = identityOf({
      coveredAddress: "127.0.0.1",
      pins: [pki.wrongName.pin],
      pinPolicy: "pin_only",
    });

    expect(fault(identity, peerOf(pki.wrongName))).toMatch(/does not cover/);
  });
});

describe("a peer with TLSA records (RFC 7671)", () => {
  const dane = identityOf({ dane: true });
  const record = (der: Buffer, usage: 2 | 3) => tlsaOf(tlsaRdata(der, { usage, selector: 1, matching: 1 }))!;

  it("is right where one matches beside the name", () => {
    expect(fault(dane, peerOf(pki.good), { tlsa: [record(pki.good.der, 3)] })).toBeUndefined();
  });

  it("is not where the name is wrong, though one matches", () => {
    const tlsa = [record(pki.wrongName.der, 3)];

    expect(fault(dane, peerOf(pki.wrongName), { tlsa })).toMatch(/not for/);
  });

  it("is not where none matches", () => {
    expect(fault(dane, peerOf(pki.good), { tlsa: [record(pki.expired.der, 3)] })).toBe(
      "no TLSA record matches the certificate",
    );
  });

  it("is not where there is none", () => {
    expect(fault(dane, peerOf(pki.good))).toBe("there is no usable TLSA record");
  });

  it("is not by usage 2 of an authority whose certificate is sent beside a forged leaf", () => {
    const tlsa = [record(pki.authority.der, 2)];

    // Even if OpenSSL were to take the chain for good.
    expect(fault(dane, peerOf(pki.forged), { tlsa })).toBe("no TLSA record matches the certificate");
    expect(fault(dane, withRoot(peerOf(pki.good)), { tlsa })).toBeUndefined();
  });

  it("keeps a path length in mind", () => {
    const short = new Authority("short", NOW, { pathLength: 0 });
    const leaf = short.intermediate("too deep").issue();
    const peer = peerOf(leaf);
    const tlsa = [record(short.der, 2)];

    const told = fault(dane, { ...peer, others: [...peer.others, ...certificatesOf(short.pem)] }, { tlsa });

    expect(told).toBe("no TLSA record matches the certificate");
  });
});

function withRoot(peer: Peer): Peer {
  return { ...peer, others: [...peer.others, ...certificatesOf(pki.caPem)] };
}
