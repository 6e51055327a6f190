/**
 * Records as people write them, one at a time: lines of a zone file without its directives.
 *
 * Source: RFC 1035 §5.1; RFC 2181 §8 (TTL); RFC 3597 §5 (unknown types, classes and RDATA).
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, classFromText, classToText, typeFromText, typeToText } from "./codes.ts";
import { nameFromText, nameToText, wireBelow } from "./name-text.ts";
import { nameFromOctets, octetsOfName, ROOT } from "./names.ts";
import { rdataFromTokens, rdataToText } from "./rdata-text.ts";
import { type Token, tokensOf } from "./text-tokens.ts";

export { nameFromText, nameToText, rdataToText };

/** Why a line is no record: for the person who wrote it, without the line's words. */
export interface TextFault {
  readonly fault: string;
}

/** What a line need not say. */
export interface RecordDefaults {
  /** Owner of a line that begins with a space. */
  readonly owner?: Name;
  /** Seconds. */
  readonly ttl?: number;
  /** What names without a dot at their end are below, and what `@` stands for; else the root. */
  readonly origin?: Name;
}

/** TTL of a line that gives none, in seconds. */
const DEFAULT_TTL = 3600;
/** Longest TTL, in seconds (RFC 2181 §8). */
const MAX_TTL = 0x7fff_ffff;
/** Seconds of the units that a TTL may have, as in the zone files of BIND and others. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A whole line: owner, TTL, class, type, RDATA. */
export function recordToText(record: ResourceRecord): string {
  const { owner, ttl, type, rdata } = record;
  return `${nameToText(owner)} ${ttl} ${classToText(record.class)} ${typeToText(type)} ${rdataToText(type, rdata)}`;
}

export function isTextFault(read: ResourceRecord | TextFault): read is TextFault {
  return "fault" in read;
}

/** The record of a line: `www.example.com. 60 IN A 192.0.2.1`. TTL and class may be missing, or change places. */
export function recordFromText(line: string, defaults: RecordDefaults = {}): ResourceRecord | TextFault {
  const tokens = tokensOf(line);
  if (tokens === undefined)
    return { fault: "a quote or parenthesis is not closed, or there is more than one record" };
  const origin = octetsOfName(defaults.origin ?? ROOT);
  const owner = ownerFrom(tokens, line, defaults, origin);
  if (owner === undefined) return { fault: "the owner is not a domain name" };
  const next = /^\s/.test(line) ? 0 : 1;
  const { ttl = defaults.ttl ?? DEFAULT_TTL, code = Class.IN, typeAt } = ttlAndClassFrom(tokens, next);
  if (ttl > MAX_TTL) return { fault: `the TTL is more than ${MAX_TTL} seconds` };
  const type = typeFromText(tokens[typeAt]?.text ?? "");
  if (type === undefined) return { fault: "the record type is missing or unknown" };
  const rdata = rdataFromTokens(type, tokens.slice(typeAt + 1), origin);
  return typeof rdata === "string" ? { fault: rdata } : { owner, type, class: code, ttl, rdata };
}

function ownerFrom(
  tokens: readonly Token[],
  line: string,
  defaults: RecordDefaults,
  origin: Uint8Array,
): Name | undefined {
  if (/^\s/.test(line)) return defaults.owner;
  const wire = wireBelow(tokens[0]?.text ?? "", origin);
  return wire && nameFromOctets(wire);
}

function ttlAndClassFrom(
  tokens: readonly Token[],
  start: number,
): { ttl: number | undefined; code: number | undefined; typeAt: number } {
  let ttl: number | undefined;
  let code: number | undefined;
  let typeAt = start;
  for (; ; typeAt++) {
    const text = tokens[typeAt]?.text ?? "";
    // No type begins with a digit, and none is called as a class but ANY, which no record has.
    const seconds = ttl === undefined ? ttlFromText(text) : undefined;
    const named = code === undefined && text.toUpperCase() !== "ANY" ? classFromText(text) : undefined;
    if (seconds === undefined && named === undefined) break;
    ttl ??= seconds;
    code ??= named;
  }
  return { ttl, code, typeAt };
}

/** `3600`, `1h` or `1h30m`, in seconds. */
function ttlFromText(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  if (!/^(\d{1,10}[smhdw])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/gi))
    seconds += Number(count) * UNITS[unit!.toLowerCase()]!;
  return seconds;
}
