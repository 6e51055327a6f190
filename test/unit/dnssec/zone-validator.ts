/** A validator whose only trust is the anchor of one zone, over the zone as somebody else signed it. */
import { readFileSync } from "node:fs";
import { Anchors } from "../../../src/dnssec/anchors.ts";
import { anchorsFromLines } from "../../../src/dnssec/anchor-text.ts";
import { type ValidatedOptions, validated } from "../../../src/dnssec/validated.ts";
import type { Exchange, Response } from "../../../src/ports/exchange.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SignedZone } from "../../support/signed-zone.ts";
import { freshBudget, NOW, queryFor } from "./lab-validator.ts";

export interface ZoneValidator {
  readonly zone: SignedZone;
  ask(qname: string, qtype: string): Promise<Response>;
}

export interface ZoneValidatorOptions extends Partial<ValidatedOptions> {
  /** Instead of what the zone would answer. */
  readonly respond?: Exchange["exchange"];
}

export function zoneValidator(
  zone: SignedZone,
  anchor: string,
  { respond, ...options }: ZoneValidatorOptions = {},
  /** What helpers are told about DS, instead of what the zone would answer. */
  ds?: Response,
): ZoneValidator {
  const source = anchorsFromLines([anchor]);
  if (!source.ok) throw new Error(source.faults[0]?.fault);
  const clock = new ManualClock(new Date(NOW).toISOString());
  const upstream: Exchange = { exchange: respond ?? (async ({ question }) => zone.respond(question)) };
  const validator = validated(
    upstream,
    {
      exchange: async ({ question }) =>
        ds !== undefined && question.qtype === Type.DS ? ds : zone.respond(question),
    },
    {
      insecureAlgorithms: [],
      minRsaBits: 1_024,
      nsec3MaxIterations: 50,
      prefetchChain: () => true,
      ...options,
    },
    {
      clock,
      anchors: new Anchors({ anchors: source.anchors, negative: [], insecureZones: [] }),
      registrableDomain: () => zone.apex,
    },
  );
  return { zone, ask: (qname, qtype) => validator.exchange(queryFor(qname, qtype), freshBudget(clock)) };
}

/** A zone file of `fixtures/`; its first line may name the anchor. */
export function fixture(file: string, apex: string): { readonly zone: SignedZone; readonly anchor: string } {
  const text = readFileSync(new URL(`fixtures/${file}`, import.meta.url), "utf8");
  return { zone: new SignedZone(apex, text), anchor: /^; anchor: (.*)$/m.exec(text)?.[1] ?? "" };
}
