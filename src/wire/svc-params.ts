/**
 * SvcParams of SVCB and HTTPS in text. A value that does not have the form of its key is written as opaque
 * octets (`key3="..."`), so that every RDATA has a text that gives it back.
 *
 * Source: RFC 9460 §2.1, §7, appendix A; RFC 9461 §5 (dohpath); RFC 9540 §4 (ohttp).
 */
import { IPV4_OCTETS, IPV6_OCTETS, ipv4FromText, ipv4ToText, ipv6FromText, ipv6ToText } from "./addresses.ts";
import { base64FromText } from "./octet-text.ts";
import { quoted, unescaped } from "./text-tokens.ts";

/** SvcParamKeys by number; the index is the key (RFC 9460 §14.3.2). */
const KEYS = [
  "mandatory",
  "alpn",
  "no-default-alpn",
  "port",
  "ipv4hint",
  "ech",
  "ipv6hint",
  "dohpath",
  "ohttp",
] as const;
type KnownKey = (typeof KEYS)[number];

/** What a value looks like, by its key: text of octets, `undefined` where they are malformed; and back. */
interface ValueFormat {
  toText(value: Uint8Array): string | undefined;
  fromText(text: string): Uint8Array | undefined;
}

const MANDATORY = 0;

const NOTHING = new Uint8Array(0);

const FLAG: ValueFormat = {
  toText: (value) => (value.length === 0 ? "" : undefined),
  fromText: (text) => (text === "" ? NOTHING : undefined),
};

const OPAQUE: ValueFormat = { toText: quoted, fromText: unescaped };

const FORMATS: Record<KnownKey, ValueFormat> = {
  mandatory: { toText: mandatoryToText, fromText: mandatoryFromText },
  alpn: { toText: alpnToText, fromText: alpnFromText },
  "no-default-alpn": FLAG,
  port: { toText: portToText, fromText: portFromText },
  ipv4hint: addressList(IPV4_OCTETS, ipv4ToText, ipv4FromText),
  ech: { toText: echToText, fromText: base64FromText },
  ipv6hint: addressList(IPV6_OCTETS, ipv6ToText, ipv6FromText),
  dohpath: OPAQUE,
  ohttp: FLAG,
};

/** The SvcParams in `octets[start..end)`, which are known to be well formed. */
export function paramsToText(octets: Uint8Array, start: number, end: number): string[] {
  // BOUNDED: by the keys in one RDATA.
  const values = new Map<number, Uint8Array>();
  for (let at = start; at < end; ) {
    const key = (octets[at]! << 8) | octets[at + 1]!;
    const valueEnd = at + 4 + ((octets[at + 2]! << 8) | octets[at + 3]!);
    values.set(key, octets.subarray(at + 4, valueEnd));
    at = valueEnd;
  }
  return [...values].map(([key, value]) => {
    const isOpaque = key === MANDATORY && !namesOnlyKeysOf(values, value);
    const name = isOpaque ? undefined : KEYS[key];
    return paramToText(key, name, value);
  });
}

function paramToText(key: number, name: KnownKey | undefined, value: Uint8Array): string {
  const text = name === undefined ? undefined : FORMATS[name].toText(value);
  if (text === "") return name!;
  if (text !== undefined) return `${name}=${text}`;
  return value.length === 0 ? `key${key}` : `key${key}=${quoted(value)}`;
}

/** The SvcParams of words `key=value`, in the order of their keys; `undefined` for a malformed one or a key given twice. */
export function paramsFromText(words: readonly string[]): Buffer | undefined {
  // BOUNDED: by the words of one record.
  const values = new Map<number, Uint8Array>();
  for (const word of words) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const key = keyFromText(name);
    if (key === undefined || values.has(key)) return undefined;
    // key3=... is opaque although port has a form (RFC 9460 §2.1).
    const format = KEYS.includes(name as KnownKey) ? FORMATS[name as KnownKey] : OPAQUE;
    const value = format.fromText(equals < 0 ? "" : word.slice(equals + 1));
    if (value === undefined || value.length > 0xffff) return undefined;
    values.set(key, value);
  }
  const mandatory = words.some((word) => word.startsWith("mandatory=")) ? values.get(MANDATORY) : undefined;
  return mandatory === undefined || namesOnlyKeysOf(values, mandatory) ? encoded(values) : undefined;
}

