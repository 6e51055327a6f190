/** One row of the table of damage, and the edits that rows share. */
import type { Name, Question } from "../../src/ports/message.ts";
import type { Type } from "../../src/wire/codes.ts";
import type { Outcome } from "./authority.ts";
import type { RRset } from "./signer.ts";
import type { Tree, TreeSpec } from "./tree.ts";
import type { Zone, ZoneSecurity } from "./zone.ts";

/** A name relative to the zone, and a type: `["www", "A"]`. */
export type Asked = readonly [name: string, type: keyof typeof Type];

/** Where a rewrite happens, and what it can take wrong data from. */
export interface Scene {
  readonly question: Question;
  readonly zone: Zone;
  readonly parent: Zone;
  readonly tree: Tree;
  /** The name relative to the zone's apex. */
  name(text: string): Name;
  /** What the tree truly has on another question. */
  ask(text: string, type: keyof typeof Type): Outcome;
}

export interface Damage {
  /** The zone's first label. */
  readonly kind: string;
  /** What is wrong, completing "the answer is wrong because …". */
  readonly text: string;
  readonly questions: readonly Asked[];
  /**
   * What RFC 4035 and its successors make of it. `not-secure` where they leave open which; `failed` where
   * the data cannot be had.
   */
  readonly expect: "secure" | "insecure" | "bogus" | "not-secure" | "failed";
  /** Where the damage is done; default `questions`. */
  readonly at?: readonly Asked[];
  readonly rewrite?: (outcome: Outcome, scene: Scene) => Outcome;
  /** `false`: the zone is not signed. */
  readonly security?: Partial<ZoneSecurity> | false;
  /** More lines for the zone. */
  readonly records?: readonly string[];
  readonly ds?: TreeSpec["ds"];
}

export type Edit = NonNullable<Damage["rewrite"]>;

/** A rewrite of each RRset of the answer section; `undefined` takes it away. */
export function inAnswer(edit: (set: RRset, scene: Scene) => RRset | undefined): Edit {
  return (outcome, scene) => ({
    ...outcome,
    answer: outcome.answer.flatMap((set) => edit(set, scene) ?? []),
  });
}

/** The same for the authority section. */
export function inAuthority(edit: (set: RRset, scene: Scene) => RRset | undefined): Edit {
  return (outcome, scene) => ({
    ...outcome,
    authority: outcome.authority.flatMap((set) => edit(set, scene) ?? []),
  });
}

export function unsigned(set: RRset): RRset {
  return { ...set, signatures: [] };
}

/** Edits a copy of each signature, after signing. */
export function editSignatures(edit: (rrsig: Buffer) => Buffer): (set: RRset) => RRset {
  return (set) => ({ ...set, signatures: set.signatures.map((rrsig) => edit(Buffer.from(rrsig))) });
}
