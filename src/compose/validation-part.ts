/** Trust anchors and validation, from the configuration; QNAME minimisation, which lives on what they know. */
import { readFileSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { anchorsFromLines, anchorsFromXml, anchorsOf } from "../dnssec/anchor-text.ts";
import { Anchors, type TrustAnchor } from "../dnssec/anchors.ts";
import { ROOT_ANCHORS } from "../dnssec/root-anchors.ts";
import { Validator } from "../dnssec/validated.ts";
import type { ZoneStatus } from "../dnssec/zone-status.ts";
import type { Clock } from "../ports/clock.ts";
import type { Budget, Exchange } from "../ports/exchange.ts";
import type { Name, Question } from "../ports/message.ts";
import { type AncestorFinding, minimised } from "../privacy/minimised.ts";
import { registrableDomain } from "../privacy/registrable-domain.ts";
import { isAtOrBelow, ROOT } from "../wire/names.ts";
import { splitDomains } from "./privacy-part.ts";
import { StartError } from "../ports/start-error.ts";

export interface ValidationPart {
  /** Validated, and inside of that minimised. */
  readonly exchange: Exchange;
  /** Responses judged so far, by verdict. */
  verdicts(): Readonly<Record<string, number>>;
}

export interface ValidationPartDeps {
  readonly raw: Exchange;
  readonly clock: Clock;
  /** Whether the server that will be asked minimises by itself. */
  readonly minimises: (question: Question) => boolean;
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
    return {
      exchange: unjudged(minimised(raw, mode, { clock, minimises, isSplit, ancestor })),
      verdicts: () => ({}),
    };
  }
  // The walk asks the validator about ancestors, which is made around it.
  const ancestor = async (name: Name, budget: Budget): Promise<AncestorFinding> =>
    findingOf(await validator.zones.status(name, budget), clock.now());
  const validator: Validator = new Validator(
    minimised(raw, mode, { clock, minimises, isSplit, ancestor }),
    raw, // helpers: no way from here back to the validator
    {
      insecureAlgorithms: dnssec.insecureAlgorithms,
      minRsaBits: dnssec.minRsaBits,
      nsec3MaxIterations: dnssec.nsec3MaxIterations,
      // Where ancestors go first, none of them is to be overtaken.
      prefetchChain: (question) => mode === "off" || (mode === "auto" && minimises(question)),
      ...(dnssec.validationTime !== undefined && { validationTime: dnssec.validationTime }),
    },
    { clock, anchors: anchorsFor(config, clock), registrableDomain },
  );
  return { exchange: validator, verdicts: () => validator.counters.verdicts };
}

function anchorsFor({ dnssec, upstream }: Config, clock: Clock): Anchors {
  const configured = [...anchorsOf(dnssec.trustAnchors), ...anchorsOfFile(dnssec.trustAnchorFile, clock)];
  const hasRoot = configured.some(({ zone }) => zone === ROOT);
  const builtIn = hasRoot ? [] : anchorsOfLines(ROOT_ANCHORS, "built in");
  const domains = upstream.servers.flatMap((server) => server.domains);
  const anchors = new Anchors({
    anchors: [...builtIn, ...configured],
    negative: dnssec.negativeTrustAnchors,
    insecureZones: domains.filter((domain) => !configured.some(({ zone }) => isAtOrBelow(zone, domain))),
  });
  if (anchors.isEmpty) {
    throw new StartError(
      "dnssec.mode is validate, but no trust anchor is in force; remove the negative trust anchor for the root, " +
        'or set dnssec.mode = "off"',
    );
  }
  return anchors;
}

function anchorsOfFile(path: string | undefined, clock: Clock): readonly TrustAnchor[] {
  if (path === undefined) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw new StartError(
      `dnssec.trust_anchor_file ${path} cannot be read (${code}); correct the path or its rights`,
    );
  }
  const isXml = text.trimStart().startsWith("<");
  const source = isXml ? anchorsFromXml(text, clock.wall()) : anchorsFromLines(text.split("\n"));
  if (source.ok) return source.anchors;
  throw new StartError(
    source.faults
      .map(({ line, fault }) => `${path}:${line}: ${fault}; the whole file is not used`)
      .join("\n"),
  );
}

function anchorsOfLines(lines: readonly string[], what: string): readonly TrustAnchor[] {
  const source = anchorsFromLines(lines);
  if (!source.ok) throw new StartError(`the trust anchors ${what} are malformed`);
  return source.anchors;
}

/** Without validation nothing is secure, and nothing is called bogus or in doubt. */
function unjudged(next: Exchange): Exchange {
  return {
    exchange: async (query, budget) => ({ ...(await next.exchange(query, budget)), verdict: "insecure" }),
  };
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
