/**
 * Zone data of the lab from lines of text, and back as a master file with RFC 3597 RDATA, which every
 * server and verifier reads. Names in RDATA may be relative to the apex. Throws: tests write the lines.
 *
 * Source: RFC 1035 §5.1; RFC 3597 §5; RFC 9460 §2.2 (the SvcParams a lab needs).
 */
import { isIPv6 } from "node:net";
import type { Name } from "../../src/ports/message.ts";
import { typeFromText } from "../../src/wire/codes.ts";

export interface ZoneLine {
  readonly owner: Name;
  readonly type: number;
  readonly ttl: number;
  readonly rdata: Buffer;
}

const DEFAULT_TTL = 300;

/** The name that `text` means below `origin`; with a dot at its end, as it stands. Escapes `\DDD` and `\X`. */
export function named(text: string, origin = "\0" as Name): Name {
  if (text === "@") return origin;
  if (text === ".") return "\0" as Name;
  const octets = text.replace(/\\(\d{3}|.)/g, (_, code: string) =>
    code.length === 3 ? `\u0100${String.fromCharCode(Number(code))}` : `\u0100${code}`,
  );
  // U+0100 stands before an octet that was escaped, so that an escaped dot does not end a label.
  const labels = octets.split(/(?<!\u0100)\./);
  const absolute = labels.at(-1) === "";
  if (absolute) labels.pop();
  const wire = labels
    .map((label) => label.replaceAll("\u0100", ""))
    .map((label) => String.fromCharCode(label.length) + label);
  if (labels.some((label) => label === "")) throw new Error("empty label");
  const name = wire.join("").replace(/[A-Z]/g, (letter) => letter.toLowerCase()) + (absolute ? "\0" : origin);
  if (name.length > 255) throw new Error("name too long");
  return name as Name;
}

/** `OWNER [TTL] TYPE RDATA`. */
export function parseLine(line: string, apex: Name): ZoneLine {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const [owner = "", ...rest] = words;
  const ttl = /^\d+$/.test(rest[0] ?? "") ? Number(rest.shift()) : DEFAULT_TTL;
  const typeText = rest.shift() ?? "";
  const type = typeFromText(typeText);
  if (type === undefined) throw new Error(`unknown type in: ${line}`);
  return { owner: named(owner, apex), type, ttl, rdata: rdataFromText(typeText, rest, apex) };
}

/** A master-file line. */
export function lineText(owner: Name, ttl: number, type: number, rdata: Uint8Array): string {
  return `${nameText(owner)} ${ttl} IN TYPE${type} \\# ${rdata.length} ${Buffer.from(rdata).toString("hex")}`;
}

export function nameText(name: Name): string {
  if (name === "\0") return ".";
  let text = "";
  for (let at = 0; name.charCodeAt(at) > 0; at += 1 + name.charCodeAt(at)) {
    for (const octet of Buffer.from(name.slice(at + 1, at + 1 + name.charCodeAt(at)), "latin1")) {
      const plain = /[a-z0-9_*-]/.test(String.fromCharCode(octet));
      text += plain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, "0")}`;
    }
    text += ".";
  }
  return text;
}

function rdataFromText(type: string, words: readonly string[], apex: Name): Buffer {
  const name = (i: number): Buffer => Buffer.from(named(words[i] ?? "", apex), "latin1");
  const u16 = (i: number): Buffer => integer(Number(words[i]), 2);
  if (words[0] === "\\#") return Buffer.from(words.slice(2).join(""), "hex");
  switch (type) {
    case "A":
      return Buffer.from((words[0] ?? "").split(".").map(Number));
    case "AAAA":
      return ipv6(words[0] ?? "");
    case "NS":
    case "CNAME":
    case "DNAME":
    case "PTR":
      return name(0);
    case "MX":
      return Buffer.concat([u16(0), name(1)]);
    case "SRV":
      return Buffer.concat([u16(0), u16(1), u16(2), name(3)]);
    case "SOA":
      return Buffer.concat([name(0), name(1), ...[2, 3, 4, 5, 6].map((i) => integer(Number(words[i]), 4))]);
    case "TXT":
      return Buffer.concat(words.map((word) => characterString(unquoted(word))));
    case "CAA":
      return Buffer.concat([
        Buffer.from([Number(words[0])]),
        characterString(words[1] ?? ""),
        Buffer.from(unquoted(words[2] ?? ""), "latin1"),
      ]);
    case "SVCB":
    case "HTTPS":
      return Buffer.concat([u16(0), name(1), ...words.slice(2).map(serviceParameter)]);
    default:
      throw new Error(`no text form of ${type} in the lab: write it as \\# LENGTH HEX`);
  }
}

function serviceParameter(word: string): Buffer {
  const [key = "", value = ""] = word.split("=");
  const list = value.split(",");
  const known: Readonly<Record<string, readonly [number, () => Buffer]>> = {
    alpn: [1, () => Buffer.concat(list.map(characterString))],
    port: [3, () => integer(Number(value), 2)],
    ipv4hint: [4, () => Buffer.from(list.flatMap((address) => address.split(".").map(Number)))],
    ipv6hint: [6, () => Buffer.concat(list.map(ipv6))],
  };
  const entry = known[key];
  if (entry === undefined) throw new Error(`no SvcParam ${key} in the lab`);
  const data = entry[1]();
  return Buffer.concat([integer(entry[0], 2), integer(data.length, 2), data]);
}

function characterString(text: string): Buffer {
  const octets = Buffer.from(text, "latin1");
  if (octets.length > 255) throw new Error("character-string too long");
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word;
}

function integer(value: number, octets: number): Buffer {
  const buffer = Buffer.alloc(octets);
  buffer.writeUIntBE(value, 0, octets);
  return buffer;
}

function ipv6(text: string): Buffer {
  if (!isIPv6(text)) throw new Error(`not an IPv6 address: ${text}`);
  const [head = "", tail] = text.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => parseInt(group, 16));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.concat(all.map((group) => integer(group, 2)));
}
