/** What is kept of responses: the entries, and the ranges proven empty. Both within `cache.size`. */
import { Store } from "../cache/store.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Synthesis } from "../resolve/synthesis.ts";
import { isAtOrBelow } from "../wire/names.ts";

/** Share of `cache.size` that proven ranges may take: thousands of junk names cost a few hundred of them. */
const RANGE_SHARE = 1 / 8;

export interface CacheMemory {
  readonly store: Store;
  /** `undefined` where nothing is to be concluded from proofs. */
  readonly synthesis: Synthesis | undefined;
}

export function createCacheMemory(config: Config, clock: Clock, random: Random): CacheMemory {
  const synthesis = createSynthesis(config, clock);
  const store = new Store({ size: config.cache.size, beside: () => synthesis?.octets ?? 0 }, random);
  return { store, synthesis };
}

/**
 * Whether what was kept under one configuration may be kept under the next. A smaller cache starts anew: of the memory
 * that entries gave up nothing goes back to the system but all at once (`Blocks`).
 */
export function mayKeepCache(before: Config, after: Config): boolean {
  return (
    after.cache.size >= before.cache.size &&
    after.cache.maxNegativeTtl === before.cache.maxNegativeTtl &&
    verdictTerms(after) === verdictTerms(before)
  );
}

/** Gives it the room that a configuration allows, which is no less than it has. */
export function growCacheMemory({ store, synthesis }: CacheMemory, { cache }: Config): void {
  store.grow(cache.size);
  synthesis?.grow(cache.size * RANGE_SHARE);
}

/** What of a configuration decides whether responses judged under it are right under another. */
export function verdictTerms({ dnssec, privacy, upstream }: Config): string {
  const domains = upstream.servers.flatMap((server) => server.domains);
  return JSON.stringify([dnssec, privacy.rebindingProtection, privacy.rebindingAllow, domains]);
}

function createSynthesis({ dnssec, cache, upstream }: Config, clock: Clock): Synthesis | undefined {
  if (dnssec.mode === "off" || !dnssec.aggressiveNsec) return undefined;
  const exempt = [...dnssec.negativeTrustAnchors, ...upstream.servers.flatMap((server) => server.domains)];
  return new Synthesis(
    {
      maxOctets: cache.size * RANGE_SHARE,
      maxTtl: cache.maxNegativeTtl / 1_000,
      isExempt: (name) => exempt.some((ancestor) => isAtOrBelow(name, ancestor)),
    },
    clock,
  );
}
