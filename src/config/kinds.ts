/**
 * The kinds of value a key can hold, as zod schemas that read what the file holds and give the parsed value.
 * Each fault says what was found and what is allowed, as `found; allowed`.
 */
import * as z from "zod/mini";
import type { Name, ResourceRecord } from "../ports/message.ts";
import * as addresses from "./addresses.ts";
import { closest } from "./closest.ts";
import * as names from "./names.ts";
import * as quantities from "./quantities.ts";
import { parseRecord, parseTrustAnchor } from "./records.ts";

/** A schema from what the file holds (`In`) to what the program uses (`Out`). */
export type Kind<Out, In> = z.ZodMiniType<Out, In>;

/** How one kind of text is read. `expected` ends the sentence "must be ...". */
interface Reader<Out> {
  readonly expected: string;
  readonly pattern?: string;
  parse(text: string): Out | addresses.Wrong;
}

/** A value of the file as a fault shows it: short, and on one line. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (typeof value === "object") return "a table";
  if (typeof value !== "string") return `${String(value)} (a ${typeof value})`;
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 76)}..."` : text;
}

function text<Out>(reader: Reader<Out>): Kind<Out, string> {
  const allowed = `must be ${reader.expected}`;
  const source = z.string({ error: (issue) => `${shown(issue.input)} is of the wrong type; ${allowed}` });
  return z.pipe(
    reader.pattern === undefined ? source : source.check(z.meta({ pattern: reader.pattern })),
    z.transform((input: string, context): Out => {
      const output = reader.parse(input);
      if (!(output instanceof addresses.Wrong)) return output;
      context.issues.push({ code: "custom", message: `${shown(input)} ${output.text}; ${allowed}`, input });
      return z.NEVER;
    }),
  );
}

/** The same, with `""` for "not set". */
function optionalText<Out>({ expected, pattern, parse }: Reader<Out>): Kind<Out | undefined, string> {
  return text<Out | undefined>({
    expected: `${expected}, or "" for none`,
    ...(pattern !== undefined && { pattern: `^$|${pattern}` }),
    parse: (input) => (input === "" ? undefined : parse(input)),
  });
}

function listOf<Out>(reader: Reader<Out>): Kind<Out[], string[]> {
  const error = (issue: { readonly input?: unknown }): string =>
    `${shown(issue.input)} is not a list; must be a list, each item ${reader.expected}`;
  return z.array(text(reader), { error });
}

function durationReader(min: string, max: string): Reader<number> {
  return {
    expected: `a duration such as "250ms", "10s" or "1h30m", from ${min} to ${max}`,
    pattern: quantities.DURATION_PATTERN,
    parse: within(quantities.parseDuration, "a duration", min, max),
  };
}

function sizeReader(min: string, max: string): Reader<number> {
  return {
    expected: `a size such as "32MiB", from ${min} to ${max}`,
    pattern: quantities.SIZE_PATTERN,
    parse: within(quantities.parseSize, "a size", min, max),
  };
}

type Quantity = (text: string) => number | undefined;

function within(read: Quantity, what: string, min: string, max: string): Reader<number>["parse"] {
  const [least = 0, most = 0] = [read(min), read(max)];
  return (input) => {
    const value = read(input);
    if (value === undefined)
      return new addresses.Wrong(/^\d+$/.test(input) ? "has no unit" : `is not ${what}`);
    if (value < least) return new addresses.Wrong("is too small");
    return value > most ? new addresses.Wrong("is too large") : value;
  };
}

const ADDRESS_FORM = 'an address with a port, such as "192.0.2.1:PORT" or "[2001:db8::1]:PORT"';

function addressReader(usualPort: number, anyPort = false): Reader<addresses.SocketAddress> {
  return {
    expected: ADDRESS_FORM.replaceAll("PORT", String(usualPort)),
    parse: (input) => addresses.parseSocketAddress(input, usualPort, anyPort),
  };
}

const PREFIX: Reader<addresses.Prefix> = {
  expected: 'a block of addresses such as "192.168.0.0/16" or "2001:db8::/32"',
  parse: addresses.parsePrefix,
};

const PROXY: Reader<addresses.Proxy> = {
  expected: 'a SOCKS5 proxy by address, such as "socks5://127.0.0.1:9050"',
  parse: addresses.parseProxy,
};

const NAME: Reader<Name> = { expected: 'a domain name such as "corp.example"', parse: names.parseName };

const HOST_NAME: Reader<string> = {
  expected: 'a host name such as "dns.example.net"',
  parse: names.parseHostName,
};

const PIN: Reader<string> = {
  expected: '"sha256/" and 32 octets in base64, of a SubjectPublicKeyInfo',
  pattern: "^sha256/[A-Za-z0-9+/]{43}=?$",
  parse: names.parsePin,
};

const LABEL: Reader<string> = {
  expected: 'a short label such as "quad9": letters, digits, ".", "_" and "-"',
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
  parse: (input) => (/^[\w][\w.-]{0,62}$/.test(input) ? input : new addresses.Wrong("is not a label")),
};

