/** Damage to the signature over a positive answer. Source: RFC 4035 §5.3; RFC 4034 §3.1. */
import { editSignatures, inAnswer, unsigned, type Damage, type Edit, type Scene } from "./damage-row.ts";
import { corrupted, rrsigRdata, type RRset, type RrsigFields } from "./signer.ts";
import { makeZoneKey, REVOKE_FLAG, SEP_FLAG, zoneKey, ZONE_FLAG, type ZoneKey } from "./zone-key.ts";

const WWW = [["www", "A"]] as const;
const YEAR = 365 * 86_400;

/** RRSIG RDATA up to the signer's name. */
const FIXED_OCTETS = 18;

export const SIGNATURE_DAMAGES: readonly Damage[] = [
  bogus("rrsig-missing", "it has no RRSIG", inAnswer(unsigned)),
  bogus("rrsig-corrupt", "one bit of the signature is turned", inAnswer(editSignatures(corrupted))),
  bogus("rrsig-expired", "its signature has expired", resigned(shifted(-YEAR))),
  bogus("rrsig-future", "its signature is not yet valid", resigned(shifted(YEAR))),
  bogus(
    "rrsig-inverted",
    "its signature expires before its inception",
    inAnswer((set, { zone }) => {
      const { inception, expiration } = periodOf(zone);
      return zone.sign(set, { inception: expiration, expiration: inception });
    }),
  ),
  bogus(
    "rrsig-labels-more",
    "the RRSIG has more labels than its owner",
    resigned(() => ({ labels: 5 })),
  ),
  bogus(
    "rrsig-labels-fewer",
    "it is signed as a wildcard, and nothing proves an expansion",
    resigned(() => ({ labels: 3 })),
  ),
  bogus(
    "rrsig-labels-none",
    "it is signed as a wildcard of the root",
    resigned(() => ({ labels: 0 })),
  ),
  bogus(
    "rrsig-covers-other-type",
    "the RRSIG covers another type",
    resigned(() => ({ typeCovered: 28 })),
  ),
  bogus(
    "rrsig-claims-rsa",
    "the RRSIG names an algorithm that is not its key's",
    resigned(() => ({ algorithm: 8 })),
  ),
  bogus(
    "rrsig-unknown-algorithm",
    "the only RRSIG has an unknown algorithm",
    resigned(() => ({ algorithm: 200 })),
  ),
  bogus(
    "rrsig-wrong-tag",
    "no key has the RRSIG's key tag",
    resigned(() => ({ tag: 1 })),
  ),
  bogus(
    "rrsig-ttl-altered",
    "the original TTL was altered after signing",
    inAnswer(editSignatures((rrsig) => (rrsig.writeUInt32BE(86_400, 4), rrsig))),
  ),
  bogus(
    "rrsig-signer-parent",
    "the parent zone signed it",
    signedBy(({ parent }) => parent),
  ),
  bogus(
    "rrsig-signer-stranger",
    "another zone signed it",
    signedBy(
      ({ tree, zone }) =>
        [...tree.zones.values()].find(({ apex }) => apex.startsWith("\x07example\x03com")) ?? zone,
    ),
  ),
  bogus(
    "rrsig-signer-below",
    "the signer's name is below the owner",
    resigned(({ name }) => ({ signer: name("x.www") })),
  ),
  bogus(
    "rrsig-signer-owner",
    "the signer's name is the owner, which is no zone",
    resigned(({ name }) => ({ signer: name("www") })),
  ),
  bogus(
    "signature-short",
    "the signature is one octet short",
    inAnswer(editSignatures((rrsig) => rrsig.subarray(0, -1))),
  ),
  bogus(
    "signature-long",
    "the signature is one octet long",
    inAnswer(editSignatures((rrsig) => Buffer.concat([rrsig, Buffer.alloc(1)]))),
  ),
  bogus(
    "signature-empty",
    "the signature has no octet",
    inAnswer(editSignatures((rrsig) => rrsig.subarray(0, signatureStart(rrsig)))),
  ),
  bogus(
    "signature-zero",
    "the signature is r = s = 0",
    inAnswer(editSignatures((rrsig) => rrsig.fill(0, signatureStart(rrsig)))),
  ),
  bogus("rdata-altered", "an address was altered", inAnswer(altered)),
  bogus(
    "record-added",
    "a record was added to the RRset",
    inAnswer((set) => ({ ...set, rdatas: [...set.rdatas, Buffer.from([192, 0, 2, 200])] })),
  ),
  bogus(
    "record-removed",
    "a record of the RRset is missing",
    inAnswer((set) => ({ ...set, rdatas: set.rdatas.slice(1) })),
  ),
  bogus("rrset-of-other-name", "it is the RRset of another name", (outcome, { ask, name }) => ({
    ...outcome,
    answer: ask("mail", "A").answer.map((set) => ({ ...set, owner: name("www") })),
  })),
  bogus("rrsig-of-other-type", "the RRSIG belongs to another RRset of the name", (outcome, { ask }) => ({
    ...outcome,
    answer: outcome.answer.map((set) => ({
      ...set,
      signatures: ask("www", "AAAA").answer[0]?.signatures ?? [],
    })),
  })),
  byExtraKey("key-unpublished", "the signing key is not in the DNSKEY RRset", extraKey(ZONE_FLAG), false),
  byExtraKey("key-revoked", "the signing key is revoked (RFC 5011 §2.1)", extraKey(ZONE_FLAG | REVOKE_FLAG)),
  byExtraKey("key-not-for-zones", "the signing key has no zone flag (RFC 4034 §2.1.1)", extraKey(0)),
  byExtraKey("key-protocol", "the signing key's protocol is not 3 (RFC 4034 §2.1.2)", otherProtocol()),

  secure(
    "rrsig-ttl-raised",
    "its TTL is above the original TTL, which counts (RFC 4035 §5.3.3)",
    inAnswer((set) => ({ ...set, ttl: 86_400 })),
  ),
  secure(
    "rrsig-bad-beside-good",
    "a bad RRSIG stands before the good one",
    inAnswer((set) => ({ ...set, signatures: [...set.signatures.map(corrupted), ...set.signatures] })),
  ),
  secure(
    "rrsig-unknown-beside-good",
    "an RRSIG of an unknown algorithm stands before the good one",
    inAnswer((set, { zone }) => ({
      ...set,
      signatures: [...zone.sign(set, { algorithm: 200 }).signatures, ...set.signatures],
    })),
  ),
  {
    ...secure(
      "rrsig-by-ksk",
      "the KSK signed it, which is a zone key like any other",
      inAnswer((set, { zone }) => {
        const [key] = zone.keys.ksk;
        return key === undefined ? set : { ...set, signatures: [rrsigRdata(set, key, signingOf(zone))] };
      }),
    ),
    security: { split: true },
  },
];

