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

/** Equal for two configurations that may share a cache as it is. */
export function cacheTerms(config: Config): string {
  const { size, maxNegativeTtl } = config.cache;
  return JSON.stringify([size, maxNegativeTtl, verdictTerms(config)]);
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
