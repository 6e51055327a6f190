/**
 * Where chains of trust start, and where validation is switched off. Which of them governs a name is
 * decided by the closest one at or above it.
 *
 * Source: RFC 4035 §5, RFC 6840 §5.10 (nested anchors), RFC 7646 §2.1, §3 (negative trust anchors).
 */
import type { Name } from "../ports/message.ts";
import { ROOT, parentOf } from "../wire/names.ts";
import { nameToText } from "../wire/presentation.ts";
import { type DelegationSigner, isDigestOf } from "./digest.ts";
import { type Dnskey, isSameKey } from "./dnskey.ts";

/** Keys of one zone that are trusted without proof, by digest or in full. */
export interface TrustAnchor {
  readonly zone: Name;
  readonly ds: readonly DelegationSigner[];
  readonly keys: readonly Dnskey[];
}

export type Rule =
  | { readonly kind: "anchor"; readonly zone: Name; readonly anchor: TrustAnchor }
  | { readonly kind: "negative-anchor" | "insecure-zone"; readonly zone: Name }
  | { readonly kind: "no-anchor"; readonly zone: Name };

export interface AnchorOptions {
  readonly anchors: readonly TrustAnchor[];
  readonly negative: readonly Name[];
  /** Domains with servers of their own and no anchor: insecure (split DNS). */
  readonly insecureZones: readonly Name[];
}

const NO_ANCHOR: Rule = { kind: "no-anchor", zone: ROOT };

/** The rules in force. Anchors change when a zone's key rolls; the rest is configuration. */
export class Anchors {
  /** BOUNDED: by the configuration. */
  readonly #rules = new Map<Name, Rule>();
  readonly #negative: ReadonlySet<Name>;

  constructor(options: AnchorOptions) {
    this.#negative = new Set(options.negative);
    for (const zone of options.insecureZones) this.#rules.set(zone, { kind: "insecure-zone", zone });
    for (const anchor of options.anchors) this.replace(anchor);
    // RFC 7646 §3: at the node of a positive anchor a negative one "MUST take precedence".
    for (const zone of options.negative) this.#rules.set(zone, { kind: "negative-anchor", zone });
  }

  /** Puts `anchor` in force for its zone; without a key or digest the zone has no anchor any more. */
  replace(anchor: TrustAnchor): void {
    const { zone } = anchor;
    if (this.#negative.has(zone)) return;
    if (anchor.ds.length + anchor.keys.length > 0) this.#rules.set(zone, { kind: "anchor", zone, anchor });
    else this.#rules.delete(zone);
  }

  /** The closest rule at or above `name`. */
  governing(name: Name): Rule {
    // Nearly always there is the root's anchor and nothing else.
    const root = this.#rules.size === 1 ? this.#rules.get(ROOT) : undefined;
    if (root !== undefined) return root;
    for (let at = name; ; at = parentOf(at)) {
      const rule = this.#rules.get(at);
      if (rule !== undefined) return rule;
      if (at === ROOT) return NO_ANCHOR;
    }
  }

  /** Zones with a key or digest here that `other` does not have: what it has proven counts there no more. */
  lostTo(other: Anchors): Name[] {
    return [...this.#rules.values()].flatMap((rule) => {
      if (rule.kind !== "anchor") return [];
      const after = other.#rules.get(rule.zone);
      return after?.kind === "anchor" && hasAllOf(after.anchor, rule.anchor) ? [] : [rule.zone];
    });
  }

  /** The keys by which anything is proven: zone, tag and algorithm, which a key and its digests have in common. */
  get keyNames(): readonly string[] {
    const names = [...this.#rules.values()].flatMap((rule) => {
      if (rule.kind !== "anchor") return [];
      const { zone, ds, keys } = rule.anchor;
      const named = [...ds.map(({ keyTag, algorithm }) => ({ tag: keyTag, algorithm })), ...keys];
      return named.map(({ tag, algorithm }) => `${nameToText(zone)} ${tag} ${algorithm}`);
    });
    return [...new Set(names)].sort();
  }

  /** Whether there is anything to validate by. */
  get isEmpty(): boolean {
    return ![...this.#rules.values()].some((rule) => rule.kind === "anchor");
  }
}

/** Whether each key and digest of `before` is in force by `after`: a digest also by the key that it is of. */
export function hasAllOf(after: TrustAnchor, before: TrustAnchor): boolean {
  const { zone } = before;
  return (
    before.keys.every(
      (key) =>
        after.keys.some((other) => isSameKey(other, key)) ||
        after.ds.some((digest) => isDigestOf(digest, zone, key)),
    ) &&
    before.ds.every(
      (digest) =>
        after.ds.some((other) => isSameDigest(other, digest)) ||
        after.keys.some((key) => isDigestOf(digest, zone, key)),
    )
  );
}

function isSameDigest(a: DelegationSigner, b: DelegationSigner): boolean {
  return a.digestType === b.digestType && Buffer.compare(a.digest, b.digest) === 0;
}
