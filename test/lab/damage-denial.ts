/** Damage to NSEC proofs and to wildcard answers. Source: RFC 4035 §5.4; RFC 6840 §4. */
import { inAnswer, inAuthority, unsigned, type Damage, type Edit, type Scene } from "./damage-row.ts";
import { corrupted, type RRset } from "./signer.ts";
import { matchingOrCovering } from "./zone-proofs.ts";

const TYPE_SOA = 6;
const TYPE_NSEC = 47;
const NOERROR = 0;
const NXDOMAIN = 3;

const NOPE = [["nope", "A"]] as const;
const NODATA = [["www", "MX"]] as const;
const WILD = [["any.wild", "A"]] as const;

export const DENIAL_DAMAGES: readonly Damage[] = [
  row(
    "nxdomain-bare",
    "nothing proves it",
    NOPE,
    inAuthority((set) => (set.type === TYPE_SOA ? set : undefined)),
  ),
  row("nxdomain-empty", "the authority section is empty", NOPE, (outcome) => ({ ...outcome, authority: [] })),
  row(
    "nxdomain-no-wildcard-proof",
    "no NSEC denies the wildcard",
    NOPE,
    proofs(NXDOMAIN, ({ zone, name }) => matchingOrCovering(zone, name("nope"))),
  ),
  row(
    "nxdomain-no-name-proof",
    "no NSEC denies the name itself",
    NOPE,
    proofs(NXDOMAIN, ({ zone, name }) => matchingOrCovering(zone, name("*"))),
  ),
  row(
    "nxdomain-wrong-interval",
    "its NSECs cover other names",
    NOPE,
    proofs(NXDOMAIN, ({ zone, name }) => [
      ...matchingOrCovering(zone, name("zzz")),
      ...matchingOrCovering(zone, name("xx")),
    ]),
  ),
  row(
    "nxdomain-unsigned-nsec",
    "its NSECs are not signed",
    NOPE,
    inAuthority((set) => (set.type === TYPE_NSEC ? unsigned(set) : set)),
  ),
  row(
    "nxdomain-corrupt-nsec",
    "the signatures of its NSECs are corrupt",
    NOPE,
    inAuthority((set) =>
      set.type === TYPE_NSEC ? { ...set, signatures: set.signatures.map(corrupted) } : set,
    ),
  ),
  row(
    "nxdomain-stretched-nsec",
    "the interval of an NSEC was stretched",
    NOPE,
    inAuthority((set, { name }) => (set.type === TYPE_NSEC ? stretched(set, name("zz")) : set)),
  ),
  row(
    "nxdomain-for-existing",
    "the name is there",
    [["www", "A"]],
    proofs(NXDOMAIN, ({ zone, name }) => [
      ...matchingOrCovering(zone, name("www")),
      ...matchingOrCovering(zone, name("*")),
    ]),
  ),
  row(
    "nxdomain-for-ent",
    "the name is an empty non-terminal",
    [["b.ent", "A"]],
    proofs(NXDOMAIN, ({ zone, name }) => [
      ...matchingOrCovering(zone, name("b.ent")),
      ...matchingOrCovering(zone, name("*.ent")),
    ]),
  ),
  row(
    "nxdomain-over-wildcard",
    "a wildcard would answer",
    [["any.wild", "A"]],
    proofs(NXDOMAIN, ({ zone, name }) => [
      ...matchingOrCovering(zone, name("any.wild")),
      ...matchingOrCovering(zone, name("*")),
    ]),
  ),
  row(
    "nodata-bare",
    "nothing proves it",
    NODATA,
    inAuthority((set) => (set.type === TYPE_SOA ? set : undefined)),
  ),
  row(
    "nodata-for-existing",
    "the type is there, as its NSEC says",
    [["www", "A"]],
    proofs(NOERROR, ({ zone, name }) => matchingOrCovering(zone, name("www"))),
  ),
  row(
    "nodata-over-cname",
    "a CNAME is there, as its NSEC says (RFC 6840 §4.3)",
    [["alias", "MX"]],
    proofs(NOERROR, ({ zone, name }) => matchingOrCovering(zone, name("alias"))),
  ),
  row(
    "nodata-of-other-name",
    "its NSEC is another name's",
    NODATA,
    proofs(NOERROR, ({ zone, name }) => matchingOrCovering(zone, name("zz"))),
  ),
  row(
    "nodata-for-wildcard",
    "the wildcard has the type, as its NSEC says",
    [["any.wild", "TXT"]],
    proofs(NOERROR, ({ zone, name }) => [
      ...matchingOrCovering(zone, name("any.wild")),
      ...matchingOrCovering(zone, name("*.wild")),
    ]),
  ),
  row(
    "nodata-by-expanded-nsec",
    "its NSEC is the wildcard's, expanded",
    [["any.wild", "MX"]],
    proofs(NOERROR, ({ zone, name }) =>
      matchingOrCovering(zone, name("*.wild")).map((set) => ({ ...set, owner: name("any.wild") })),
    ),
  ),
  row(
    "nodata-of-absent-name",
    "the name is not there, and NOERROR says it is",
    NOPE,
    (outcome) => ({ ...outcome, rcode: NOERROR }),
    "not-secure",
  ),
  {
    ...row(
      "denied-by-delegation",
      "its NSEC is that of a delegation above (RFC 6840 §4.1)",
      [["x.cut", "A"]],
      proofs(NXDOMAIN, ({ zone, name }) => matchingOrCovering(zone, name("cut"))),
      "not-secure",
    ),
    records: ["cut NS ns.lab.example."],
  },
  {
    ...row(
      "denied-by-dname",
      "its NSEC has a DNAME, so what is below is elsewhere (RFC 6840 §4.1)",
      [["x.dn", "A"]],
      proofs(NXDOMAIN, ({ zone, name }) => matchingOrCovering(zone, name("dn"))),
    ),
    records: ["dn DNAME example.org."],
  },
  row("denied-by-parent", "the NSECs are the parent zone's", NOPE, (outcome, { parent, name }) => ({
    ...outcome,
    authority: [
      parent.soa,
      ...matchingOrCovering(parent, name("nope")),
      ...matchingOrCovering(parent, name("*")),
    ],
  })),
  row("denied-by-stranger", "the NSECs are another zone's", NOPE, (outcome, { tree, zone }) => {
    const stranger =
      [...tree.zones.values()].find(({ apex }) => apex.startsWith("\x07example\x03com")) ?? zone;
    return { ...outcome, authority: [stranger.soa, ...stranger.denials.slice(0, 4)] };
  }),
  row("wildcard-bare", "nothing proves that no closer name is there", WILD, (outcome) => ({
    ...outcome,
    authority: [],
  })),
  row("wildcard-wrong-proof", "its NSEC covers another name", WILD, (outcome, { zone, name }) => ({
    ...outcome,
    authority: matchingOrCovering(zone, name("zzz")),
  })),
  row("wildcard-unsigned-proof", "its NSEC is not signed", WILD, inAuthority(unsigned)),
  row(
    "wildcard-over-existing",
    "the wildcard is put over a name that is there",
    [["closer.wild", "A"]],
    (_, { ask, name }) => {
      const wild = ask("any.wild", "A");
      return { ...wild, answer: wild.answer.map((set) => ({ ...set, owner: name("closer.wild") })) };
    },
  ),
  row(
    "wildcard-elsewhere",
    "the wildcard is put over a name it does not cover",
    [["www", "A"]],
    (_, { ask, name }) => {
      const wild = ask("any.wild", "A");
      return { ...wild, answer: wild.answer.map((set) => ({ ...set, owner: name("www") })) };
    },
  ),
  row(
    "wildcard-of-parent",
    "it is the parent's wildcard, put over this zone",
    [["www", "A"]],
    (_, { parent, name, ask }) => ({
      ...ask("www", "A"),
      answer: parent
        .typesAt(`\x01*${parent.apex}` as never)
        .filter((set) => set.type === 1)
        .map((set) => ({ ...set, owner: name("www") })),
      authority: matchingOrCovering(parent, name("www")),
    }),
  ),
  row(
    "negative-without-soa",
    "it has no SOA, which no proof needs",
    NOPE,
    inAuthority((set) => (set.type === TYPE_SOA ? undefined : set)),
    "secure",
  ),
  row(
    "wildcard-literal",
    "nothing: `*` was asked for itself",
    [["*.wild", "A"]],
    inAnswer((set) => set),
    "secure",
  ),
];

function row(
  kind: string,
  text: string,
  questions: Damage["questions"],
  rewrite: Edit,
  expect: Damage["expect"] = "bogus",
): Damage {
  return { kind, text, questions, expect, rewrite };
}

/** No answer, that RCODE, the zone's SOA and these proofs. */
function proofs(rcode: number, pick: (scene: Scene) => readonly RRset[]): Edit {
  return (_, scene) => ({ rcode, answer: [], authority: [scene.zone.soa, ...pick(scene)] });
}

/** With another next name, the signature as it was. */
function stretched(set: RRset, next: string): RRset {
  const [rdata = Buffer.alloc(0)] = set.rdatas;
  let at = 0;
  for (let length = rdata[at] ?? 0; length > 0; length = rdata[at] ?? 0) at += length + 1;
  return { ...set, rdatas: [Buffer.concat([Buffer.from(next, "latin1"), rdata.subarray(at + 1)])] };
}
