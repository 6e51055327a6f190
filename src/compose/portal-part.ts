/** The way out of a captive portal, from the configuration: which questions it is for, when, and to whom they go. */
import type { Config } from "../config/config.ts";
import type { LocalData } from "../local/local-data.ts";
import { isProbe, PROBES } from "../local/probe-names.ts";
import { type RewriteDeps, rewritten } from "../local/rewritten.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Question } from "../ports/message.ts";
import type { NetworkResolvers } from "../ports/network-resolvers.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import type { Random } from "../ports/random.ts";
import { PortalWindow } from "../resolve/portal-window.ts";
import { released } from "../resolve/released.ts";
import { scrubbed } from "../resolve/scrubbed.ts";
import { NetworkExchange } from "../upstream/network-exchange.ts";
import { networkResolvers } from "../upstream/network-resolvers.ts";
import { rewriteRules, splitDomains } from "./privacy-part.ts";
import type { UpstreamPart } from "./upstreams.ts";

export interface PortalPart {
  /** `next`, and beside it the network's own resolver for probes. */
  released(next: Exchange): Exchange;
  /** Whether the network's own resolver is asked this question now. */
  isReleased(question: Question): boolean;
  close(): void;
}

export interface PortalPartDeps {
  readonly local: LocalData;
  readonly upstreams: Pick<UpstreamPart, "outlook" | "askInClear">;
  /** Instead of what this system keeps. */
  readonly networkResolvers?: NetworkResolvers;
  readonly rewriting: RewriteDeps;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Whether probe names may ever go to the network's own resolver. Around a proxy nothing goes, whatever is enabled. */
function isPortalEnabled({ portal, upstream }: Config): boolean {
  return portal.enabled && upstream.proxy === undefined;
}

/** `undefined` where that is not enabled: then there is nobody who could ask in clear. */
export function createPortalPart(config: Config, deps: PortalPartDeps): PortalPart | undefined {
  if (!isPortalEnabled(config)) return undefined;
  const { local, upstreams, clock, random, log } = deps;
  const window = new PortalWindow({ clock, log, outlook: () => upstreams.outlook() });
  const isSplit = splitDomains(config);
  const mayLeave = (question: Question): boolean =>
    isProbe(question) &&
    !isSplit(question.qname) &&
    !local.isAnswered(question) &&
    local.alias(question) === undefined;
  // A portal lives at a private address; a name on a block list stays blocked where it is led to.
  const rules = { ...rewriteRules(config, local), mayBePrivate: () => true };
  const asked = new NetworkExchange({
    resolvers: deps.networkResolvers ?? networkResolvers,
    askPlain: upstreams.askInClear,
    mayAsk: () => window.holds(),
    clock,
  });
  const network = rewritten(scrubbed(asked, { irrelevantRecords: 0 }), rules, deps.rewriting);
  return {
    released: (next) => released(next, network, { clock, random, mayLeave, window, most: PROBES }),
    isReleased: (question) => mayLeave(question) && window.isOpen(),
    close: () => {
      window.stop();
    },
  };
}

/** For `sotto doctor`; nothing to say where it is not enabled. */
export function portalFindings(
  config: Config,
  resolvers: NetworkResolvers = networkResolvers,
): readonly DoctorFinding[] {
  if (!isPortalEnabled(config)) return [];
  const subject = "captive portals";
  const who = resolvers().map(({ address }) => address);
  if (who.length === 0) {
    const text = "portal.enabled has no effect here: the network's own resolver is not known";
    const remedy = "have it where docs/privacy.md says that it is looked for, or set portal.enabled = false";
    return [{ ok: false, subject, text, remedy }];
  }
  const text = `while no upstream can be reached, probe names go in clear to ${who.join(", ")}`;
  return [{ ok: true, subject, text }];
}
