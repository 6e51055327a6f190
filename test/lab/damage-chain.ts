/** Damage to DS and DNSKEY: the chain of trust itself. Source: RFC 4035 §5.2; RFC 4509 §3; RFC 6840 §4.4, §5. */
import { inAnswer, unsigned, type Damage, type Edit } from "./damage-row.ts";
import { corrupted, rrsigRdata, type RRset } from "./signer.ts";
import { dsLine } from "./tree.ts";
import type { Zone } from "./zone.ts";
import { dsOf, makeZoneKey, type ZoneKey } from "./zone-key.ts";
import { named, nameText } from "./zone-text.ts";
import { matchingOrCovering } from "./zone-proofs.ts";

const TYPE_DS = 43;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const REFUSED = 5;

const WWW = [["www", "A"]] as const;
const DS = [["@", "DS"]] as const;
const DNSKEY = [["@", "DNSKEY"]] as const;

export const CHAIN_DAMAGES: readonly Damage[] = [
  row("dnskey-unsigned", "the DNSKEY RRset is not signed", DNSKEY, inAnswer(unsigned)),
  row(
    "dnskey-corrupt",
    "the signature of the DNSKEY RRset is corrupt",
    DNSKEY,
    inAnswer((set) => ({ ...set, signatures: set.signatures.map(corrupted) })),
  ),
  row("dnskey-empty", "the DNSKEY RRset is denied", DNSKEY, (outcome, { zone }) => ({
    ...outcome,
    answer: [],
    authority: [zone.soa],
  })),
  row(
    "dnskey-replaced",
    "the DNSKEY RRset is another zone's",
    DNSKEY,
    inAnswer((set, { parent }) => ({ ...(parent.find(parent.apex, 48) ?? set), owner: set.owner })),
  ),
  {
    ...row(
      "dnskey-without-ksk",
      "the key of the DS is not in the DNSKEY RRset",
      DNSKEY,
      inAnswer((set, { zone }) =>
        bySigners(zone, { ...set, rdatas: zone.keys.zsk.map((key) => key.rdata) }, zone.keys.zsk),
      ),
    ),
    security: { split: true },
  },
  {
    ...row(
      "dnskey-signed-by-zsk",
      "only a key without DS signed the DNSKEY RRset",
      DNSKEY,
      inAnswer((set, { zone }) => bySigners(zone, set, zone.keys.zsk)),
    ),
    security: { split: true },
  },
  row("dnskey-servfail", "the DNSKEY RRset cannot be had", DNSKEY, () => failed(SERVFAIL), "failed"),

  row("ds-unsigned", "the DS RRset is not signed", DS, inAnswer(unsigned)),
  row(
    "ds-corrupt",
    "the signature of the DS RRset is corrupt",
    DS,
    inAnswer((set) => ({ ...set, signatures: set.signatures.map(corrupted) })),
  ),
  row(
    "ds-signed-by-child",
    "the zone signed its own DS",
    DS,
    inAnswer((set, { zone }) => bySigners(zone, set, zone.keys.zsk)),
  ),
  row("ds-stripped", "the DS is gone and nothing denies it", DS, (outcome, { parent }) => ({
    ...outcome,
    answer: [],
    authority: [parent.soa],
  })),
  row(
    "ds-denied-by-child",
    "the zone's own apex NSEC denies its DS (RFC 6840 §4.4)",
    [...DS, ...WWW],
    (outcome, { question, zone }) =>
      question.qtype === TYPE_DS
        ? { ...outcome, answer: [], authority: [zone.soa, ...matchingOrCovering(zone, zone.apex)] }
        : { ...outcome, answer: outcome.answer.map(unsigned) },
  ),
  row(
    "ds-denied-by-own-nsec",
    "its NSEC at the parent has DS set",
    [...DS, ...WWW],
    (outcome, { question, parent, zone }) =>
      question.qtype === TYPE_DS
        ? { ...outcome, answer: [], authority: [parent.soa, ...matchingOrCovering(parent, zone.apex)] }
        : { ...outcome, answer: outcome.answer.map(unsigned) },
  ),
  row(
    "ds-denied-by-neighbour",
    "the NSEC of another name denies its DS",
    [...DS, ...WWW],
    (outcome, { question, parent }) =>
      question.qtype === TYPE_DS
        ? {
            ...outcome,
            answer: [],
            authority: [parent.soa, ...matchingOrCovering(parent, named("aa.damaged.example."))],
          }
        : { ...outcome, answer: outcome.answer.map(unsigned) },
  ),
  row(
    "ds-nxdomain",
    "an unproven NXDOMAIN denies its DS",
    [...DS, ...WWW],
    (outcome, { question, parent }) =>
      question.qtype === TYPE_DS
        ? { rcode: NXDOMAIN, answer: [], authority: [parent.soa] }
        : { ...outcome, answer: outcome.answer.map(unsigned) },
  ),
  row("ds-servfail", "the DS RRset cannot be had: SERVFAIL", DS, () => failed(SERVFAIL), "failed"),
  row("ds-refused", "the DS RRset cannot be had: REFUSED", DS, () => failed(REFUSED), "failed"),

  withDs(
    "ds-wrong-digest",
    "the DS's digest fits no key",
    (zone, key) => [edited(dsOf(zone.apex, key), 10)],
    "bogus",
  ),
  withDs(
    "ds-wrong-tag",
    "the DS's key tag fits no key",
    (zone, key) => [edited(dsOf(zone.apex, key), 1)],
    "bogus",
  ),
  withDs(
    "ds-wrong-algorithm",
    "the DS's algorithm fits no key",
    (zone, key) => [dsOf(zone.apex, { ...key, algorithm: 8 })],
    "bogus",
  ),
  withDs(
    "ds-short-digest",
    "the DS's digest is cut short",
    (zone, key) => [dsOf(zone.apex, key).subarray(0, 20)],
    "bogus",
  ),
  withDs(
    "ds-of-other-key",
    "the DS is of a key that is not there",
    (zone) => [dsOf(zone.apex, makeZoneKey({ algorithm: 13, seed: "other" }))],
    "bogus",
  ),
  withDs(
    "ds-sha1-beside-sha256",
    "only the SHA-1 DS fits, and there is a SHA-256 one (RFC 4509 §3)",
    (zone, key) => [dsOf(zone.apex, key, 1), edited(dsOf(zone.apex, key, 2), 10)],
    "bogus",
  ),
  withDs(
    "ds-one-of-two",
    "nothing: one of two DS fits",
    (zone, key) => [dsOf(zone.apex, makeZoneKey({ algorithm: 13, seed: "other" })), dsOf(zone.apex, key)],
    "secure",
  ),
  withDs(
    "ds-unknown-beside-good",
    "nothing: a DS of an unknown algorithm stands beside a good one",
    (zone, key) => [dsOf(zone.apex, { ...key, algorithm: 200 }), dsOf(zone.apex, key)],
    "secure",
  ),
  withDs(
    "ds-unknown-algorithm",
    "nothing: no DS has a known algorithm (RFC 4035 §5.2)",
    (zone, key) => [dsOf(zone.apex, { ...key, algorithm: 200 })],
    "insecure",
  ),
  withDs(
    "ds-unknown-digest",
    "nothing: no DS has a known digest (RFC 4509 §3)",
    (zone, key) => [edited(dsOf(zone.apex, key), 3, 200)],
    "insecure",
  ),
  {
    kind: "unsigned-despite-ds",
    text: "the zone is not signed and its DS says it is",
    questions: WWW,
    expect: "bogus",
    security: false,
    ds: [
      dsLine(
        "unsigned-despite-ds.damaged.example.",
        Buffer.concat([Buffer.from([1, 2, 13, 2]), Buffer.alloc(32, 9)]),
      ),
    ],
  },
  {
    kind: "signed-without-ds",
    text: "nothing: it is signed, and proven not to be below a DS",
    questions: WWW,
    expect: "insecure",
    ds: [],
  },
];

