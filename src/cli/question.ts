/**
 * The question that somebody typed: a name, or an address to look up in reverse, and a type of data, as the listener
 * would answer it.
 *
 * Source: RFC 1035 §3.5, RFC 3596 §2.5, RFC 6895 §3.1.
 */
import { isIPv4, isIPv6 } from "node:net";
import { Wrong } from "../config/addresses.ts";
import { closest } from "../config/closest.ts";
import { parseName } from "../config/names.ts";
import type { Question } from "../ports/message.ts";
import { ipv6FromText } from "../wire/addresses.ts";
import { Class, isOfData, Type, typeFromText } from "../wire/codes.ts";
import { CommandFailure, ExitCode } from "./failure.ts";

/** An address asks for its PTR record, unless a type is given. */
export function questionFrom(name: string, type: string | undefined): Question {
  const reverse = reverseName(name);
  const qname = parseName(reverse ?? name);
  if (qname instanceof Wrong) {
    throw new CommandFailure(
      ExitCode.BAD_USAGE,
      `"${name}" ${qname.text}: labels have 1 to 63 octets, the whole name at most 255, spaces are written \\032`,
    );
  }
  return { qname, qtype: typeFrom(type ?? (reverse === undefined ? "A" : "PTR")), qclass: Class.IN };
}

const SOME_TYPES = "such as A, AAAA, MX, TXT, HTTPS or TYPE65280";

function typeFrom(text: string): number {
  const type = typeFromText(text.toUpperCase());
  if (type !== undefined && isOfData(type)) return type;
  if (type !== undefined) {
    throw new CommandFailure(
      ExitCode.BAD_USAGE,
      `"${text}" is a type that no name has data of: ask for one ${SOME_TYPES}`,
    );
  }
  const near = closest(text.toUpperCase(), Object.keys(Type));
  const hint = near === undefined ? SOME_TYPES : `did you mean ${near}?`;
  throw new CommandFailure(ExitCode.BAD_USAGE, `"${text}" is not a record type: ${hint}`);
}

/** RFC 1035 §3.5 and RFC 3596 §2.5; `undefined` for what is not an address. */
function reverseName(text: string): string | undefined {
  if (isIPv4(text)) return `${text.split(".").reverse().join(".")}.in-addr.arpa.`;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const octets = ipv6FromText(text);
  if (octets === undefined) return undefined;
  const nibbles = [...Buffer.from(octets).toString("hex")].reverse();
  return `${nibbles.join(".")}.ip6.arpa.`;
}