function encoded(values: ReadonlyMap<number, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [key, value] of [...values].sort(([a], [b]) => a - b)) {
    parts.push(Uint8Array.of(key >> 8, key & 0xff, value.length >> 8, value.length & 0xff), value);
  }
  return Buffer.concat(parts);
}

/** RFC 9460 §8: keys listed in `mandatory` must be there, and it does not list itself. */
function namesOnlyKeysOf(values: ReadonlyMap<number, Uint8Array>, mandatory: Uint8Array): boolean {
  for (let at = 0; at + 1 < mandatory.length; at += 2) {
    const key = (mandatory[at]! << 8) | mandatory[at + 1]!;
    if (key === 0 || !values.has(key)) return false;
  }
  return true;
}

function keyToText(key: number): string {
  return KEYS[key] ?? `key${key}`;
}

function keyFromText(text: string): number | undefined {
  const known = KEYS.indexOf(text as KnownKey);
  if (known >= 0) return known;
  const number = /^key(0|[1-9]\d{0,4})$/.test(text) ? Number(text.slice(3)) : 0x10000;
  return number <= 0xffff ? number : undefined;
}

function mandatoryToText(value: Uint8Array): string | undefined {
  if (value.length === 0 || value.length % 2 !== 0) return undefined;
  const keys: number[] = [];
  for (let at = 0; at < value.length; at += 2) {
    const key = (value[at]! << 8) | value[at + 1]!;
    if (keys.length > 0 && key <= keys[keys.length - 1]!) return undefined;
    keys.push(key);
  }
  return keys[0] === 0 ? undefined : keys.map(keyToText).join(",");
}

function mandatoryFromText(text: string): Uint8Array | undefined {
  const keys: number[] = [];
  for (const word of text.split(",")) {
    const key = keyFromText(word);
    if (key === undefined || keys.includes(key)) return undefined;
    keys.push(key);
  }
  return Uint8Array.from(keys.sort((a, b) => a - b).flatMap((key) => [key >> 8, key & 0xff]));
}

/** A list of protocol names, each after its length; in text with commas, escaped twice (RFC 9460 appendix A.1). */
function alpnToText(value: Uint8Array): string | undefined {
  const items: string[] = [];
  for (let at = 0; at < value.length; at += 1 + value[at]!) {
    const end = at + 1 + value[at]!;
    if (value[at] === 0 || end > value.length) return undefined;
    items.push(
      Buffer.from(value.subarray(at + 1, end))
        .toString("latin1")
        .replace(/[\\,]/g, "\\$&"),
    );
  }
  return items.length === 0 ? undefined : quoted(Buffer.from(items.join(","), "latin1"));
}

function alpnFromText(text: string): Uint8Array | undefined {
  const octets = unescaped(text)?.toString("latin1");
  if (octets === undefined) return undefined;
  const items = [""];
  for (let at = 0; at < octets.length; at++) {
    if (octets[at] === ",") items.push("");
    else if (octets[at] !== "\\") items[items.length - 1] += octets[at]!;
    else if (++at < octets.length) items[items.length - 1] += octets[at]!;
    else return undefined;
  }
  if (!items.every((item) => item.length >= 1 && item.length <= 255)) return undefined;
  return Buffer.from(items.map((item) => String.fromCharCode(item.length) + item).join(""), "latin1");
}

function portToText(value: Uint8Array): string | undefined {
  return value.length === 2 ? `${(value[0]! << 8) | value[1]!}` : undefined;
}

function portFromText(text: string): Uint8Array | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0x10000;
  return port <= 0xffff ? Uint8Array.of(port >> 8, port & 0xff) : undefined;
}

function addressList(
  octets: number,
  toText: (octets: Uint8Array, start: number) => string,
  fromText: (text: string) => Uint8Array | undefined,
): ValueFormat {
  return {
    toText(value) {
      if (value.length === 0 || value.length % octets !== 0) return undefined;
      return Array.from({ length: value.length / octets }, (_, i) => toText(value, i * octets)).join(",");
    },
    fromText(text) {
      const addresses = text.split(",").map(fromText);
      return addresses.every((address) => address !== undefined) ? Buffer.concat(addresses) : undefined;
    },
  };
}

function echToText(value: Uint8Array): string | undefined {
  return value.length === 0 ? undefined : quoted(Buffer.from(Buffer.from(value).toString("base64")));
}