function bogus(kind: string, text: string, rewrite: Edit): Damage {
  return { kind, text, questions: WWW, expect: "bogus", rewrite };
}

function secure(kind: string, text: string, rewrite: Edit): Damage {
  return { ...bogus(kind, text, rewrite), expect: "secure" };
}

function resigned(fields: (scene: Scene) => RrsigFields): Edit {
  return inAnswer((set, scene) => scene.zone.sign(set, fields(scene)));
}

function shifted(seconds: number): (scene: Scene) => RrsigFields {
  return ({ zone }) => {
    const { inception, expiration } = periodOf(zone);
    return { inception: inception + seconds, expiration: expiration + seconds };
  };
}

/** By the keys and in the name of another zone. */
function signedBy(signer: (scene: Scene) => Scene["zone"]): Edit {
  return inAnswer((set, scene) => signer(scene).sign(set));
}

/** Signed by a key that must not sign, published (or not) beside the zone's own. */
function byExtraKey(kind: string, text: string, key: ZoneKey, published = true): Damage {
  return {
    ...bogus(
      kind,
      text,
      inAnswer((set, { zone }) => ({ ...set, signatures: [rrsigRdata(set, key, signingOf(zone))] })),
    ),
    security: published ? { extraKeys: [key] } : {},
  };
}

function extraKey(flags: number): ZoneKey {
  return makeZoneKey({ algorithm: 13, flags, seed: `extra key ${flags}` });
}

function otherProtocol(): ZoneKey {
  const key = zoneKey(13, ZONE_FLAG | SEP_FLAG, extraKey(1).privateKey);
  const rdata = Buffer.from(key.rdata);
  rdata[2] = 2;
  return { ...key, rdata, tag: (key.tag - 0x0100) & 0xffff };
}

function altered(set: RRset): RRset {
  const rdatas = set.rdatas.map((rdata) => Buffer.from(rdata));
  const [first] = rdatas;
  if (first !== undefined) first[first.length - 1] = 200;
  return { ...set, rdatas };
}

function signingOf(zone: Scene["zone"]): {
  signer: Scene["zone"]["apex"];
  inception: number;
  expiration: number;
} {
  return { ...periodOf(zone), signer: zone.apex };
}

function periodOf(zone: Scene["zone"]): { inception: number; expiration: number } {
  return zone.security?.period ?? { inception: 0, expiration: 0 };
}

function signatureStart(rrsig: Buffer): number {
  let at = FIXED_OCTETS;
  for (let length = rrsig[at] ?? 0; length > 0; length = rrsig[at] ?? 0) at += length + 1;
  return at + 1;
}
