/**
 * A tree of zones: delegations and DS records are put into the parents by themselves, so that a list of
 * zones is all a test writes.
 */
import type { Name } from "../../src/ports/message.ts";
import { labelCount, parentOf, ROOT } from "../../src/wire/names.ts";
import { Zone, type ZoneSpec } from "./zone.ts";
import { dsOf } from "./zone-key.ts";
import { lineText, named, nameText } from "./zone-text.ts";

const TYPE_DS = 43;

export interface TreeSpec extends ZoneSpec {
  /** What the parent has in place of the DS of this zone's keys: lines; `[]` makes the delegation insecure. */
  readonly ds?: readonly string[] | ((zone: Zone) => readonly string[]);
  /** More lines for the parent: a CNAME beside the cut, say. */
  readonly atParent?: readonly string[];
}

export interface Tree {
  readonly zones: ReadonlyMap<Name, Zone>;
  /** Trust anchor of the root: DS lines. */
  readonly anchors: readonly string[];
  /** The zone with the data for a name: the parent's for DS at a cut (RFC 4035 §3.1.4.1). */
  zoneFor(qname: Name, qtype: number): Zone | undefined;
}

/** One zone must be the root. */
export function buildTree(specs: readonly TreeSpec[]): Tree {
  const zones = new Map<Name, Zone>();
  const delegations = new Map<Name, string[]>();
  const apexes = new Set(specs.map((spec) => named(spec.apex)));
  const deepestFirst = [...specs].sort((a, b) => labelCount(named(b.apex)) - labelCount(named(a.apex)));
  for (const spec of deepestFirst) {
    const zone = new Zone(spec, delegations.get(named(spec.apex)));
    zones.set(zone.apex, zone);
    const parent = parentZone(zone.apex, apexes);
    if (parent === undefined) continue;
    const lines = delegations.get(parent) ?? [];
    lines.push(
      `${nameText(zone.apex)} 3600 NS ns.lab.example.`,
      ...dsLines(spec, zone),
      ...(spec.atParent ?? []),
    );
    delegations.set(parent, lines);
  }
  return {
    zones,
    anchors: anchorsOf(zones.get(ROOT)),
    zoneFor: (qname, qtype) => zoneFor(zones, qname, qtype),
  };
}

function zoneFor(zones: ReadonlyMap<Name, Zone>, qname: Name, qtype: number): Zone | undefined {
  let at = qname;
  if (qtype === TYPE_DS && qname !== ROOT && zones.has(qname)) at = parentOf(at);
  for (; at !== ROOT; at = parentOf(at)) {
    const zone = zones.get(at);
    if (zone !== undefined) return zone;
  }
  return zones.get(ROOT);
}

function parentZone(apex: Name, apexes: ReadonlySet<Name>): Name | undefined {
  if (apex === ROOT) return undefined;
  for (let at = parentOf(apex); at !== ROOT; at = parentOf(at)) if (apexes.has(at)) return at;
  return ROOT;
}

function dsLines(spec: TreeSpec, zone: Zone): readonly string[] {
  if (typeof spec.ds === "function") return spec.ds(zone);
  return spec.ds ?? zone.dsLines();
}

/** In presentation format: `. DS TAG ALGORITHM DIGEST-TYPE DIGEST`. */
function anchorsOf(root: Zone | undefined): string[] {
  return (root?.keys.ksk ?? []).map((key) => {
    const ds = dsOf(ROOT, key);
    return `. DS ${key.tag} ${key.algorithm} 2 ${ds.subarray(4).toString("hex").toUpperCase()}`;
  });
}

/** A DS line of a zone, made of any octets: unknown algorithms and digests, keys of others. */
export function dsLine(apex: string, rdata: Buffer): string {
  return lineText(named(apex), 3600, TYPE_DS, rdata).replace(" IN ", " ");
}
