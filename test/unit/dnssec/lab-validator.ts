/** A validator over the lab's tree, without sockets: what it asks is counted, time stands still. */
import { buildTree, type Tree, type TreeSpec } from "../../lab/tree.ts";
import { LabAuthority, type Outcome, type Rewrite } from "../../lab/authority.ts";
import { labZones, periodAround } from "../../lab/zones.ts";
import { Anchors } from "../../../src/dnssec/anchors.ts";
import { anchorsFromLines } from "../../../src/dnssec/anchor-text.ts";
import { FLIGHT_WORK } from "../../../src/dnssec/limits.ts";
import { type ValidatedOptions, type Validator, validated } from "../../../src/dnssec/validated.ts";
import type { SecureZone } from "../../../src/dnssec/zone-status.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import type { Budget, Exchange, Query, Response } from "../../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../../src/ports/message.ts";
import type { Trace, TraceStep } from "../../../src/ports/trace.ts";
import { registrableDomain } from "../../../src/privacy/registrable-domain.ts";
import { Type, typeFromText, typeToText } from "../../../src/wire/codes.ts";
import { questionKey } from "../../../src/wire/names.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { name } from "../../support/records.ts";

/** The middle of the lab's signatures' validity. */
export const NOW = Date.parse("2026-11-20T12:00:00Z");
export const PERIOD = periodAround(NOW);

export interface LabValidatorOptions {
  readonly zones?: readonly TreeSpec[];
  /** Instead of `zones`, built already. */
  readonly tree?: Tree;
  readonly rewrites?: ReadonlyMap<Name, Rewrite>;
  /** Responses by question: what the upstream once worked out costs nothing again. */
  readonly memo?: Map<string, Response>;
  readonly options?: Partial<ValidatedOptions>;
  readonly anchors?: readonly string[];
  readonly negative?: readonly string[];
  readonly insecureZones?: readonly string[];
  readonly now?: number;
  readonly pause?: () => Promise<void>;
  readonly isAnsweredHere?: (question: Question) => boolean;
  readonly onAgeing?: (zone: SecureZone) => void;
  /** Changes what goes over the wire; may throw. */
  readonly onQuery?: (query: Query, response: Response) => Response | Promise<Response>;
}

export interface LabValidator {
  readonly validator: Validator;
  readonly clock: ManualClock;
  readonly tree: Tree;
  /** `www.example.com. A`, as asked upstream. */
  readonly asked: string[];
  readonly trace: TraceStep[];
  ask(qname: string, qtype: string, budget?: Partial<Budget>): Promise<Response>;
}

/** The usual tree, built once: what a test changes it changes by `rewrites` or by zones of its own. */
let usual: Tree | undefined;

export function usualTree(): Tree {
  usual ??= buildTree(labZones(PERIOD));
  return usual;
}

export function labValidator(setup: LabValidatorOptions = {}): LabValidator {
  const tree = setup.tree ?? (setup.zones === undefined ? usualTree() : buildTree(setup.zones));
  const { rewrites } = setup;
  const authority = new LabAuthority(tree, rewrites === undefined ? {} : { rewrites });
  const asked: string[] = [];
  const upstream: Exchange = {
    async exchange(query, { work }) {
      // Counted where a query leaves, as the transport does.
      if (work.upstreamQueries <= 0)
        throw new ResolutionError("work-exhausted", "no more queries may be sent");
      work.upstreamQueries -= 1;
      asked.push(`${nameToText(query.question.qname)} ${typeToText(query.question.qtype)}`);
      const response = setup.memo?.get(query.key) ?? responseOf(authority.outcomeOf(query.question));
      setup.memo?.set(query.key, response);
      return setup.onQuery === undefined ? response : setup.onQuery(query, response);
    },
  };
  const clock = new ManualClock(new Date(setup.now ?? NOW).toISOString());
  const source = anchorsFromLines(setup.anchors ?? tree.anchors);
  if (!source.ok) throw new Error(source.faults[0]?.fault);
  const anchors = new Anchors({
    anchors: source.anchors,
    negative: (setup.negative ?? []).map(name),
    insecureZones: (setup.insecureZones ?? []).map(name),
  });
  const options: ValidatedOptions = {
    insecureAlgorithms: [5, 7],
    minRsaBits: 1_024,
    nsec3MaxIterations: 50,
    prefetchChain: () => true,
    ...setup.options,
  };
  const validator = validated(upstream, upstream, options, {
    clock,
    anchors,
    registrableDomain,
    ...(setup.pause === undefined ? {} : { pause: setup.pause }),
    ...(setup.isAnsweredHere && {
      rules: { isAnsweredHere: setup.isAnsweredHere, isBlocked: () => false },
    }),
    ...(setup.onAgeing === undefined ? {} : { onAgeing: setup.onAgeing }),
  });
  const trace: TraceStep[] = [];
  return {
    validator,
    clock,
    tree,
    asked,
    trace,
    ask: (qname, qtype, budget = {}) =>
      validator.exchange(queryFor(qname, qtype), { ...freshBudget(clock), ...budget }),
  };
}

export function freshBudget(clock: ManualClock, trace?: Trace): Budget {
  const budget = { deadline: clock.now() + 5_000, work: { ...FLIGHT_WORK } };
  return trace === undefined ? budget : { ...budget, trace };
}

export function queryFor(qname: string, qtype: string): Query {
  const question = { qname: name(qname), qtype: typeFromText(qtype) ?? 0, qclass: 1 };
  return { question, key: questionKey(question), purpose: "client" };
}

export function responseOf(outcome: Outcome): Response {
  return {
    rcode: outcome.rcode,
    answer: recordsOf(outcome.answer),
    authority: recordsOf(outcome.authority),
    verdict: "indeterminate",
    errors: [],
    upstream: "lab",
  };
}

function recordsOf(sets: Outcome["answer"]): ResourceRecord[] {
  return sets.flatMap(({ owner, type, ttl, rdatas, signatures }) => [
    ...rdatas.map((rdata) => ({ owner, type, class: 1, ttl, rdata })),
    ...signatures.map((rdata) => ({ owner, type: Type.RRSIG, class: 1, ttl, rdata })),
  ]);
}

/** `NAME TYPE`s of a section, signatures as `RRSIG(TYPE)`. */
export function shown(records: readonly ResourceRecord[]): string[] {
  return records.map(({ owner, type, rdata }) => {
    const covered =
      type === Type.RRSIG
        ? `RRSIG(${typeToText(((rdata[0] ?? 0) << 8) | (rdata[1] ?? 0))})`
        : typeToText(type);
    return `${nameToText(owner as Name)} ${covered}`;
  });
}

export function infoCodes(response: Response): number[] {
  return response.errors.map((error) => error.infoCode);
}

/** A validator whose upstream's responses are edited on the way. */
export function altered(edit: (qname: Name, qtype: number, response: Response) => Response): LabValidator {
  return labValidator({
    onQuery: ({ question }, response) => edit(question.qname, question.qtype, response),
  });
}

/** An address that nobody signed. */
export function address(owner: Name): ResourceRecord {
  return { owner, type: Type.A, class: 1, ttl: 60, rdata: Buffer.from([192, 0, 2, 66]) };
}
