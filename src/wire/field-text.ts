/**
 * Fields of RDATA as people write them: for each kind of `rdata-layouts.ts` the way to text and back.
 *
 * Source: RFC 1035 §5.1; RFC 4034 §2.2, §3.2, §4.2, §5.3; RFC 5155 §3.3; RFC 6742 §2; RFC 7043 §3.2, §4.2; RFC
 * 9460 §2.1.
 */
import { ipv4FromText, ipv4ToText, ipv6FromText, ipv6ToText } from "./addresses.ts";
import { base32hexFromText, base32hexToText } from "./base32hex.ts";
import { Algorithm, CertificateType, typeFromText, typeToText } from "./codes.ts";
import { asBuffer } from "./latin1.ts";
import { locationFromWords, locationToWords } from "./location-text.ts";
import { labelsToText, wireBelow } from "./name-text.ts";
import { base64FromText, hexFromText, hexToText } from "./octet-text.ts";
import type { RdataField } from "./rdata-layouts.ts";
import { paramsFromText, paramsToText } from "./svc-params.ts";
import { quoted, unescaped } from "./text-tokens.ts";
import { bitmapTypes, encodeBitmap } from "./type-bitmap.ts";

export interface FieldFormat {
  /** What a fault calls it. */
  readonly what: string;
  /** One word, all that are left, or all and maybe none. */
  readonly words: "one" | "rest" | "any";
  /** The words for the well-formed field in `octets[start..end)`; `undefined` where no words say just that. */
  toWords(octets: Uint8Array, start: number, end: number): string[] | undefined;
  /** The octets that words stand for, escapes still in them; `undefined` where they stand for none. */
  fromWords(words: readonly string[], origin: Uint8Array): Uint8Array | undefined;
}

export const FIELD_FORMATS: Readonly<Record<RdataField, FieldFormat>> = {
  u8: number(1, "number up to 255"),
  u16: number(2, "number up to 65535"),
  u32: number(4, "number up to 4294967295"),
  algorithm: number(1, "algorithm (a number up to 255, or a mnemonic)", Algorithm),
  certificate: number(2, "certificate type (a number up to 65535, or a mnemonic)", CertificateType),
  type: word("record type", (octets, start) => typeToText(numberAt(octets, start, 2)), typeWord),
  time: word(
    "time (YYYYMMDDHHmmSS, or seconds)",
    (octets, start) => timeToText(numberAt(octets, start, 4)),
    timeWord,
  ),
  ipv4: word("IPv4 address", ipv4ToText, ipv4FromText),
  ipv6: word("IPv6 address", ipv6ToText, ipv6FromText),
  eui48: word("EUI-48 address (00-00-5e-00-53-2a)", dashedHex, (text) => dashedHexWord(text, 6)),
  eui64: word("EUI-64 address (00-00-5e-ef-10-00-00-2a)", dashedHex, (text) => dashedHexWord(text, 8)),
  node: word("64-bit number (0014:4fff:ff20:ee64)", nodeToText, nodeWord),
  name: word("domain name", (octets, start, end) => labelsToText(latin1(octets, start, end)), wireBelow),
  string: word(
    "string of up to 255 octets",
    (octets, start, end) => quoted(octets.subarray(start + 1, end)),
    stringWord,
  ),
  strings: {
    what: "list of strings of up to 255 octets each",
    words: "rest",
    toWords: stringsToWords,
    fromWords: (words) => concatenated(words.map(stringWord)),
  },
  tag: word("tag of letters and digits", tagToText, stringWord),
  text: word("text", (octets, start, end) => quoted(octets.subarray(start, end)), unescaped),
  hex: {
    what: "hexadecimal number",
    words: "rest",
    toWords: (octets, start, end) => [hexToText(octets, start, end)],
    fromWords: (words) => hexFromText(words.join("")),
  },
  base64: {
    what: "base 64 text",
    words: "rest",
    toWords: (octets, start, end) => [asBuffer(octets).toString("base64", start, end)],
    fromWords: (words) => base64FromText(words.join("")),
  },
  salt: word("salt (hexadecimal, or -)", saltToText, saltWord),
  hash: word(
    "hash in base 32",
    (octets, start, end) => base32hexToText(octets.subarray(start + 1, end)).toUpperCase(),
    (text) => lengthPrefixed(base32hexFromText(text)),
  ),
  bitmap: {
    what: "list of record types",
    words: "any",
    toWords: (octets, start, end) => bitmapTypes(octets, start, end).map(typeToText),
    fromWords: bitmapFromWords,
  },
  params: {
    what: "list of service parameters (RFC 9460)",
    words: "any",
    toWords: paramsToText,
    fromWords: paramsFromText,
  },
  location: {
    what: "location (RFC 1876)",
    words: "rest",
    toWords: locationToWords,
    fromWords: locationFromWords,
  },
  rest: {
    what: "bit map of a form known here: write all the RDATA as \\# LENGTH HEX",
    words: "rest",
    toWords: () => undefined,
    fromWords: () => undefined,
  },
};

