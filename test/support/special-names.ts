/** Names that the RFCs take out of the public DNS, with what a client is to be told: one table for all tests of it. */
const LOOPBACK6 = `1.${"0.".repeat(31)}ip6.arpa`;

function soa(zone: string): string {
  return `${zone}. 10800 IN SOA ${zone}. nobody.invalid. 1 3600 1200 604800 10800`;
}

/** The reverse zones of a private IPv4 network that is cut at its second octet. */
function reverse(
  first: number,
  from: number,
  to: number,
): [asked: string, expected: string, reason: string][] {
  return Array.from({ length: to - from + 1 }, (_, i) => [
    `1.1.${from + i}.${first}.in-addr.arpa PTR`,
    "NXDOMAIN",
    "private-reverse",
  ]);
}

/** Question; answer section as text, or NXDOMAIN, or NODATA; the reason that is counted. */
export const SPECIAL_NAMES: readonly (readonly [asked: string, expected: string, reason: string])[] = [
  // RFC 6761 §6.3: addresses for the name and all below it, negative for all other types.
  ["localhost A", "localhost. 10800 IN A 127.0.0.1", "localhost"],
  ["localhost AAAA", "localhost. 10800 IN AAAA ::1", "localhost"],
  ["localhost MX", "NODATA", "localhost"],
  ["localhost HTTPS", "NODATA", "localhost"],
  ["a.b.localhost A", "a.b.localhost. 10800 IN A 127.0.0.1", "localhost"],
  ["a.b.localhost TXT", "NODATA", "localhost"],
  // RFC 6761 §6.4, §6.2.
  ["invalid A", "NXDOMAIN", "reserved-tld"],
  ["www.invalid AAAA", "NXDOMAIN", "reserved-tld"],
  ["test SOA", "NXDOMAIN", "reserved-tld"],
  ["www.test A", "NXDOMAIN", "reserved-tld"],
  // RFC 7686 §2: "They MUST generate NXDOMAIN for all such queries."
  ["onion A", "NXDOMAIN", "onion"],
  ["duckduckgo.onion A", "NXDOMAIN", "onion"],
  ["a.b.onion DS", "NXDOMAIN", "onion"],
  // RFC 9476 §2.
  ["alt A", "NXDOMAIN", "alt"],
  ["name.gns.alt TXT", "NXDOMAIN", "alt"],
  // RFC 6762 §22.1 (4): "Caching DNS servers SHOULD generate immediate NXDOMAIN responses".
  ["local A", "NXDOMAIN", "multicast-dns"],
  ["printer.local AAAA", "NXDOMAIN", "multicast-dns"],
  ["_ipp._tcp.local PTR", "NXDOMAIN", "multicast-dns"],
  ["7.3.254.169.in-addr.arpa PTR", "NXDOMAIN", "multicast-dns"],
  ["1.8.e.f.ip6.arpa PTR", "NXDOMAIN", "multicast-dns"],
  ["1.9.e.f.ip6.arpa PTR", "NXDOMAIN", "multicast-dns"],
  ["1.a.e.f.ip6.arpa PTR", "NXDOMAIN", "multicast-dns"],
  ["1.b.e.f.ip6.arpa PTR", "NXDOMAIN", "multicast-dns"],
  // RFC 6762 appendix G, and its like.
  ["www.intranet A", "NXDOMAIN", "private-tld"],
  ["www.internal A", "NXDOMAIN", "private-tld"],
  ["www.private A", "NXDOMAIN", "private-tld"],
  ["www.corp A", "NXDOMAIN", "private-tld"],
  ["www.home A", "NXDOMAIN", "private-tld"],
  ["www.lan A", "NXDOMAIN", "private-tld"],
  ["www.localdomain A", "NXDOMAIN", "private-tld"],
  ["www.example.com.domain A", "NXDOMAIN", "private-tld"],
  ["_ldap._tcp.workgroup SRV", "NXDOMAIN", "private-tld"],
  ["www.mail A", "NXDOMAIN", "private-tld"],
  // RFC 8375 §4 (B), RFC 6303 §3.
  ["home.arpa A", "NODATA", "home-arpa"],
  ["home.arpa SOA", soa("home.arpa"), "home-arpa"],
  ["home.arpa NS", "home.arpa. 10800 IN NS home.arpa.", "home-arpa"],
  ["nas.home.arpa A", "NXDOMAIN", "home-arpa"],
  ["nas.home.arpa DS", "NXDOMAIN", "home-arpa"],
  ["host.service.arpa A", "NXDOMAIN", "service-arpa"],
  // RFC 6303 §4.1 to §4.6.
  ["10.in-addr.arpa SOA", soa("10.in-addr.arpa"), "private-reverse"],
  ["1.2.3.10.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ...reverse(172, 16, 31),
  ["1.1.168.192.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["1.0.0.0.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["2.0.0.127.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["1.0.0.127.in-addr.arpa PTR", "1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.", "private-reverse"],
  [`${LOOPBACK6} PTR`, `${LOOPBACK6}. 10800 IN PTR localhost.`, "private-reverse"],
  ["1.2.0.192.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["1.100.51.198.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["1.113.0.203.in-addr.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["255.255.255.255.in-addr.arpa PTR", "NODATA", "private-reverse"],
  [`${"0.".repeat(32)}ip6.arpa PTR`, "NODATA", "private-reverse"],
  ["1.2.d.f.ip6.arpa PTR", "NXDOMAIN", "private-reverse"],
  ["1.8.b.d.0.1.0.0.2.ip6.arpa PTR", "NXDOMAIN", "private-reverse"],
  // RFC 7793 §2.1.
  ...reverse(100, 64, 127),
  // RFC 9462 §6.4: NODATA for every name and type.
  ["resolver.arpa A", "NODATA", "resolver-arpa"],
  ["_dns.resolver.arpa SVCB", "NODATA", "resolver-arpa"],
  // RFC 8880 §7.1, §7.2.
  [
    "ipv4only.arpa A",
    "ipv4only.arpa. 10800 IN A 192.0.0.170 | ipv4only.arpa. 10800 IN A 192.0.0.171",
    "ipv4only-arpa",
  ],
  ["ipv4only.arpa AAAA", "NODATA", "ipv4only-arpa"],
  ["www.ipv4only.arpa A", "NXDOMAIN", "ipv4only-arpa"],
  ["170.0.0.192.in-addr.arpa PTR", "170.0.0.192.in-addr.arpa. 10800 IN PTR ipv4only.arpa.", "ipv4only-arpa"],
  ["171.0.0.192.in-addr.arpa A", "NODATA", "ipv4only-arpa"],
  ["1.170.0.0.192.in-addr.arpa PTR", "NXDOMAIN", "ipv4only-arpa"],
  // The name by which a network tells Firefox to leave DNS to the system.
  ["use-application-dns.net A", "NXDOMAIN", "canary"],
  ["a.use-application-dns.net AAAA", "NXDOMAIN", "canary"],
  // What search lists and programs make of names that are none.
  ["printer A", "NXDOMAIN", "single-label"],
  ["wpad AAAA", "NXDOMAIN", "single-label"],
  ["192.168.1.1 A", "NXDOMAIN", "address-literal"],
  ["www.10 AAAA", "NXDOMAIN", "address-literal"],
];

/** Names that look alike and are the public DNS's. */
export const NOT_SPECIAL: readonly string[] = [
  "www.example.com A",
  "localhost.example.com A",
  "onion.example.com A",
  "x.mylocal A",
  "notinvalid.com A",
  "15.172.in-addr.arpa PTR",
  "1.32.172.in-addr.arpa PTR",
  "1.63.100.in-addr.arpa PTR",
  "1.128.100.in-addr.arpa PTR",
  "1.c.e.f.ip6.arpa PTR",
  "arpa NS",
  "in-addr.arpa SOA",
  "com A",
  "newtld DS",
  "newtld DNSKEY",
  "newtld NS",
  "net.use-application-dns.example A",
  ". NS",
];
