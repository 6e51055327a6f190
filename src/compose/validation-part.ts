/** Trust anchors and validation, from the configuration; QNAME minimisation, which lives on what they know. */
import type { Config } from "../config/config.ts";
import type { Anchors } from "../dnssec/anchors.ts";
import { completed, openEnd } from "../dnssec/completion.ts";
import { asFailure, isFailure } from "../dnssec/failure.ts";
import { type Judge, Judged } from "../dnssec/judged.ts";
import type { ClientRules } from "../dnssec/judgement.ts";
import { Validator } from "../dnssec/validated.ts";
import type { SecureZone, ZoneStatus } from "../dnssec/zone-status.ts";
import { ask, exchangeOf } from "../ports/asking.ts";
import type { Clock } from "../ports/clock.ts";
import type { Budget, Exchange, Response } from "../ports/exchange.ts";
import { onWayBack } from "../ports/way-back.ts";
import type { Log } from "../ports/log.ts";
import type { Name, Question } from "../ports/message.ts";
import { type AncestorFinding, minimised } from "../privacy/minimised.ts";
import { registrableDomain } from "../privacy/registrable-domain.ts";
import { withoutDuplicates } from "../wire/duplicates.ts";
import { ROOT } from "../wire/names.ts";
import { createAnchorPart } from "./anchor-part.ts";
import { openSslByName } from "./openssl-by-name.ts";
import { splitDomains } from "./privacy-part.ts";

export interface ValidationPart {
  /** Validated, and inside of that minimised. */
  readonly exchange: Exchange;
  /** The same judgement over another way to the servers, without minimising. Keeps what it learns to itself. */
  over(raw: Exchange): Exchange;
  /** The zone of the closest rule at or above `name`: where its chain of trust starts, or why it has none. */
  trustFor(name: Name): Name;
  /** Absent without validation. */
  readonly anchors?: Anchors;
  /** Responses judged so far, by verdict. */
  verdicts(): Readonly<Record<string, number>>;
  /** A time that has passed, by signatures that held: milliseconds since 1970. */
  passed(): number | undefined;
  /** Forgets what is known of zones: keys, and that there are none. */
  forget(): void;
  /** Fetches the keys of a zone again, beside those in force. */
  renew(zone: Name, budget: Budget): Promise<void>;
  /** Keeps the file of trust anchors no more; what is in force stays so. */
  close(): void;
}

export interface ValidationPartDeps {
  readonly raw: Exchange;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of a secure zone whose keys are used in the last tenth of their time. */
  readonly onAgeing: (zone: SecureZone) => void;
  /** Whether the file of trust anchors is this process's to bring up to date; absent: it is. */
  readonly keepsAnchors?: boolean;
  /** Told when that file puts other keys in force. */
  readonly onAnchorsWritten?: () => void;
  /** Told of a zone when a key that anchored it does so no more. */
  readonly onAnchorLost?: (zone: Name) => void;
  /** Whether the server that will be asked minimises by itself. */
  readonly minimises: (question: Question) => boolean;
  /** Absent: there are none. */
  readonly rules?: ClientRules;
}

