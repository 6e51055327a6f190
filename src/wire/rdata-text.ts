/**
 * RDATA as people write it, by the layout of its type. What is written here can be read here and gives the
 * same octets; RDATA of types without a form of their own is written `\# 4 C0000201`.
 *
 * Source: RFC 1035 §5.1; RFC 3597 §5 (unknown types); RFC 4034 §2.2, §3.2, §4.2, §5.3; RFC 5155 §3.3;
 * RFC 9460 §2.1; the RFC of each type.
 */
import { ipv4FromText, ipv4ToText, ipv6FromText, ipv6ToText } from "./addresses.ts";
import { base32hexFromText, base32hexToText } from "./base32hex.ts";
import { Algorithm, CertificateType, typeFromText, typeToText } from "./codes.ts";
import { asBuffer } from "./latin1.ts";
import { labelsToText, wireBelow } from "./name-text.ts";
import { pieceEnd, isRdataValid, layoutOf, type RdataField } from "./rdata.ts";
import { base64FromText, paramsFromText, paramsToText } from "./svc-params.ts";
import { quoted, type Token, unescaped } from "./text-tokens.ts";

/** RDATA in the form of its type; as octets (RFC 3597 §5) where that is not known or not followed. */
export function rdataToText(type: number, rdata: Uint8Array): string {
  const known = layoutOf(type);
  if (!known?.hasText || !isRdataValid(type, rdata)) return genericText(rdata);
  const words: string[] = [];
  let at = 0;
  for (const field of known.fields) {
    const end = pieceEnd(field, rdata, at, rdata.length);
    // A tag is written without quotes, so only as the RFC wants it.
    if (field === "tag" && !/^[0-9a-z]+$/i.test(latin1(rdata, at + 1, end))) return genericText(rdata);
    words.push(...fieldToText(field, rdata, at, end));
    at = end;
  }
  return words.join(" ");
}

function fieldToText(field: RdataField, octets: Uint8Array, at: number, end: number): string[] {
  switch (field) {
    case "u8":
    case "u16":
    case "u32":
    case "algorithm":
    case "certificate":
      return [`${numberAt(octets, at, end)}`];
    case "type":
      return [typeToText(numberAt(octets, at, end))];
    case "time":
      return [timeToText(numberAt(octets, at, end))];
    case "ipv4":
      return [ipv4ToText(octets, at)];
    case "ipv6":
      return [ipv6ToText(octets, at)];
    case "eui48":
    case "eui64":
      return [
        hexToText(octets.subarray(at, end))
          .toLowerCase()
          .replace(/..(?=.)/g, "$&-"),
      ];
    case "node":
      return [
        hexToText(octets.subarray(at, end))
          .toLowerCase()
          .replace(/....(?=.)/g, "$&:"),
      ];
    case "name":
      return [labelsToText(latin1(octets, at, end))];
    case "string":
      return [quoted(octets.subarray(at + 1, end))];
    case "strings":
      return stringsToText(octets, at, end);
    case "tag":
      return [latin1(octets, at + 1, end)];
    case "text":
      return [quoted(octets.subarray(at, end))];
    case "hex":
    case "rest":
      return [hexToText(octets.subarray(at, end))];
    case "base64":
      return [asBuffer(octets).toString("base64", at, end)];
    case "salt":
      return [end === at + 1 ? "-" : hexToText(octets.subarray(at + 1, end))];
    case "hash":
      return [base32hexToText(octets.subarray(at + 1, end)).toUpperCase()];
    case "bitmap":
      return bitmapTypes(octets, at, end).map(typeToText);
    case "params":
      return paramsToText(octets, at, end);
  }
}

function genericText(rdata: Uint8Array): string {
  return `\\# ${rdata.length} ${hexToText(rdata)}`.trimEnd();
}

function latin1(octets: Uint8Array, start: number, end: number): string {
  return asBuffer(octets).latin1Slice(start, end);
}

function hexToText(octets: Uint8Array): string {
  return asBuffer(octets).toString("hex").toUpperCase();
}

/** The number in the 1, 2 or 4 octets from `at` to `end`. */
function numberAt(octets: Uint8Array, at: number, end: number): number {
  return asBuffer(octets).readUIntBE(at, end - at);
}

/** `YYYYMMDDHHmmSS`, of seconds since 1970 (RFC 4034 §3.2). */
function timeToText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\D/g, "").slice(0, 14);
}