function row(
  kind: string,
  text: string,
  at: NonNullable<Damage["at"]>,
  rewrite: Edit,
  expect: Damage["expect"] = "bogus",
): Damage {
  return { kind, text, questions: WWW, at, expect, rewrite };
}

function withDs(
  kind: string,
  text: string,
  rdatas: (zone: Zone, key: ZoneKey) => readonly Buffer[],
  expect: Damage["expect"],
): Damage {
  const ds = (zone: Zone): string[] =>
    zone.keys.ksk.flatMap((key) => rdatas(zone, key)).map((rdata) => dsLine(nameText(zone.apex), rdata));
  return { kind, text, questions: WWW, expect, ds };
}

/** Signed in the zone's name by those keys alone. */
function bySigners(zone: Zone, set: RRset, keys: readonly ZoneKey[]): RRset {
  const signing = { ...(zone.security?.period ?? { inception: 0, expiration: 0 }), signer: zone.apex };
  return { ...set, signatures: keys.map((key) => rrsigRdata(set, key, signing)) };
}

function failed(rcode: number): { rcode: number; answer: []; authority: [] } {
  return { rcode, answer: [], authority: [] };
}

/** With one octet set to `value`, or turned by one bit. */
function edited(rdata: Buffer, at: number, value?: number): Buffer {
  const copy = Buffer.from(rdata);
  copy[at] = value ?? (copy[at] ?? 0) ^ 1;
  return copy;
}