/** @throws {StartError} when validation is on and nothing could be validated by. */
export function createValidationPart(config: Config, deps: ValidationPartDeps): ValidationPart {
  const { dnssec, privacy } = config;
  const { clock, minimises, raw } = deps;
  const isSplit = splitDomains(config);
  const mode = privacy.qnameMinimisation;
  if (dnssec.mode === "off") {
    // Nothing can be proven, so a walk keeps the name from those behind an upstream at most.
    const ancestor = (): Promise<AncestorFinding> => Promise.resolve({ kind: "insecure" });
    const trustFor = (): Name => ROOT;
    const asked = minimised(raw, mode, { clock, minimises, isSplit, ancestor, trustFor });
    return {
      exchange: completedUnjudged(asked, deps.rules ?? NO_RULES),
      over: unjudged,
      trustFor,
      verdicts: () => ({}),
      passed: () => undefined,
      renew: () => Promise.resolve(),
      forget: () => {
        asked.forget();
      },
      close: () => undefined,
    };
  }
  // The walk asks the validator about ancestors, which is made around it.
  const ancestor = async (name: Name, budget: Budget): Promise<AncestorFinding> =>
    findingOf(await validator.zones.status(name, budget), clock.now());
  const anchorPart = createAnchorPart(config, deps);
  const openSsl = openSslByName(config);
  const trustFor = (name: Name): Name => anchorPart.anchors.governing(name).zone;
  const asked = minimised(raw, mode, { clock, minimises, isSplit, ancestor, trustFor });
  const validatorOf = (
    data: Exchange,
    helpers: Exchange,
    prefetchChain: (question: Question) => boolean,
    rules?: ClientRules,
  ) =>
    new Validator(
      data,
      helpers, // no way from here back to the validator
      {
        insecureAlgorithms: dnssec.insecureAlgorithms,
        minRsaBits: dnssec.minRsaBits,
        nsec3MaxIterations: dnssec.nsec3MaxIterations,
        prefetchChain,
        ...(dnssec.validationTime !== undefined && { validationTime: dnssec.validationTime }),
      },
      {
        clock,
        anchors: anchorPart.anchors,
        registrableDomain,
        onAgeing: deps.onAgeing,
        openSsl,
        ...(rules && { rules }),
      },
    );
  // Where ancestors go first, none of them is to be overtaken.
  const mayPrefetch = (question: Question): boolean =>
    mode === "off" || (mode === "auto" && minimises(question));
  const validator: Validator = validatorOf(asked, raw, mayPrefetch, deps.rules);
  const forget = (): void => {
    validator.zones.clear();
    asked.forget();
  };
  const changed = (lost?: Name): void => {
    forget();
    if (lost !== undefined) deps.onAnchorLost?.(lost);
  };
  const keeper =
    deps.keepsAnchors === false ? undefined : anchorPart.keep(raw, changed, deps.onAnchorsWritten);
  return {
    exchange: validator,
    // Of no client's name: rules for those do not hold.
    over: (other) => validatorOf(other, other, () => true),
    trustFor,
    anchors: anchorPart.anchors,
    verdicts: () => validator.counters.verdicts,
    passed: () => validator.passed,
    renew: (zone, budget) => validator.zones.renew(zone, budget),
    forget,
    close: () => keeper?.stop(),
  };
}

const NO_RULES: ClientRules = { isAnsweredHere: () => false, isBlocked: () => false };

/** As `unjudged`, with the ends of aliases that a server left open. */
function completedUnjudged(next: Exchange, rules: ClientRules): Exchange {
  const judge: Judge = (response, query, budget) =>
    openEnd(query.question, response, rules) === undefined
      ? asInsecure(response)
      : completed(query, response, budget, next, rules).then(asInsecure);
  return exchangeOf((query, budget, landing) => {
    ask(next, query, budget, new Judged(judge, query, budget, landing));
  });
}

/** Without validation nothing is secure, and nothing is called bogus or in doubt. */
function unjudged(next: Exchange): Exchange {
  return onWayBack(next, { landed: asInsecure });
}

/** Field by field: what a spread costs shows in the price of a miss. */
function asInsecure(response: Response): Response {
  if (isFailure(response)) return { ...asFailure(response), verdict: "insecure" };
  const { rcode, answer, authority, errors, upstream } = response;
  return { rcode, answer: withoutDuplicates(answer), authority, verdict: "insecure", errors, upstream };
}

function findingOf(status: ZoneStatus, now: number): AncestorFinding {
  switch (status.kind) {
    case "secure":
    case "insecure":
      return { kind: status.kind };
    case "no-cut": {
      if (status.exists || status.ds === undefined) return { kind: "secure" };
      const { rcode, authorityRecords: authority, upstream, at } = status.ds;
      return { kind: "denied", denial: { rcode, authority, upstream, age: now - at } };
    }
    case "bogus":
    case "indeterminate":
      return { kind: "unknown" };
  }
}