function stringsToText(octets: Uint8Array, start: number, end: number): string[] {
  const strings: string[] = [];
  for (let at = start; at < end; at += 1 + octets[at]!) {
    strings.push(quoted(octets.subarray(at + 1, at + 1 + octets[at]!)));
  }
  return strings;
}

/** The types in the bit maps of `octets[start..end)`, which are well formed (RFC 4034 §4.1.2). */
export function bitmapTypes(octets: Uint8Array, start: number, end: number): number[] {
  const types: number[] = [];
  for (let at = start; at < end; at += 2 + octets[at + 1]!) {
    for (let i = 0; i < 8 * octets[at + 1]!; i++) {
      if ((octets[at + 2 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0) types.push((octets[at]! << 8) | i);
    }
  }
  return types;
}

/**
 * The octets of RDATA given as words, in the form of `type` or, for any type, as octets. Names without a
 * dot at their end are below `origin` (in wire format).
 * @returns a fault as text.
 */
export function rdataFromTokens(type: number, tokens: readonly Token[], origin: Uint8Array): Buffer | string {
  const known = layoutOf(type);
  const isGeneric = tokens[0]?.text === "\\#" && !tokens[0].isQuoted;
  if (!isGeneric && !known?.hasText)
    return `type ${typeToText(type)} is written as \\# LENGTH HEX (RFC 3597)`;
  const rdata = isGeneric ? genericFromTokens(tokens) : fieldsFromTokens(known!.fields, tokens, origin);
  if (typeof rdata === "string") return rdata;
  if (rdata.length > 0xffff) return "RDATA is longer than 65535 octets";
  return isRdataValid(type, rdata) ? rdata : `RDATA is not what type ${typeToText(type)} holds`;
}

function genericFromTokens(tokens: readonly Token[]): Buffer | string {
  const hex = tokens
    .slice(2)
    .map((token) => token.text)
    .join("");
  const octets = hexFromText(hex);
  if (octets === undefined || `${octets.length}` !== tokens[1]?.text) {
    return "after \\# come the number of octets, and as many in hexadecimal";
  }
  return octets;
}

function fieldsFromTokens(
  fields: readonly RdataField[],
  tokens: readonly Token[],
  origin: Uint8Array,
): Buffer | string {
  const parts: Uint8Array[] = [];
  let next = 0;
  for (const field of fields) {
    const words = REST_FIELDS.has(field) ? tokens.slice(next) : tokens.slice(next, next + 1);
    next += words.length;
    if (words.length === 0 && !MAY_BE_MISSING.has(field)) return `a ${FIELD_NAMES[field]} is missing`;
    const octets = fieldFromWords(
      field,
      words.map((word) => word.text),
      origin,
    );
    if (octets === undefined) return `word ${next} of the RDATA is not a ${FIELD_NAMES[field]}`;
    parts.push(octets);
  }
  return next === tokens.length ? Buffer.concat(parts) : "there are too many words in the RDATA";
}

/** Fields that take all words that are left; the others take one. */
const REST_FIELDS: ReadonlySet<RdataField> = new Set(["strings", "hex", "base64", "bitmap", "params"]);
const MAY_BE_MISSING: ReadonlySet<RdataField> = new Set(["bitmap", "params"]);

/** What a fault calls them. */
const FIELD_NAMES: Record<RdataField, string> = {
  u8: "number up to 255",
  u16: "number up to 65535",
  u32: "number up to 4294967295",
  type: "record type",
  algorithm: "algorithm (a number up to 255, or a mnemonic)",
  certificate: "certificate type (a number up to 65535, or a mnemonic)",
  time: "time (YYYYMMDDHHmmSS, or seconds)",
  ipv4: "IPv4 address",
  ipv6: "IPv6 address",
  eui48: "EUI-48 address (00-00-5e-00-53-2a)",
  eui64: "EUI-64 address",
  node: "64-bit number (0014:4fff:ff20:ee64)",
  name: "domain name",
  string: "string of up to 255 octets",
  strings: "list of strings of up to 255 octets each",
  tag: "tag of letters and digits",
  text: "text",
  hex: "hexadecimal number",
  base64: "base 64 text",
  rest: "hexadecimal number",
  salt: "salt (hexadecimal, or -)",
  hash: "hash in base 32",
  bitmap: "list of record types",
  params: "list of service parameters (RFC 9460)",
};

function fieldFromWords(
  field: RdataField,
  words: readonly string[],
  origin: Uint8Array,
): Uint8Array | undefined {
  const word = words[0] ?? "";
  switch (field) {
    case "u8":
      return numberFromText(word, 1);
    case "u16":
      return numberFromText(word, 2);
    case "u32":
      return numberFromText(word, 4);
    case "type":
      return numberFromText(`${typeFromText(word)}`, 2);
    case "time":
      return timeFromText(word);
    case "algorithm":
      return numberFromText(codeFromText(word, Algorithm), 1);
    case "certificate":
      return numberFromText(codeFromText(word, CertificateType), 2);
    case "ipv4":
      return ipv4FromText(word);
    case "ipv6":
      return ipv6FromText(word);
    case "eui48":
      return /^([0-9a-f]{2}-){5}[0-9a-f]{2}$/i.test(word) ? hexFromText(word.replaceAll("-", "")) : undefined;
    case "eui64":
      return /^([0-9a-f]{2}-){7}[0-9a-f]{2}$/i.test(word) ? hexFromText(word.replaceAll("-", "")) : undefined;
    case "node":
      return nodeFromText(word);
    case "name":
      return wireBelow(word, origin);
    case "string":
    case "tag":
      return stringFromText(word);
    case "strings":
      return concatenated(words.map(stringFromText));
    case "text":
      return unescaped(word);
    case "hex":
    case "rest":
      return hexFromText(words.join(""));
    case "base64":
      return base64FromText(words.join(""));
    case "salt":
      return word === "-" ? Buffer.of(0) : lengthPrefixed(hexFromText(word));
    case "hash":
      return lengthPrefixed(base32hexFromText(word));
    case "bitmap":
      return bitmapFromText(words);
    case "params":
      return paramsFromText(words);
  }
}

/** The digits of the number that `text` names in a registry; `text` itself where it names none. */
function codeFromText(text: string, registry: Readonly<Record<string, number>>): string {
  const mnemonic = text.toUpperCase();
  return Object.hasOwn(registry, mnemonic) ? `${registry[mnemonic]}` : text;
}

function numberFromText(text: string, octets: number): Buffer | undefined {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 256 ** octets) return undefined;
  const buffer = Buffer.alloc(octets);
  buffer.writeUIntBE(Number(text), 0, octets);
  return buffer;
}

function timeFromText(text: string): Buffer | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return numberFromText(text, 4);
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const seconds = Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000;
  // Date.UTC carries a 32nd day over; the text must come back as it was.
  return timeToText(seconds) === text ? numberFromText(`${seconds}`, 4) : undefined;
}

