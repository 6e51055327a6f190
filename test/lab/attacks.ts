/**
 * Zones that cost a validator without bounds its CPU. Each answer must end in SERVFAIL or insecure, soon.
 *
 * Source: CVE-2023-50387 (KeyTrap), CVE-2023-50868 (NSEC3 closest encloser).
 */
import type { Name, Question } from "../../src/ports/message.ts";
import { Type } from "../../src/wire/codes.ts";
import type { Outcome, Rewrite } from "./authority.ts";
import { corrupted, rrsigRdata, type Period } from "./signer.ts";
import { dsLine, type Tree, type TreeSpec } from "./tree.ts";
import { dsOf, makeZoneKey, SEP_FLAG, zoneKey, ZONE_FLAG, type ZoneKey } from "./zone-key.ts";
import { named } from "./zone-text.ts";

const KEYTRAP = "keytrap.example.";
const DS_TRAP = "dstrap.example.";
const TRAPS = 100;

/** Flag bits nobody has given a meaning: free to reach a wanted tag with (RFC 4034 §2.1.1). */
const REVOKED_OR_ZONE = 0x0180;

export function attackZones(period: Period): TreeSpec[] {
  const keys = sameTagKeys(TRAPS);
  const own = makeZoneKey({ algorithm: 13, seed: KEYTRAP });
  return [
    // `www A`: 100 signatures that 100 keys of one tag may have made.
    {
      apex: KEYTRAP,
      records: ["www A 192.0.2.80", "ok A 192.0.2.81"],
      security: { period, keys: { ksk: [own], zsk: [own] }, extraKeys: keys },
    },
    // As many DS as keys, all of one tag, and none that fits.
    {
      apex: DS_TRAP,
      records: ["www A 192.0.2.80"],
      security: { period, keys: { ksk: keys, zsk: keys.slice(0, 1) } },
      ds: keys.map((key) => dsLine(DS_TRAP, corrupted(dsOf(named(DS_TRAP), key)))),
    },
    {
      apex: "iterations500.example.",
      records: ["www A 192.0.2.80"],
      security: { period, denial: { kind: "nsec3", iterations: 500 } },
    },
    {
      apex: "iterations150.example.",
      records: ["www A 192.0.2.80"],
      security: { period, denial: { kind: "nsec3", iterations: 150, salt: "aabbccddeeff0011" } },
    },
    {
      apex: "many-records.example.",
      records: Array.from({ length: 1000 }, (_, i) => `www A 10.0.${i >> 8}.${i & 255}`),
      security: { period },
    },
    // `c0`: a chain of 60 links.
    {
      apex: "many-links.example.",
      records: [...Array.from({ length: 60 }, (_, i) => `c${i} CNAME c${i + 1}`), "c60 A 192.0.2.60"],
      security: { period },
    },
  ];
}

/** Puts the signatures of KeyTrap into the answers. */
export function attackRewrites(tree: Tree): Map<Name, Rewrite> {
  const apex = named(KEYTRAP);
  const zone = tree.zones.get(apex);
  const keys = zone?.security?.extraKeys ?? [];
  const www = named("www", apex);
  const signing = { signer: apex, ...(zone?.security?.period ?? { inception: 0, expiration: 0 }) };
  const rewrite = (question: Question, outcome: Outcome): Outcome => {
    if (question.qname !== www || question.qtype !== Type.A) return outcome;
    const answer = outcome.answer.map((set) => ({
      ...set,
      signatures: keys.map((key) => corrupted(rrsigRdata(set, key, signing))),
    }));
    return { ...outcome, answer };
  };
  return new Map([[apex, rewrite]]);
}

/** P-256 keys of one key tag, all valid points: each costs a whole verification. */
export function sameTagKeys(count: number): ZoneKey[] {
  const first = makeZoneKey({ algorithm: 13, seed: "same tag" });
  const keys = [first];
  for (let i = 0; keys.length < count; i++) {
    const { privateKey } = makeZoneKey({ algorithm: 13, seed: `same tag ${i}` });
    const flags = flagsForTag(privateKey, first.tag);
    if (flags !== undefined) keys.push(zoneKey(13, flags, privateKey));
  }
  return keys;
}

/** Zone-key flags that give this key that tag, where the free bits allow it. */
function flagsForTag(privateKey: ZoneKey["privateKey"], tag: number): number | undefined {
  const plain = zoneKey(13, ZONE_FLAG | SEP_FLAG, privateKey).tag;
  // The flags are one of the words that the tag is a sum of, so the tag moves with them, but for the carry.
  for (const carry of [0, 1, -1]) {
    const flags = (ZONE_FLAG + SEP_FLAG + tag - plain + carry + 0x2_0000) & 0xffff;
    if ((flags & REVOKED_OR_ZONE) !== ZONE_FLAG) continue;
    if (zoneKey(13, flags, privateKey).tag === tag) return flags;
  }
  return undefined;
}
