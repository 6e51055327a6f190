/**
 * Names and records as people write them: lines of a zone file, one at a time, without its directives. What
 * is written here can be read here and gives the same octets; RDATA of types without a form of their own is
 * written `\# 4 C0000201`.
 *
 * Source: RFC 1035 §5.1; RFC 4343 §2.1 (escapes); RFC 2181 §8 (TTL); RFC 3597 §5 (unknown types, classes and
 * RDATA).
 */
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Class, classFromText, classToText, Type, typeFromText, typeToText } from "./codes.ts";
import { FIELD_FORMATS } from "./field-text.ts";
import { labelsToText, wireBelow, wireFromText } from "./name-text.ts";
import { nameFromOctets, octetsOfName, ROOT } from "./names.ts";
import { hexFromText, hexToText } from "./octet-text.ts";
import { isRdataValid, pieceEnd } from "./rdata.ts";
import { layoutOf, type RdataLayout } from "./rdata-layouts.ts";
import { type Token, tokensOf } from "./text-tokens.ts";

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
const MAX_RDATA_OCTETS = 65_535;
/** Longest TTL, in seconds (RFC 2181 §8). */
const MAX_TTL = 0x7fff_ffff;
/** Seconds of the units that a TTL may have, as in the zone files of BIND and others. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The name with its dot at the end: `www.example.com.`, octets that are not plain text escaped. */
export function nameToText(name: Name): string {
  return labelsToText(name);
}

/** The name that text stands for, the dot at its end there or not; `undefined` where it is none. */
export function nameFromText(text: string): Name | undefined {
  const wire = wireFromText(text);
  return wire && nameFromOctets(wire);
}

/** QNAME and QTYPE: `www.example.com. AAAA`. */
export function questionToText({ qname, qtype }: Pick<Question, "qname" | "qtype">): string {
  return `${nameToText(qname)} ${typeToText(qtype)}`;
}

/** A whole line: owner, TTL, class, type, RDATA. */
export function recordToText(record: ResourceRecord): string {
  const { owner, ttl, type, rdata } = record;
  return `${nameToText(owner)} ${ttl} ${classToText(record.class)} ${typeToText(type)} ${rdataToText(type, rdata)}`;
}

/** RDATA in the form of its type; as octets (RFC 3597 §5) where that is not known or not followed. */
export function rdataToText(type: number, rdata: Uint8Array): string {
  const known = layoutOf(type);
  if (known === undefined || !isRdataValid(type, rdata)) return genericText(rdata);
  const words: string[] = [];
  let at = 0;
  for (const field of known.fields) {
    const end = pieceEnd(field, rdata, at, rdata.length);
    const next = FIELD_FORMATS[field].toWords(rdata, at, end);
    if (next === undefined) return genericText(rdata);
    words.push(...next);
    at = end;
  }
  return words.join(" ");
}

function genericText(rdata: Uint8Array): string {
  return `\\# ${rdata.length} ${hexToText(rdata)}`.trimEnd();
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
  if (isMeta(type)) return { fault: `no record is of type ${typeToText(type)}` };
  const rdata = rdataFromTokens(type, tokens.slice(typeAt + 1), origin);
  return typeof rdata === "string" ? { fault: rdata } : { owner, type, class: code, ttl, rdata };
}

/** OPT and the QTYPEs, which only messages have (RFC 6895 §3.1, RFC 6891 §6.1.1). */
function isMeta(type: number): boolean {
  return type === Type.OPT || (type >= 128 && type <= 255);
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

/** RDATA given as words, in the form of `type` or, for any type, as octets; or what is wrong with them. */
function rdataFromTokens(type: number, tokens: readonly Token[], origin: Uint8Array): Buffer | string {
  const known = layoutOf(type);
  const isGeneric = tokens[0]?.text === "\\#" && !tokens[0].isQuoted;
  if (!isGeneric && known === undefined)
    return `type ${typeToText(type)} is written as \\# LENGTH HEX (RFC 3597)`;
  const words = tokens.map((token) => token.text);
  const rdata = isGeneric ? genericFromWords(words) : fieldsFromWords(known!, words, origin);
  if (typeof rdata === "string") return rdata;
  if (rdata.length > MAX_RDATA_OCTETS) return `RDATA is longer than ${MAX_RDATA_OCTETS} octets`;
  return isRdataValid(type, rdata) ? rdata : `RDATA is not what type ${typeToText(type)} holds`;
}

function genericFromWords([, length, ...hex]: readonly string[]): Buffer | string {
  const octets = hexFromText(hex.join(""));
  return octets !== undefined && `${octets.length}` === length
    ? octets
    : "after \\# come the number of octets, and as many in hexadecimal";
}

function fieldsFromWords(known: RdataLayout, words: readonly string[], origin: Uint8Array): Buffer | string {
  const parts: Uint8Array[] = [];
  let next = 0;
  for (const field of known.fields) {
    const format = FIELD_FORMATS[field];
    const own = words.slice(next, format.words === "one" ? next + 1 : words.length);
    if (own.length === 0 && format.words !== "any") return `there is no ${format.what} in the RDATA`;
    next += own.length;
    const octets = format.fromWords(own, origin);
    if (octets === undefined) return `word ${next} of the RDATA is no ${format.what}`;
    parts.push(octets);
  }
  return next === words.length ? Buffer.concat(parts) : "there are too many words in the RDATA";
}
