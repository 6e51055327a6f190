/**
 * Finds out what a name is as the top of a zone: by the anchor or rule that stands for it, or by walking one
 * step down from the zone above (`zone-step.ts`).
 *
 * Source: RFC 4035 §5, RFC 6840 §5.10, RFC 7646.
 */
import type { Clock } from "../ports/clock.ts";
import type { Budget } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import type { Anchors, Rule } from "./anchors.ts";
import { entryFromAnchor } from "./apex-keys.ts";
import type { HelperDeps } from "./helper-answer.ts";
import type { ClockSkew } from "./rrsig.ts";
import type { VerifiedMemory } from "./verify.ts";
import type { DenialContext } from "./zone-denials.ts";
import type { KeyStore } from "./zone-key.ts";
import { MOST_LIFETIME, ZoneStep } from "./zone-step.ts";
import type { ZoneStatus } from "./zone-status.ts";

export interface WalkOptions {
  readonly maxIterations: number;
  readonly skew: ClockSkew;
  /** Milliseconds since 1970 for signatures; the wall clock's where absent. */
  readonly validationTime: number | undefined;
}

export interface WalkDeps extends HelperDeps {
  readonly clock: Clock;
  readonly anchors: Anchors;
  readonly keys: KeyStore;
  readonly memory: VerifiedMemory;
}

/** How the walk asks for what is above: through the map, so that each zone is walked once. */
export type StatusOf = (name: Name, budget: Budget) => Promise<ZoneStatus>;

export class ZoneWalk {
  readonly #options: WalkOptions;
  readonly #deps: WalkDeps;

  constructor(options: WalkOptions, deps: WalkDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get anchors(): Anchors {
    return this.#deps.anchors;
  }

  /** What a verification needs beside keys, with this flight's account of work. */
  context(budget: Budget): DenialContext {
    const { maxIterations, skew, validationTime } = this.#options;
    const now = Math.floor((validationTime ?? this.#deps.clock.wall()) / 1_000);
    return { now, skew, work: budget.work, memory: this.#deps.memory, maxIterations };
  }

  async walk(name: Name, budget: Budget, statusOf: StatusOf): Promise<ZoneStatus> {
    const rule = this.#deps.anchors.governing(name);
    if (rule.kind !== "anchor") return this.#ruled(name, rule);
    const step = new ZoneStep(name, { budget, statusOf, context: this.context(budget), ...this.#deps });
    if (rule.zone !== name) return step.fromAbove();
    const entry = entryFromAnchor(rule.anchor, (algorithm) =>
      this.#deps.keys.policy.isAlgorithmUsable(algorithm),
    );
    if (typeof entry === "string") return step.unsupported(entry, rule.anchor.ds, MOST_LIFETIME);
    return step.keysBy(entry, { by: "anchor", anchor: rule.anchor }, MOST_LIFETIME);
  }

  #ruled(name: Name, rule: Exclude<Rule, { kind: "anchor" }>): ZoneStatus {
    const settledAt = this.#deps.clock.now();
    const expiresAt = settledAt + MOST_LIFETIME * 1_000;
    const known = { name, settledAt, expiresAt, ds: undefined, above: undefined };
    return { ...known, kind: "insecure", cut: rule.zone, cause: { by: rule.kind } };
  }
}
