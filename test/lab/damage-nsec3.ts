/** Damage to NSEC3 proofs. Source: RFC 5155 §8; RFC 9276 §3.2. */
import { inAuthority, unsigned, type Damage, type Edit, type Scene } from "./damage-row.ts";
import { nsec3Hash, base32hex } from "./denial.ts";
import type { RRset } from "./signer.ts";
import { matchingOrCovering } from "./zone-proofs.ts";
import type { Name } from "../../src/ports/message.ts";
import { prependLabel } from "../../src/wire/names.ts";

const TYPE_SOA = 6;
const TYPE_NSEC3 = 50;
const NOERROR = 0;
const NXDOMAIN = 3;

const NOPE = [["nope", "A"]] as const;
const NODATA = [["www", "MX"]] as const;
const WILD = [["any.wild", "A"]] as const;

export const NSEC3_DAMAGES: readonly Damage[] = [
  row(
    "n3-nxdomain-bare",
    "nothing proves it",
    NOPE,
    inAuthority((set) => (set.type === TYPE_SOA ? set : undefined)),
  ),
  row("n3-no-encloser", "no NSEC3 matches the closest encloser", NOPE, proofs(NXDOMAIN, ["nope", "*"])),
  row("n3-no-next-closer", "no NSEC3 covers the next closer name", NOPE, proofs(NXDOMAIN, ["@", "*"])),
  row("n3-no-wildcard-proof", "no NSEC3 denies the wildcard", NOPE, proofs(NXDOMAIN, ["@", "nope"])),
  row(
    "n3-unsigned",
    "its NSEC3s are not signed",
    NOPE,
    inAuthority((set) => (set.type === TYPE_NSEC3 ? unsigned(set) : set)),
  ),
  row(
    "n3-unknown-hash",
    "its NSEC3s have an unknown hash algorithm (RFC 5155 §8.1)",
    NOPE,
    resigned((rdata) => (rdata.writeUInt8(2, 0), rdata)),
    "not-secure",
  ),
  row(
    "n3-unknown-flags",
    "its NSEC3s have unknown flags (RFC 5155 §8.2)",
    NOPE,
    resigned((rdata) => (rdata.writeUInt8(2, 1), rdata)),
    "not-secure",
  ),
  row("n3-short-hash", "the next hash of its NSEC3s has 19 octets", NOPE, resigned(shortHash), "not-secure"),
  row(
    "n3-other-salt",
    "its NSEC3s tell of another salt than they were hashed with",
    NOPE,
    resigned((rdata) => Buffer.concat([rdata.subarray(0, 4), Buffer.from([1, 0xaa]), rdata.subarray(5)])),
    "not-secure",
  ),
  row(
    "n3-foreign-owner",
    "the owner of its NSEC3s is not directly below the zone",
    NOPE,
    inAuthority((set, { zone, name }) =>
      set.type === TYPE_NSEC3
        ? zone.sign({ ...set, owner: (set.owner.slice(0, 33) + name("sub")) as Name })
        : set,
    ),
    "not-secure",
  ),
  row("n3-nxdomain-for-existing", "the name is there", [["www", "A"]], proofs(NXDOMAIN, ["@", "www", "*"])),
  row(
    "n3-nxdomain-for-ent",
    "the name is an empty non-terminal",
    [["b.ent", "A"]],
    proofs(NXDOMAIN, ["ent", "b.ent", "*.ent"]),
  ),
  row(
    "n3-nxdomain-over-wildcard",
    "a wildcard would answer",
    [["any.wild", "A"]],
    proofs(NXDOMAIN, ["wild", "any.wild", "*.wild"]),
  ),
  row(
    "n3-nodata-bare",
    "nothing proves it",
    NODATA,
    inAuthority((set) => (set.type === TYPE_SOA ? set : undefined)),
  ),
  row(
    "n3-nodata-for-existing",
    "the type is there, as its NSEC3 says",
    [["www", "A"]],
    proofs(NOERROR, ["www"]),
  ),
  row(
    "n3-nodata-over-cname",
    "a CNAME is there, as its NSEC3 says",
    [["alias", "MX"]],
    proofs(NOERROR, ["alias"]),
  ),
  row("n3-nodata-of-other-name", "its NSEC3 is another name's", NODATA, proofs(NOERROR, ["zz"])),
  row(
    "n3-nodata-for-wildcard",
    "the wildcard has the type, as its NSEC3 says",
    [["any.wild", "TXT"]],
    proofs(NOERROR, ["wild", "any.wild", "*.wild"]),
  ),
  row("n3-wildcard-bare", "nothing proves that no closer name is there", WILD, (outcome) => ({
    ...outcome,
    authority: [],
  })),
  row("n3-wildcard-wrong-proof", "its NSEC3 covers another name", WILD, (outcome, { zone, name }) => ({
    ...outcome,
    authority: matchingOrCovering(zone, name("www")),
  })),
  row(
    "n3-wildcard-over-existing",
    "the wildcard is put over a name that is there",
    [["closer.wild", "A"]],
    (_, { ask, name }) => {
      const wild = ask("any.wild", "A");
      return { ...wild, answer: wild.answer.map((set) => ({ ...set, owner: name("closer.wild") })) };
    },
  ),
  {
    ...row(
      "n3-denied-by-delegation",
      "the closest encloser is a delegation (RFC 5155 §8.3)",
      [["x.cut", "A"]],
      proofs(NXDOMAIN, ["cut", "x.cut", "*.cut"]),
      "not-secure",
    ),
    records: ["cut NS ns.lab.example."],
  },
  {
    ...row(
      "n3-denied-by-dname",
      "the closest encloser has a DNAME (RFC 5155 §8.3)",
      [["x.dn", "A"]],
      proofs(NXDOMAIN, ["dn", "x.dn", "*.dn"]),
    ),
    records: ["dn DNAME example.org."],
  },
  row(
    "n3-parent-impersonated",
    "an NSEC3 one label deeper stands in for the zone's own",
    NOPE,
    impersonated,
    "not-secure",
  ),
  {
    ...row(
      "n3-optout-nxdomain",
      "nothing: but an opt-out span cannot prove absence (RFC 5155 §9.2)",
      NOPE,
      (outcome) => outcome,
      "insecure",
    ),
    security: { denial: { kind: "nsec3", optOut: true } },
  },
];

