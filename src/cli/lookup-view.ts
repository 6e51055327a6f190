/**
 * A lookup as plain JSON: what `--json` prints, what travels over the control socket, and what the renderers show.
 * Keys are only ever added, never changed.
 */
import type { Lookup } from "../ports/operator.ts";
import type { Question, ResourceRecord } from "../ports/message.ts";
import type { TraceStep } from "../ports/trace.ts";
import { classToText, infoCodeToText, rcodeToText, typeToText } from "../wire/codes.ts";
import { nameToText, rdataToText } from "../wire/presentation.ts";

export interface RecordView {
  readonly owner: string;
  readonly ttl: number;
  readonly class: string;
  readonly type: string;
  readonly rdata: string;
}

export interface ErrorView {
  readonly info_code: number;
  /** The registry's words for the code (RFC 8914 §4). */
  readonly meaning: string;
  readonly text: string;
}

export interface StepView {
  /** Milliseconds since the first step; 0 for what was known before. */
  readonly at_ms: number;
  /** Only of what an earlier lookup found out. */
  readonly known_before?: true;
  readonly stage: string;
  readonly text: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface LookupView {
  readonly name: string;
  readonly type: string;
  readonly rcode: string;
  /** secure, insecure, bogus or indeterminate (RFC 4033 §5). */
  readonly state: string;
  /** Label of the server that answered; `""` when answered here. */
  readonly upstream: string;
  readonly from_cache: boolean;
  readonly elapsed_ms: number;
  readonly errors: readonly ErrorView[];
  readonly answer: readonly RecordView[];
  readonly authority: readonly RecordView[];
  /** Only of `sotto explain`. */
  readonly steps?: readonly StepView[];
}

export function viewOf(question: Question, lookup: Lookup, isTraced: boolean): LookupView {
  const { response, steps, elapsedMs, fromCache } = lookup;
  const start = steps[0]?.at ?? 0;
  return {
    name: nameToText(question.qname),
    type: typeToText(question.qtype),
    rcode: rcodeToText(response.rcode),
    state: response.verdict,
    upstream: response.upstream,
    from_cache: fromCache,
    elapsed_ms: rounded(elapsedMs),
    errors: response.errors.map(({ infoCode, text }) => ({
      info_code: infoCode,
      meaning: infoCodeToText(infoCode),
      text,
    })),
    answer: response.answer.map(recordView),
    authority: response.authority.map(recordView),
    ...(isTraced && { steps: steps.map((step) => stepView(step, start)) }),
  };
}

function recordView(record: ResourceRecord): RecordView {
  return {
    owner: nameToText(record.owner),
    ttl: record.ttl,
    class: classToText(record.class),
    type: typeToText(record.type),
    rdata: rdataToText(record.type, record.rdata),
  };
}

function stepView({ at, stage, text, detail }: TraceStep, start: number): StepView {
  return {
    at_ms: rounded(Math.max(0, at - start)),
    ...(at < start && { known_before: true }),
    stage,
    text,
    ...(detail !== undefined && { detail }),
  };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
