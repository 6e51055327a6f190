/**
 * Deliberate damage: one zone `KIND.damaged.example.` a row, whose answers are wrong in that one way when
 * the row's questions are put. A validator must give the row's verdict, and never `secure` where the row
 * does not say so.
 */
import type { Name } from "../../src/ports/message.ts";
import { Type } from "../../src/wire/codes.ts";
import { resolve, type Rewrite } from "./authority.ts";
import { CHAIN_DAMAGES } from "./damage-chain.ts";
import { DENIAL_DAMAGES } from "./damage-denial.ts";
import { NSEC3_DAMAGES } from "./damage-nsec3.ts";
import { REDIRECTION_DAMAGES } from "./damage-redirection.ts";
import type { Damage, Scene } from "./damage-row.ts";
import { SIGNATURE_DAMAGES } from "./damage-signatures.ts";
import type { Period } from "./signer.ts";
import type { Tree, TreeSpec } from "./tree.ts";
import type { Zone } from "./zone.ts";
import { named } from "./zone-text.ts";
import { COMMON_RECORDS } from "./zones.ts";

const PARENT = "damaged.example.";

export const DAMAGES: readonly Damage[] = [
  ...SIGNATURE_DAMAGES,
  ...DENIAL_DAMAGES,
  ...NSEC3_DAMAGES,
  ...REDIRECTION_DAMAGES,
  ...CHAIN_DAMAGES,
];

/** The zones of all rows and their parent, for `buildTree`. */
export function damagedZones(period: Period, damages = DAMAGES): TreeSpec[] {
  const parent = { apex: PARENT, records: ["* A 192.0.2.123", "aa A 192.0.2.124"], security: { period } };
  return [parent, ...damages.map((damage) => zoneOf(damage, period))];
}

/** What `LabAuthority` needs to do the damage. */
export function damageRewrites(tree: Tree, damages = DAMAGES): Map<Name, Rewrite> {
  return new Map(
    damages.flatMap((damage) => {
      const apex = named(`${damage.kind}.${PARENT}`);
      return damage.rewrite === undefined ? [] : [[apex, rewriteOf(damage, apex, tree)] as const];
    }),
  );
}

/** The full name of a row's question. */
export function damagedName(damage: Damage, name: string): string {
  return name === "@" ? `${damage.kind}.${PARENT}` : `${name}.${damage.kind}.${PARENT}`;
}

function zoneOf({ kind, security, records = [], ds }: Damage, period: Period): TreeSpec {
  return {
    apex: `${kind}.${PARENT}`,
    records: [...COMMON_RECORDS, ...records],
    ...(security === false ? {} : { security: { period, ...security } }),
    ...(ds === undefined ? {} : { ds }),
  };
}

function rewriteOf(damage: Damage, apex: Name, tree: Tree): Rewrite {
  const zone = tree.zoneFor(apex, Type.SOA) as Zone;
  const parent = tree.zoneFor(apex, Type.DS) as Zone;
  const at = (damage.at ?? damage.questions).map(([name, type]) => `${named(name, apex)} ${Type[type]}`);
  return (question, outcome) => {
    if (!at.includes(`${question.qname} ${question.qtype}`)) return outcome;
    const scene: Scene = {
      question,
      zone,
      parent,
      tree,
      name: (text) => named(text, apex),
      ask: (text, type) => resolve(tree, { qname: named(text, apex), qtype: Type[type], qclass: 1 }),
    };
    return damage.rewrite?.(outcome, scene) ?? outcome;
  };
}
