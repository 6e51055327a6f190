/**
 * Proofs beside the truth: small zones made at random, whose records an upstream shows all of, or any part. What is
 * proven must be so, and with every record in hand whatever is so must be proven.
 *
 * Source: RFC 1034 §4.3.2, RFC 4592 §3.3.1, §4.9, RFC 6672 §2.3 (the truth); RFC 4035 §5.4, RFC 5155 §8 (the proofs).
 */
import { describe, expect, it } from "vitest";
import type { Denial } from "../../../src/dnssec/denial.ts";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import {
  proveExpansionByNsec,
  proveNameErrorByNsec,
  proveNoDataByNsec,
  readNsec,
} from "../../../src/dnssec/nsec.ts";
import { Nsec3Set, readNsec3 } from "../../../src/dnssec/nsec3.ts";
import {
  proveExpansionByNsec3,
  proveNameErrorByNsec3,
  proveNoDataByNsec3,
} from "../../../src/dnssec/nsec3-proofs.ts";
import type { Name } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { isAtOrBelow, parentOf, wildcardOf } from "../../../src/wire/names.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { type DenialOptions, type DenialRecord, makeChain } from "../../lab/denial.ts";
import { name } from "../../support/records.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const ZONES = 300;
const QUESTIONS = 40;
const APEX = name("example");
const LABELS = ["a", "b", "c", "*"];
const QTYPES = [Type.A, Type.TXT, Type.CNAME, Type.DS, Type.NS, Type.DNAME];
const CONTENTS: readonly (readonly number[])[] = [
  [Type.A],
  [Type.TXT],
  [Type.A, Type.TXT],
  [Type.CNAME],
  [Type.DNAME],
  [Type.DNAME, Type.A],
  [Type.NS],
  [Type.NS, Type.DS],
];

/** Types by name; names in between own nothing. */
type Nodes = ReadonlyMap<Name, readonly number[]>;

/** What a zone says of a name and a type. `source`: the wildcard that stands for the name. */
type Truth =
  | { readonly kind: "data" | "nodata" | "alias"; readonly source: Name | undefined }
  | { readonly kind: "nxdomain" | "unsigned-cut" | "elsewhere"; readonly source?: undefined };

interface Proofs {
  nxdomain(qname: Name): Denial | undefined;
  noData(qname: Name, qtype: number): Denial | undefined;
  expansion(qname: Name, encloser: Name): Denial | undefined;
}

const KINDS: readonly (readonly [string, DenialOptions])[] = [
  ["NSEC", { kind: "nsec" }],
  ["NSEC3", { kind: "nsec3" }],
  ["NSEC3 with opt-out", { kind: "nsec3", optOut: true }],
];

describe("denials in random zones [D34, D42, D43, D44, D51, D52]", () => {
  it.each(KINDS)("by %s are true, and complete where every record is shown", (_kind, options) => {
    const wrong: string[] = [];
    let proven = 0;
    for (let seed = 1; seed <= ZONES; seed++) {
      const random = new SeededRandom(seed);
      const nodes = randomNodes(random);
      const chain = makeChain(APEX, entriesOf(nodes, options), options).records;
      for (let i = 0; i < QUESTIONS; i++) {
        const isWhole = i % 4 === 0;
        const shown = isWhole ? chain : chain.filter(() => random.below(3) > 0);
        const qname = randomName(random, random.below(5));
        const qtype = QTYPES[random.below(QTYPES.length)]!;
        if (shown.length === 0 || (qname === APEX && qtype === Type.DS)) continue;
        const truth = truthOf(nodes, qname, qtype);
        for (const [claim, denial, isTrue] of claimsOf(
          proofsOf(options, shown),
          nodes,
          qname,
          qtype,
          truth,
        )) {
          if (denial !== undefined) proven++;
          // An opt-out span leaves room for what has no record.
          const isWrong =
            denial === undefined ? isWhole && isTrue && !mayBeOptedOut(options) : !denial.optOut && !isTrue;
          if (isWrong) wrong.push(`seed ${seed}: ${claim} of ${nameToText(qname)} ${qtype}, ${truth.kind}`);
        }
      }
    }

    expect(wrong).toEqual([]);
    expect(proven).toBeGreaterThan(4_000);
  });
});

/** Each claim, its proof, and whether it is so. */
function* claimsOf(
  proofs: Proofs,
  nodes: Nodes,
  qname: Name,
  qtype: number,
  truth: Truth,
): Generator<readonly [string, Denial | undefined, boolean]> {
  yield ["nxdomain", proofs.nxdomain(qname), truth.kind === "nxdomain"];
  const noData = proofs.noData(qname, qtype);
  const isDelegation = noData === undefined ? truth.kind === "unsigned-cut" : noData.kind === "delegation";
  yield ["nodata", noData, truth.kind === (isDelegation ? "unsigned-cut" : "nodata")];
  for (let encloser = qname; encloser !== APEX; ) {
    encloser = parentOf(encloser);
    const wildcard = wildcardOf(encloser);
    if (wildcard === undefined || !nodes.has(wildcard)) continue;
    yield ["expansion", proofs.expansion(qname, encloser), truth.source === wildcard];
  }
}

