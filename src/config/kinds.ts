/**
 * The kinds of value a key can hold: what JSON Schema says about each, how its text is read, and what a fault says.
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import * as addresses from "./addresses.ts";
import { closest } from "./closest.ts";
import * as names from "./names.ts";
import * as quantities from "./quantities.ts";
import { parseRecord, parseTrustAnchor } from "./records.ts";
import { type Kind, kind, list, shown } from "./schema/kind.ts";

/** How one kind of text is read. `expected` ends the sentence "must be ...". */
interface Reader<Out> {
  readonly expected: string;
  readonly pattern?: string;
  parse(text: string): Out | addresses.Wrong;
}

function text<Out>({ expected, pattern, parse }: Reader<Out>): Kind<Out> {
  const wrong = (input: unknown, what: string): addresses.Wrong =>
    new addresses.Wrong(`${shown(input)} ${what}; must be ${expected}`);
  return kind({ type: "string", ...(pattern !== undefined && { pattern }) }, (input) => {
    if (typeof input !== "string") return wrong(input, "is of the wrong type");
    const output = parse(input);
    return output instanceof addresses.Wrong ? wrong(input, output.text) : output;
  });
}

/** The same, with `""` for "not set". */
function optionalText<Out>({ expected, pattern, parse }: Reader<Out>): Kind<Out | undefined> {
  return text<Out | undefined>({
    expected: `${expected}, or "" for none`,
    ...(pattern !== undefined && { pattern: `^$|${pattern}` }),
    parse: (input) => (input === "" ? undefined : parse(input)),
  });
}

function listOf<Out>(reader: Reader<Out>): Kind<readonly Out[]> {
  return list(
    text(reader),
    (input) => `${shown(input)} is not a list; must be a list, each item ${reader.expected}`,
  );
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

const DOMAIN: Reader<Name> = {
  expected: 'a domain name such as "corp.example"',
  parse: names.parseDomain,
};

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
  pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$",
  parse: (input) => (/^\w[\w.-]{0,62}$/.test(input) ? input : new addresses.Wrong("is not a label")),
};

const RECORD: Reader<ResourceRecord> = {
  expected: 'a line of a zone file such as "nas.home.arpa. 60 IN A 192.168.1.10"',
  parse: parseRecord,
};

const TRUST_ANCHOR: Reader<ResourceRecord> = {
  expected: 'a DS or DNSKEY record such as ". IN DS 20326 8 2 E06D44B8..."',
  parse: parseTrustAnchor,
};

const PATH: Reader<string> = {
  expected: "text in quotes",
  parse: (input) => (input.includes("\0") ? new addresses.Wrong("holds a NUL, as no path does") : input),
};

const INSTANT: Reader<number> = {
  expected: 'a time by ISO 8601 with its zone, such as "2026-11-01T12:00:00Z"',
  parse: (input) => {
    const at = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(input) ? Date.parse(input) : Number.NaN;
    if (Number.isNaN(at)) return new addresses.Wrong("is not a time with a zone");
    return isInCalendar(input) ? at : new addresses.Wrong("is a day that its month does not have");
  },
};

/** `Date.parse` takes 31 February for 3 March. */
function isInCalendar(text: string): boolean {
  const day = text.slice(0, text.indexOf("T"));
  return new Date(day).toISOString().startsWith(day);
}

export const duration = (min: string, max: string): Kind<number> => text(durationReader(min, max));
export const size = (min: string, max: string): Kind<number> => text(sizeReader(min, max));
export const listenAddresses = (port: number): Kind<readonly addresses.SocketAddress[]> =>
  listOf(addressReader(port, true));
export const serverAddresses = (port: number): Kind<readonly addresses.SocketAddress[]> =>
  listOf(addressReader(port));
export const optionalAddress = (port: number, any = false): Kind<addresses.SocketAddress | undefined> =>
  optionalText(addressReader(port, any));
export const prefixes = (): Kind<readonly addresses.Prefix[]> => listOf(PREFIX);
export const optionalProxy = (): Kind<addresses.Proxy | undefined> => optionalText(PROXY);
export const domainNames = (): Kind<readonly Name[]> => listOf(DOMAIN);
export const optionalHostName = (): Kind<string | undefined> => optionalText(HOST_NAME);
export const pins = (): Kind<readonly string[]> => listOf(PIN);
export const optionalLabel = (): Kind<string | undefined> => optionalText(LABEL);
export const optionalPath = (): Kind<string | undefined> => optionalText(PATH);
export const records = (): Kind<readonly ResourceRecord[]> => listOf(RECORD);
export const trustAnchors = (): Kind<readonly ResourceRecord[]> => listOf(TRUST_ANCHOR);
export const paths = (): Kind<readonly string[]> => listOf(PATH);

/** Milliseconds since 1970; TOML's own date-times are taken as well. */
export function optionalInstant(): Kind<number | undefined> {
  const written = optionalText(INSTANT);
  return {
    json: written.json,
    read: (input, path, report) =>
      written.read(input instanceof Date ? input.toISOString() : input, path, report),
  };
}

export function flag(): Kind<boolean> {
  return kind({ type: "boolean" }, (input) =>
    typeof input === "boolean"
      ? input
      : new addresses.Wrong(`${shown(input)} is of the wrong type; must be true or false, without quotes`),
  );
}

export function count(minimum: number, maximum: number): Kind<number> {
  return kind({ type: "integer", minimum, maximum }, (input) => {
    const isCount =
      typeof input === "number" && Number.isInteger(input) && input >= minimum && input <= maximum;
    const allowed = `must be a whole number from ${minimum} to ${maximum}`;
    return isCount ? input : new addresses.Wrong(`${shown(input)} ${notCount(input)}; ${allowed}`);
  });
}

function notCount(input: unknown): string {
  if (typeof input === "string" && /^\d+$/.test(input)) return "is in quotes";
  if (typeof input !== "number") return "is of the wrong type";
  return Number.isInteger(input) ? "is out of range" : "is not whole";
}

export function choice<const Word extends string>(words: readonly Word[]): Kind<Word> {
  return kind({ type: "string", enum: words }, (input) => {
    const word = words.find((known) => known === input);
    return word ?? unknownWord(input, words);
  });
}

/** A choice that may be left open, by `""`. */
export function optionalChoice<const Word extends string>(words: readonly Word[]): Kind<Word | undefined> {
  const chosen = choice(words);
  return {
    json: { type: "string", enum: ["", ...words] },
    read: (input, path, report) => (input === "" ? undefined : chosen.read(input, path, report)),
  };
}

/** A list of words, each standing for a number. */
export function numbersByWord(numbers: Readonly<Record<string, number>>): Kind<readonly number[]> {
  const words = Object.keys(numbers);
  const word = kind({ type: "string", enum: words }, (input) =>
    typeof input === "string" && Object.hasOwn(numbers, input)
      ? (numbers[input] ?? 0)
      : unknownWord(input, words),
  );
  return list(word, (input) => `${shown(input)} is not a list; must be a list of words in quotes`);
}

function unknownWord(input: unknown, words: readonly string[]): addresses.Wrong {
  const near = typeof input === "string" ? closest(input, words) : undefined;
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const allowed = words.map((word) => `"${word}"`).join(", ");
  return new addresses.Wrong(`${shown(input)} is not known; must be one of ${allowed}${hint}`);
}