function row(
  kind: string,
  text: string,
  questions: Damage["questions"],
  rewrite: Edit,
  expect: Damage["expect"] = "bogus",
): Damage {
  const security = { denial: { kind: "nsec3" as const } };
  return { kind, text, questions, expect, security, rewrite };
}

/** No answer, that RCODE, the SOA and the NSEC3s that match or cover these names. */
function proofs(rcode: number, names: readonly string[]): Edit {
  return (_, { zone, name }) => {
    const sets = names.flatMap((text) => matchingOrCovering(zone, name(text)));
    return { rcode, answer: [], authority: [zone.soa, ...new Set(sets)] };
  };
}

/** Each NSEC3 with other RDATA, rightly signed. */
function resigned(edit: (rdata: Buffer) => Buffer): Edit {
  return inAuthority((set, { zone }) =>
    set.type === TYPE_NSEC3
      ? zone.sign({ ...set, rdatas: set.rdatas.map((rdata) => edit(Buffer.from(rdata))) })
      : set,
  );
}

function shortHash(rdata: Buffer): Buffer {
  return Buffer.concat([rdata.subarray(0, 5), Buffer.from([19]), rdata.subarray(6, 25), rdata.subarray(26)]);
}

/** A signed NSEC3 whose owner is the hash of `nope`'s parent, but below that hash's own label once more. */
function impersonated(
  outcome: { rcode: number },
  { zone, name }: Scene,
): { rcode: number; answer: []; authority: RRset[] } {
  const label = base32hex(nsec3Hash(zone.apex, 0, Buffer.alloc(0)));
  const inner = prependLabel(label, zone.apex) ?? zone.apex;
  const sets = matchingOrCovering(zone, name("nope")).map((set) =>
    zone.sign({ ...set, owner: (set.owner.slice(0, 33) + inner) as Name }),
  );
  return { rcode: outcome.rcode, answer: [], authority: [zone.soa, ...sets] };
}