function proofsOf(options: DenialOptions, shown: readonly DenialRecord[]): Proofs {
  const rrsets = shown.map(({ owner, type, rdata }) => ({
    owner,
    type,
    records: [{ owner, type, class: 1, ttl: 300, rdata }],
    signatures: [],
  }));
  if (options.kind === "nsec") {
    const nsecs = rrsets.map((rrset) => readNsec(rrset)!);
    return {
      nxdomain: (qname) => proveNameErrorByNsec(qname, APEX, nsecs),
      noData: (qname, qtype) => proveNoDataByNsec(qname, qtype, APEX, nsecs),
      expansion: (qname, encloser) => proveExpansionByNsec(qname, encloser, APEX, nsecs),
    };
  }
  const records = rrsets.map((rrset) => readNsec3(rrset, APEX)!);
  const set = new Nsec3Set(APEX, records, { ...FLIGHT_WORK });
  return {
    nxdomain: (qname) => proveNameErrorByNsec3(qname, set),
    noData: (qname, qtype) => proveNoDataByNsec3(qname, qtype, set),
    expansion: (qname, encloser) => proveExpansionByNsec3(qname, encloser, set),
  };
}

function mayBeOptedOut(options: DenialOptions): boolean {
  return options.kind === "nsec3" && options.optOut === true;
}

function randomName(random: SeededRandom, labels: number): Name {
  return name(
    [...Array.from({ length: labels }, () => LABELS[random.below(LABELS.length)]), "example"].join("."),
  );
}

function randomNodes(random: SeededRandom): Nodes {
  const apexTypes = [Type.NS, Type.SOA, Type.DNSKEY, ...(random.below(12) === 0 ? [Type.DNAME] : [])];
  const nodes = new Map<Name, readonly number[]>([[APEX, apexTypes]]);
  for (let i = random.below(7); i >= 0; i--) {
    const owner = randomName(random, 1 + random.below(3));
    const types = CONTENTS[random.below(CONTENTS.length)]!;
    // A wildcard neither delegates nor redirects (RFC 4592 §4.2, §4.4).
    const isOdd = owner.startsWith("\x01*") && (types.includes(Type.NS) || types.includes(Type.DNAME));
    if (!isOdd) nodes.set(owner, types);
  }
  for (const owner of nodes.keys())
    if (owner !== APEX && leavesAt(nodes, parentOf(owner)) !== undefined) nodes.delete(owner);
  return nodes;
}

/** The cut or DNAME at or above `at` that takes what is below it out of the zone. */
function leavesAt(nodes: Nodes, at: Name): Name | undefined {
  for (let each = at; ; each = parentOf(each)) {
    const types = nodes.get(each) ?? [];
    if (types.includes(Type.DNAME) || (each !== APEX && types.includes(Type.NS))) return each;
    if (each === APEX) return undefined;
  }
}

/** Names that have a record in the chain: with NSEC3 empty non-terminals too, without unsigned cuts where these are opted out. */
function entriesOf(nodes: Nodes, options: DenialOptions): { name: Name; types: readonly number[] }[] {
  const owners = [...nodes].filter(
    ([owner, types]) => !(mayBeOptedOut(options) && isUnsignedCut(owner, types)),
  );
  const entries = new Map(owners);
  for (const [owner] of options.kind === "nsec" ? [] : owners) {
    for (let at = owner; at !== APEX; at = parentOf(at)) if (!entries.has(at)) entries.set(at, []);
  }
  return [...entries].map(([each, types]) => ({ name: each, types }));
}

function isUnsignedCut(owner: Name, types: readonly number[]): boolean {
  return owner !== APEX && types.includes(Type.NS) && !types.includes(Type.DS);
}

function truthOf(nodes: Nodes, qname: Name, qtype: number): Truth {
  const exists = (at: Name): boolean => [...nodes.keys()].some((owner) => isAtOrBelow(owner, at));
  if (qname !== APEX && leavesAt(nodes, parentOf(qname)) !== undefined) return { kind: "elsewhere" };
  const own = nodes.get(qname) ?? [];
  if (qname !== APEX && own.includes(Type.NS)) {
    if (qtype !== Type.DS) return { kind: "elsewhere" };
    return own.includes(Type.DS) ? { kind: "data", source: undefined } : { kind: "unsigned-cut" };
  }
  if (exists(qname)) return { kind: kindOf(own, qtype), source: undefined };
  let encloser = parentOf(qname);
  while (!exists(encloser)) encloser = parentOf(encloser);
  const source = wildcardOf(encloser)!;
  return exists(source) ? { kind: kindOf(nodes.get(source) ?? [], qtype), source } : { kind: "nxdomain" };
}

function kindOf(types: readonly number[], qtype: number): "data" | "nodata" | "alias" {
  if (types.includes(qtype)) return "data";
  return types.includes(Type.CNAME) ? "alias" : "nodata";
}
