/**
 * Socket addresses, prefixes and the proxy as they are written in the configuration file, and back.
 *
 * Source: RFC 5952 §6 (brackets around IPv6 with a port), RFC 4007 §11 (scope after "%"), RFC 4632 §3.1 (prefix).
 */
import { isIP, isIPv6 } from "node:net";
import { ipv6FromText, ipv6ToText } from "../wire/addresses.ts";

/** An address and a port to bind or to dial. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** Zone of a link-local IPv6 address: the name of an interface. */
  readonly scope?: string;
}

/** A block of addresses in CIDR notation. */
export interface Prefix {
  readonly ip: string;
  readonly bits: number;
  readonly family: 4 | 6;
}

/** A SOCKS5 proxy (RFC 1928), with user and password (RFC 1929) where it wants them. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** Of a user and of a password: each has its length in one octet (RFC 1929 §2). */
const MAX_CREDENTIAL_OCTETS = 255;

/** What is wrong with a value, in words that follow the value. */
export class Wrong {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `"192.0.2.1:53"`, `"[2001:db8::1]:53"` or `"[fe80::1%eth0]:53"`; 0 as port only where `anyPort`. */
export function parseSocketAddress(text: string, usualPort: number, anyPort = false): SocketAddress | Wrong {
  const parts = /^(?:\[([^\]%]*)(?:%([^\]]+))?\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (parts === null) return explainAddress(text, usualPort);
  const [, v6, scope, v4] = parts;
  const port = Number(parts[4]);
  const ip = v6 ?? v4 ?? "";
  if (isIP(ip) !== (v6 === undefined ? 4 : 6)) return new Wrong("does not hold a valid IP address");
  if (port > 65_535 || (port === 0 && !anyPort)) return new Wrong("has a port out of range (1 to 65535)");
  if (GROUP.test(ip)) return new Wrong("is the address of a group, not of one machine");
  if (v6 === undefined) return { ip, port, family: 4 };
  const canonical = canonicalIpv6(v6);
  // RFC 4291 §2.5.5.2. Our IPv6 sockets are IPv6-only, and one address in two forms would be two.
  const mapped = /^::ffff:([\d.]+)$/.exec(canonical)?.[1];
  if (mapped !== undefined)
    return new Wrong(`is an IPv4 address in the form of an IPv6 one: write "${mapped}:${port}"`);
  if (scope !== undefined) return { ip: canonical, port, family: 6, scope };
  // RFC 4007 §6: which link is meant, the address does not say.
  return LINK_LOCAL.test(canonical)
    ? new Wrong(`is link-local and needs its interface: write "[${canonical}%eth0]:${port}"`)
    : { ip: canonical, port, family: 6 };
}

/** Multicast, 224.0.0.0/4 (RFC 5771 §3) and ff00::/8 (RFC 4291 §2.7), and the limited broadcast (RFC 919 §7). */
const GROUP = /^(22[4-9]|23\d)\.|^255\.255\.255\.255$|^ff..:/i;

/** fe80::/10 (RFC 4291 §2.5.6), as `canonicalIpv6` writes it. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/;

function explainAddress(text: string, usualPort: number): Wrong {
  const bare = text.replace(/^\[|\]$/g, "");
  if (isIP(bare) === 4) return new Wrong(`has no port: write "${bare}:${usualPort}"`);
  if (isIPv6(bare)) return new Wrong(`has no port: write "[${bare}]:${usualPort}"`);
  const at = /^(.*)@(\d+)$/.exec(text);
  if (at !== null && isIP(at[1] ?? "") !== 0) {
    const ip = at[1] ?? "";
    return new Wrong(`has "@" before the port: write "${isIPv6(ip) ? `[${ip}]` : ip}:${at[2]}"`);
  }
  return new Wrong("is not an address with a port");
}

/** `"192.0.2.0/24"`; an address alone is a block of one. */
export function parsePrefix(text: string): Prefix | Wrong {
  const slash = text.indexOf("/");
  const ip = slash < 0 ? text : text.slice(0, slash);
  const family = isIP(ip);
  if ((family !== 4 && family !== 6) || ip.includes("%")) return new Wrong("is not an address block");
  const width = family === 4 ? 32 : 128;
  const length = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) {
    return new Wrong(`has a prefix length out of range (0 to ${width})`);
  }
  return { ip, bits: Number(length), family };
}

/** `"socks5://127.0.0.1:9050"`, with `user:password@` before the address where needed. */
export function parseProxy(text: string): Proxy | Wrong {
  if (!URL.canParse(text)) return new Wrong("is not a proxy address");
  const url = new URL(text);
  if (!/^socks5h?:$/.test(url.protocol)) return new Wrong("is not a SOCKS5 proxy");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A name would have to be looked up first, by a resolver that may well be this one.
  if (isIP(host) === 0 && host !== "localhost") return new Wrong("names its host; it must be an IP address");
  if (url.port === "") return new Wrong("has no port");
  const port = Number(url.port);
  if (port === 0) return new Wrong("has a port out of range (1 to 65535)");
  if (url.pathname.length > 1 || url.search !== "" || url.hash !== "") {
    return new Wrong("goes on after its port, and a SOCKS5 proxy has no path");
  }
  if (url.username === "") {
    // RFC 1929 §2: a user of 1 to 255 octets.
    return url.password === "" ? { host, port } : new Wrong("has a password without a user");
  }
  const username = percentDecoded(url.username);
  const password = percentDecoded(url.password);
  if (username === undefined || password === undefined) {
    return new Wrong("has a user or password that is not percent-encoded properly");
  }
  if ([username, password].some((each) => Buffer.byteLength(each) > MAX_CREDENTIAL_OCTETS)) {
    return new Wrong(`has a user or password of more than ${MAX_CREDENTIAL_OCTETS} octets`);
  }
  return { host, port, username, password };
}

/** `undefined` where it is not encoded properly. */
function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The way `parseSocketAddress` reads it. */
export function addressToText(address: SocketAddress): string {
  if (address.family === 4) return `${address.ip}:${address.port}`;
  const scope = address.scope === undefined ? "" : `%${address.scope}`;
  return `[${address.ip}${scope}]:${address.port}`;
}

/** The first address that is in the list twice, as text. */
export function twiceIn(addresses: readonly SocketAddress[]): string | undefined {
  const texts = addresses.map(addressToText);
  return texts.find((text, index) => texts.indexOf(text) < index);
}

/** One spelling for each address (RFC 5952 §4), so that equal addresses are equal texts. */
function canonicalIpv6(text: string): string {
  const octets = ipv6FromText(text);
  return octets === undefined ? text : ipv6ToText(octets);
}

/** Whether an address means "every address of this machine". */
export function isWildcard(address: SocketAddress): boolean {
  return address.ip === "0.0.0.0" || /^[0:]+$/.test(address.ip);
}

/** Whether only this machine can reach the address. */
export function isLoopback(ip: string): boolean {
  return ip.startsWith("127.") || /^[0:]*:0*1$/.test(ip);
}
