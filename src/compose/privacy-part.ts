/** Rules on answers and decoys, from the configuration. */
import type { Config } from "../config/config.ts";
import type { Store } from "../cache/store.ts";
import type { LocalData } from "../local/local-data.ts";
import type { RewriteRules } from "../local/rewritten.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Name } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { CoverTraffic } from "../privacy/cover-traffic.ts";
import { decoySites } from "../privacy/decoy-sites.ts";
import { Class, Type } from "../wire/codes.ts";
import { isAtOrBelow } from "../wire/names.ts";

/** Whether a server of its own `domains` answers for a name. */
export function splitDomains({ upstream }: Config): (name: Name) => boolean {
  const domains = upstream.servers.flatMap((server) => server.domains);
  return (name) => domains.some((domain) => isAtOrBelow(name, domain));
}

export function rewriteRules(config: Config, local: LocalData): RewriteRules {
  const { rebindingProtection, rebindingAllow } = config.privacy;
  const isSplit = splitDomains(config);
  return {
    alias: (question) => local.alias(question),
    isBlocked: (name) => local.isBlocked(name),
    blockedAnswer: (question) => local.blockedAnswer(question),
    mayBePrivate: (qname) =>
      !rebindingProtection || isSplit(qname) || rebindingAllow.some((allowed) => isAtOrBelow(qname, allowed)),
  };
}

export interface CoverDeps {
  readonly raw: Exchange;
  readonly local: LocalData;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly onBug: (error: unknown) => void;
}

/** `undefined` where there are to be no decoys. */
export function createCover(
  config: Config,
  { raw, local, store, clock, random, onBug }: CoverDeps,
): CoverTraffic | undefined {
  const { coverTraffic } = config.privacy;
  if (coverTraffic === "off") return undefined;
  const validates = config.dnssec.mode !== "off";
  const isSplit = splitDomains(config);
  const mayLeave = (qname: Name): boolean =>
    !isSplit(qname) && !local.isAnswered({ qname, qtype: Type.A, qclass: Class.IN });
  const isCached = (key: string): boolean => clock.now() < (store.peek(key)?.expiresAt ?? 0);
  const deps = { raw, clock, random, mayLeave, isCached, validates, onBug };
  return new CoverTraffic(coverTraffic, decoySites(), deps);
}
