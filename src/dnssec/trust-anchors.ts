/**
 * Which anchors a configuration amounts to: its records, those of its file, and the built-in ones of the
 * root where neither says anything about the root.
 */
import type { ResourceRecord } from "../ports/message.ts";
import { ROOT } from "../wire/names.ts";
import type { AnchorFile } from "./anchor-file.ts";
import { anchorsFromLines, anchorsOf } from "./anchor-text.ts";
import type { TrustAnchor } from "./anchors.ts";
import { isDigestOf } from "./digest.ts";
import { isSameKey, unrevoked } from "./dnskey.ts";
import { ROOT_ANCHORS } from "./root-anchors.ts";
import { type TrustPoint, anchoringKeys, newTrustPoint, revokedKeys } from "./trust-point.ts";

/** One zone's anchors as given, with what was learned of its keys since. */
export interface GivenAnchor {
  readonly anchor: TrustAnchor;
  readonly point: TrustPoint;
}

/** What anchors the zone now: what was given but for revoked keys, and the keys that became valid since. */
export function anchorInForce({ anchor, point }: GivenAnchor): TrustAnchor {
  const { zone } = anchor;
  const gone = revokedKeys(point).map(unrevoked);
  const ds = anchor.ds.filter((each) => !gone.some((key) => isDigestOf(each, zone, key)));
  const own = anchor.keys.filter((key) => !gone.some((other) => isSameKey(other, key)));
  const tracked = anchoringKeys(point).filter((key) => !own.some((other) => isSameKey(other, key)));
  return { zone, ds, keys: [...own, ...tracked] };
}

/** What of `anchor` no tracked key stands for: nobody has seen such a key yet. */
export function untracked(anchor: TrustAnchor, { keys: tracked }: TrustPoint): TrustAnchor {
  const known = tracked.map(({ key }) => unrevoked(key));
  const { zone } = anchor;
  const ds = anchor.ds.filter((each) => !known.some((key) => isDigestOf(each, zone, key)));
  const keys = anchor.keys.filter((key) => !known.some((other) => isSameKey(other, key)));
  return { zone, ds, keys };
}

/** The root's anchors of this release. */
export function builtInAnchors(): readonly TrustAnchor[] {
  const source = anchorsFromLines(ROOT_ANCHORS);
  if (!source.ok) throw new Error("the built-in trust anchors are malformed");
  return source.anchors;
}

/**
 * The anchors of `configured` records and of a file. Built-in ones count where there are none of the root's
 * here: somebody who names the root's keys means those and no others.
 */
export function givenAnchors(
  configured: readonly ResourceRecord[],
  file: (AnchorFile & { ok: true }) | undefined,
): GivenAnchor[] {
  const given = new Map(anchorsOf(configured).map((anchor) => [anchor.zone, anchor]));
  for (const anchor of file?.anchors ?? []) {
    const other = given.get(anchor.zone);
    const ds = [...(other?.ds ?? []), ...anchor.ds];
    given.set(anchor.zone, { zone: anchor.zone, ds, keys: [...(other?.keys ?? []), ...anchor.keys] });
  }
  const points = new Map(file?.points.map((point) => [point.zone, point]) ?? []);
  for (const zone of points.keys()) if (!given.has(zone)) given.set(zone, { zone, ds: [], keys: [] });
  if (!given.has(ROOT)) for (const anchor of builtInAnchors()) given.set(anchor.zone, anchor);
  return [...given.values()].map((anchor) => ({
    anchor,
    point: points.get(anchor.zone) ?? newTrustPoint(anchor.zone),
  }));
}