const RECORD: Reader<ResourceRecord> = {
  expected: 'a line of a zone file such as "nas.home.arpa. 60 IN A 192.168.1.10"',
  parse: parseRecord,
};

const TRUST_ANCHOR: Reader<ResourceRecord> = {
  expected: 'a DS or DNSKEY record such as ". IN DS 20326 8 2 E06D44B8..."',
  parse: parseTrustAnchor,
};

const PLAIN: Reader<string> = { expected: "text in quotes", parse: (input) => input };

const INSTANT: Reader<number> = {
  expected: 'a time by ISO 8601 with its zone, such as "2026-11-01T12:00:00Z"',
  parse: (input) => {
    const at = /T.*(Z|[+-]\d\d:\d\d)$/.test(input) ? Date.parse(input) : Number.NaN;
    return Number.isNaN(at) ? new addresses.Wrong("is not a time with a zone") : at;
  },
};

export const duration = (min: string, max: string): Kind<number, string> => text(durationReader(min, max));
export const size = (min: string, max: string): Kind<number, string> => text(sizeReader(min, max));
export const listenAddresses = (port: number): Kind<addresses.SocketAddress[], string[]> =>
  listOf(addressReader(port, true));
export const serverAddresses = (port: number): Kind<addresses.SocketAddress[], string[]> =>
  listOf(addressReader(port));
export const optionalAddress = (
  port: number,
  any = false,
): Kind<addresses.SocketAddress | undefined, string> => optionalText(addressReader(port, any));
export const prefixes = (): Kind<addresses.Prefix[], string[]> => listOf(PREFIX);
export const optionalProxy = (): Kind<addresses.Proxy | undefined, string> => optionalText(PROXY);
export const domainNames = (): Kind<Name[], string[]> => listOf(NAME);
export const optionalHostName = (): Kind<string | undefined, string> => optionalText(HOST_NAME);
export const pins = (): Kind<string[], string[]> => listOf(PIN);
export const optionalLabel = (): Kind<string | undefined, string> => optionalText(LABEL);
export const optionalPath = (): Kind<string | undefined, string> => optionalText(PLAIN);
export const records = (): Kind<ResourceRecord[], string[]> => listOf(RECORD);
export const trustAnchors = (): Kind<ResourceRecord[], string[]> => listOf(TRUST_ANCHOR);
export const paths = (): Kind<string[], string[]> => listOf(PLAIN);

/** Milliseconds since 1970; TOML's own date-times are taken as well. */
export const optionalInstant = (): Kind<number | undefined, string> =>
  z.pipe(
    z.transform((input: unknown) => (input instanceof Date ? input.toISOString() : input)),
    optionalText(INSTANT),
  ) as Kind<number | undefined, string>;

export function flag(): Kind<boolean, boolean> {
  return z.boolean({
    error: (issue) => `${shown(issue.input)} is of the wrong type; must be true or false, without quotes`,
  });
}

export function count(min: number, max: number): Kind<number, number> {
  const error = (issue: { readonly input?: unknown }): string =>
    `${shown(issue.input)} ${notCount(issue.input)}; must be a whole number from ${min} to ${max}`;
  return z.int({ error }).check(z.minimum(min, { error }), z.maximum(max, { error }));
}

function notCount(input: unknown): string {
  if (typeof input === "string" && /^\d+$/.test(input)) return "is in quotes";
  if (typeof input !== "number") return "is of the wrong type";
  return Number.isInteger(input) ? "is out of range" : "is not whole";
}

export function choice<const Words extends readonly string[]>(
  words: Words,
): Kind<Words[number], Words[number]> {
  return z.enum(words, { error: (issue) => unknownWord(issue.input, words) });
}

/** A choice that may be left open, by `""`. */
export function optionalChoice<const Words extends readonly string[]>(
  words: Words,
): Kind<Words[number] | undefined, Words[number] | ""> {
  const word = z.enum(["", ...words], { error: (issue) => unknownWord(issue.input, words) });
  const read = z.transform((input: string) => (input === "" ? undefined : input));
  return z.pipe(word as z.ZodMiniType<string, string>, read) as Kind<
    Words[number] | undefined,
    Words[number] | ""
  >;
}

/** A list of words, each standing for a number. */
export function numbersByWord(table: Readonly<Record<string, number>>): Kind<number[], string[]> {
  const words = Object.keys(table);
  const word = z.enum(words, { error: (issue) => unknownWord(issue.input, words) });
  const number = z.pipe(
    word,
    z.transform((input: string) => table[input] ?? 0),
  );
  return z.array(number, {
    error: (issue) => `${shown(issue.input)} is not a list; must be a list of words`,
  });
}

function unknownWord(input: unknown, words: readonly string[]): string {
  const near = typeof input === "string" ? closest(input, words) : undefined;
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return `${shown(input)} is not known; must be one of ${words.map((word) => `"${word}"`).join(", ")}${hint}`;
}
