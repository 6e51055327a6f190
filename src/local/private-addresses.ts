/**
 * Which addresses have no business in an answer for a public name, since they lead to this machine or its
 * network: what DNS rebinding lives on. IPv6 addresses that carry an IPv4 address are judged by that one.
 *
 * The documentation ranges (192.0.2.0/24, 2001:db8::/32 ...) are not here: they lead nowhere.
 *
 * Source: RFC 6890 §2.2 and its registries; the others with each row.
 */

/** Whether the IPv4 address at `at` is private. */
export function isPrivateIpv4(octets: Uint8Array, at: number): boolean {
  const first = octets[at]!;
  const second = octets[at + 1]!;
  switch (first) {
    case 0: // "This network"; 0.0.0.0 reaches the machine itself (RFC 1122 §3.2.1.3).
    case 10: // RFC 1918.
    case 127: // Loopback (RFC 1122 §3.2.1.3).
      return true;
    case 100: // 100.64.0.0/10, shared with the carrier's NAT (RFC 6598).
      return second >= 64 && second <= 127;
    case 169: // Link-local (RFC 3927); where clouds keep their metadata service.
      return second === 254;
    case 172: // 172.16.0.0/12 (RFC 1918).
      return second >= 16 && second <= 31;
    case 192: // 192.168.0.0/16 (RFC 1918), 192.0.0.0/24 (protocols of the local network, RFC 6890).
      return second === 168 || (second === 0 && octets[at + 2] === 0);
    case 198: // 198.18.0.0/15, for tests of devices (RFC 2544): VPN software hands it out locally.
      return second === 18 || second === 19;
    default: // Multicast (RFC 5771), reserved and broadcast (RFC 1112 §4, RFC 919).
      return first >= 224;
  }
}

/** Whether the IPv6 address at `at` is private, or carries a private IPv4 address. */
export function isPrivateIpv6(octets: Uint8Array, at: number): boolean {
  const first = octets[at]!;
  const second = octets[at + 1]!;
  if ((first & 0xfe) === 0xfc) return true; // fc00::/7, unique local (RFC 4193).
  if (first === 0xfe && second >= 0x80) return true; // fe80::/10 link-local, fec0::/10 site-local (RFC 3879).
  if (first === 0xff) return true; // Multicast (RFC 4291 §2.7).
  if (first === 0x20 && second === 0x02) return isPrivateIpv4(octets, at + 2); // 6to4 (RFC 3056 §2).
  if (isTeredo(octets, at)) return isPrivateTeredo(octets, at);
  if (first !== 0) return false;
  return second === 0 ? isPrivateLow(octets, at) : isPrivateNat64(octets, at);
}

/** Within ::/16: unspecified, loopback, and addresses with IPv4 in their last 32 bits. */
function isPrivateLow(octets: Uint8Array, at: number): boolean {
  if (!areZero(octets, at, at + 8)) return false;
  const high = (octets[at + 8]! << 8) | octets[at + 9]!;
  const low = (octets[at + 10]! << 8) | octets[at + 11]!;
  // ::/96: ::, ::1, IPv4-compatible (RFC 4291 §2.5.5.1). 0.0.0.0/8 covers the first two.
  if (high === 0 && low === 0) return isPrivateIpv4(octets, at + 12);
  // ::ffff:0:0/96, IPv4-mapped (RFC 4291 §2.5.5.2); ::ffff:0:0:0/96, IPv4-translated (RFC 2765 §2.1).
  const isMapped = high === 0 && low === 0xffff;
  const isTranslated = high === 0xffff && low === 0;
  return (isMapped || isTranslated) && isPrivateIpv4(octets, at + 12);
}

/** 64:ff9b::/96 by its IPv4 address (RFC 6052 §2.1); 64:ff9b:1::/48 whatever it holds: it is local (RFC 8215). */
function isPrivateNat64(octets: Uint8Array, at: number): boolean {
  if (octets[at + 1] !== 0x64 || octets[at + 2] !== 0xff || octets[at + 3] !== 0x9b) return false;
  if (octets[at + 4] === 0 && octets[at + 5] === 1) return true;
  return areZero(octets, at + 4, at + 12) && isPrivateIpv4(octets, at + 12);
}

/** 2001::/32 (RFC 4380 §2.6). */
function isTeredo(octets: Uint8Array, at: number): boolean {
  return octets[at] === 0x20 && octets[at + 1] === 0x01 && octets[at + 2] === 0 && octets[at + 3] === 0;
}

/** Its server's address, and the client's, which is stored inverted (RFC 4380 §4). */
function isPrivateTeredo(octets: Uint8Array, at: number): boolean {
  const client = octets.subarray(at + 12, at + 16).map((octet) => octet ^ 0xff);
  return isPrivateIpv4(octets, at + 4) || isPrivateIpv4(client, 0);
}

function areZero(octets: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (octets[at] !== 0) return false;
  return true;
}
