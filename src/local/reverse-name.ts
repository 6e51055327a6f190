/** Names of the reverse mapping. Source: RFC 1035 §3.5 (IPv4), RFC 3596 §2.5 (IPv6). */
import type { Name } from "../ports/message.ts";

/** Where the PTR of an address of 4 or 16 octets is. */
export function reverseName(address: Uint8Array): Name {
  return address.length === 4 ? reverseIpv4(address) : reverseIpv6(address);
}

function reverseIpv4(address: Uint8Array): Name {
  let name = "";
  for (let at = 3; at >= 0; at--) name += label(String(address[at]!));
  return `${name}\x07in-addr\x04arpa\0` as Name;
}

function reverseIpv6(address: Uint8Array): Name {
  let name = "";
  for (let at = 15; at >= 0; at--) {
    name += label((address[at]! & 0x0f).toString(16)) + label((address[at]! >>> 4).toString(16));
  }
  return `${name}\x03ip6\x04arpa\0` as Name;
}

function label(text: string): string {
  return String.fromCharCode(text.length) + text;
}