/** A field of one word. */
function word(
  what: string,
  toText: (octets: Uint8Array, start: number, end: number) => string | undefined,
  fromText: (text: string, origin: Uint8Array) => Uint8Array | undefined,
): FieldFormat {
  return {
    what,
    words: "one",
    toWords: (octets, start, end) => {
      const text = toText(octets, start, end);
      return text === undefined ? undefined : [text];
    },
    fromWords: ([text = ""], origin) => fromText(text, origin),
  };
}

/** A decimal number, or where there is a registry one of its mnemonics (RFC 4034 §2.2). */
function number(octets: number, what: string, registry: Readonly<Record<string, number>> = {}): FieldFormat {
  const fromText = (text: string): Buffer | undefined => {
    const mnemonic = text.toUpperCase();
    return numberFromText(Object.hasOwn(registry, mnemonic) ? `${registry[mnemonic]}` : text, octets);
  };
  return word(what, (source, start) => `${numberAt(source, start, octets)}`, fromText);
}

function numberAt(octets: Uint8Array, start: number, count: number): number {
  return asBuffer(octets).readUIntBE(start, count);
}

function numberFromText(text: string, octets: number): Buffer | undefined {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 256 ** octets) return undefined;
  const buffer = Buffer.alloc(octets);
  buffer.writeUIntBE(Number(text), 0, octets);
  return buffer;
}

function typeWord(text: string): Uint8Array | undefined {
  const type = typeFromText(text);
  return type === undefined ? undefined : Uint8Array.of(type >> 8, type & 0xff);
}

/** `YYYYMMDDHHmmSS`, of seconds since 1970 (RFC 4034 §3.2). */
function timeToText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\D/g, "").slice(0, 14);
}

function timeWord(text: string): Buffer | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return numberFromText(text, 4);
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const seconds = Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000;
  // Date.UTC carries a 32nd day over into the next month: the text must come back as it was.
  return timeToText(seconds) === text ? numberFromText(`${seconds}`, 4) : undefined;
}

function dashedHex(octets: Uint8Array, start: number, end: number): string {
  return hexToText(octets, start, end)
    .toLowerCase()
    .replace(/..(?=.)/g, "$&-");
}

function dashedHexWord(text: string, octets: number): Buffer | undefined {
  const pairs = text.split("-");
  return pairs.length === octets && pairs.every((pair) => pair.length === 2)
    ? hexFromText(pairs.join(""))
    : undefined;
}

/** Four groups of hexadecimal digits (RFC 6742 §2.1.2). */
function nodeToText(octets: Uint8Array, start: number, end: number): string {
  return hexToText(octets, start, end)
    .toLowerCase()
    .replace(/....(?=.)/g, "$&:");
}

function nodeWord(text: string): Buffer | undefined {
  const groups = text.split(":");
  if (groups.length !== 4 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return hexFromText(groups.map((group) => group.padStart(4, "0")).join(""));
}

function stringsToWords(octets: Uint8Array, start: number, end: number): string[] {
  const strings: string[] = [];
  for (let at = start; at < end; at += 1 + octets[at]!) {
    strings.push(quoted(octets.subarray(at + 1, at + 1 + octets[at]!)));
  }
  return strings;
}

function stringWord(text: string): Buffer | undefined {
  return lengthPrefixed(unescaped(text));
}

/** A tag is written without quotes, so only when it is as RFC 8659 §4.1 wants it. */
function tagToText(octets: Uint8Array, start: number, end: number): string | undefined {
  const tag = latin1(octets, start + 1, end);
  return /^[0-9a-z]+$/i.test(tag) ? tag : undefined;
}

function saltToText(octets: Uint8Array, start: number, end: number): string {
  return end === start + 1 ? "-" : hexToText(octets, start + 1, end);
}

function saltWord(text: string): Buffer | undefined {
  return text === "-" ? Buffer.of(0) : lengthPrefixed(hexFromText(text));
}

function bitmapFromWords(words: readonly string[]): Buffer | undefined {
  const types = words.map(typeFromText);
  return types.every((type) => type !== undefined) ? encodeBitmap(types) : undefined;
}

function lengthPrefixed(octets: Uint8Array | undefined): Buffer | undefined {
  if (octets === undefined || octets.length > 255) return undefined;
  return Buffer.concat([Buffer.of(octets.length), octets]);
}

function concatenated(parts: readonly (Buffer | undefined)[]): Buffer | undefined {
  return parts.every((part) => part !== undefined) ? Buffer.concat(parts) : undefined;
}

function latin1(octets: Uint8Array, start: number, end: number): string {
  return asBuffer(octets).latin1Slice(start, end);
}
