/**
 * Names and pins as they are written in the configuration file.
 *
 * Source: RFC 1123 §2.1 (host names), RFC 5891 §4 (internationalised names), RFC 7858 §4.2 (SPKI pins).
 */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { Name } from "../ports/message.ts";
import { nameFromText } from "../wire/presentation.ts";
import { Wrong } from "./addresses.ts";

/** A domain name in presentation format; letters beyond ASCII become A-labels. */
export function parseName(text: string): Name | Wrong {
  const ascii = /[^\x20-\x7e]/.test(text) ? domainToASCII(text) : text;
  const name = ascii === "" ? undefined : nameFromText(ascii);
  return name ?? new Wrong("is not a domain name");
}

/** A name that stands for itself and all below it. */
export function parseDomain(text: string): Name | Wrong {
  // It would be taken for the label "*", which no name of a host is below.
  return /^\*(\.|$)/.test(text)
    ? new Wrong(`has a wildcard: write "${text.slice(2) || "."}" for all names below it`)
    : parseName(text);
}

/** The name of a host, for certificates and SNI: lower case, without the last dot. */
export function parseHostName(text: string): string | Wrong {
  const bare = text.replace(/\.$/, "");
  if (isIP(bare) !== 0) return new Wrong("is an address, not a name");
  const ascii = domainToASCII(bare);
  const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
  if (ascii.length > 253 || !new RegExp(`^${label}(\\.${label})*$`).test(ascii)) {
    return new Wrong("is not a host name");
  }
  return ascii;
}

/** `"sha256/BASE64"` of a SubjectPublicKeyInfo; the same text for the same pin. */
export function parsePin(text: string): string | Wrong {
  const parts = /^sha256\/([A-Za-z0-9+/]{43})=?$/.exec(text);
  if (parts === null)
    return new Wrong(text.startsWith("sha256/") ? "is not 32 octets in base64" : "is not a pin");
  return `sha256/${Buffer.from(parts[1] ?? "", "base64").toString("base64")}`;
}