/** Four groups of hexadecimal digits (RFC 6742 §2.1.2). */
function nodeFromText(text: string): Buffer | undefined {
  if (!/^([0-9a-f]{1,4}:){3}[0-9a-f]{1,4}$/i.test(text)) return undefined;
  return hexFromText(
    text
      .split(":")
      .map((group) => group.padStart(4, "0"))
      .join(""),
  );
}

function stringFromText(text: string): Buffer | undefined {
  return lengthPrefixed(unescaped(text));
}

function lengthPrefixed(octets: Uint8Array | undefined): Buffer | undefined {
  return octets === undefined || octets.length > 255
    ? undefined
    : Buffer.concat([Buffer.of(octets.length), octets]);
}

function concatenated(parts: readonly (Buffer | undefined)[]): Buffer | undefined {
  return parts.every((part) => part !== undefined) ? Buffer.concat(parts) : undefined;
}

function hexFromText(text: string): Buffer | undefined {
  return /^([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}

function bitmapFromText(words: readonly string[]): Buffer | undefined {
  const types = words.map(typeFromText);
  return types.every((type) => type !== undefined) ? encodeBitmap(types) : undefined;
}

/** Type bit maps of `types`, in any order (RFC 4034 §4.1.2). */
export function encodeBitmap(types: readonly number[]): Buffer {
  const windows: Buffer[] = [];
  for (let window = 0; window <= 255; window++) {
    const low = types.filter((type) => type >> 8 === window).map((type) => type & 0xff);
    if (low.length === 0) continue;
    const octets = Buffer.alloc(2 + (Math.max(...low) >> 3) + 1);
    octets[0] = window;
    octets[1] = octets.length - 2;
    for (const type of low) octets[2 + (type >> 3)]! |= 0x80 >> (type & 7);
    windows.push(octets);
  }
  return Buffer.concat(windows);
}
