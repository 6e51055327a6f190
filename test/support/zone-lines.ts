/** A record of every type that has a form in text, written as `recordToText` writes it. */
export const ZONE_LINES: readonly string[] = `
example.com. 3600 IN A 192.0.2.1
example.com. 3600 IN AAAA 2001:db8::1
example.com. 3600 IN NS ns.example.com.
example.com. 3600 IN CNAME WWW.Example.com.
example.com. 3600 IN DNAME example.org.
example.com. 3600 IN PTR \\.\\\\\\\"\\;\\(\\)\\@\\$\\000\\032\\255.example.
example.com. 3600 IN SOA ns.example.com. host\\.master.example.com. 2026112001 7200 3600 1209600 300
example.com. 3600 IN MX 10 mx.example.com.
example.com. 3600 IN MX 0 .
example.com. 3600 IN TXT "one; not a comment" "" "quote \\" backslash \\\\ octet \\200"
example.com. 3600 IN SPF "v=spf1 -all"
example.com. 3600 IN HINFO "PDP-11" "UNIX"
example.com. 3600 IN RP mail.example.com. .
example.com. 3600 IN AFSDB 1 afs.example.com.
example.com. 3600 IN RT 10 relay.example.com.
example.com. 3600 IN PX 10 map822.example.com. mapx400.example.com.
example.com. 3600 IN KX 10 kx.example.com.
example.com. 3600 IN X25 "311061700956"
example.com. 3600 IN GPOS "-32.6882" "116.8652" "10.0"
example.com. 3600 IN LOC 42 21 54.000 N 71 6 18.500 W -24.00m 30.00m 10000.00m 10.00m
_dns._udp.example.com. 3600 IN SRV 0 5 53 ns.example.com.
example.com. 3600 IN NAPTR 100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.example.com.
example.com. 3600 IN CERT 1 12345 8 AQIDBA==
example.com. 3600 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
example.com. 3600 IN CDS 0 0 0 00
example.com. 3600 IN SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789
example.com. 3600 IN RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQ==
example.com. 3600 IN NSEC host.example.com. A MX RRSIG NSEC TYPE1234
example.com. 3600 IN DNSKEY 256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no
example.com. 3600 IN CDNSKEY 0 3 0 AA==
example.com. 3600 IN DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
example.com. 3600 IN NSEC3 1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM
example.com. 3600 IN NSEC3PARAM 1 0 12 -
_443._tcp.example.com. 3600 IN TLSA 3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971
example.com. 3600 IN SMIMEA 3 1 0 AA
example.com. 3600 IN OPENPGPKEY AQIDBA==
example.com. 3600 IN CSYNC 66 3 A NS AAAA
example.com. 3600 IN ZONEMD 2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD647DE
example.com. 3600 IN NID 10 0014:4fff:ff20:ee64
example.com. 3600 IN L32 10 10.1.2.0
example.com. 3600 IN L64 10 2001:0db8:1140:1000
example.com. 3600 IN LP 10 l64-subnet1.example.com.
example.com. 3600 IN EUI48 00-00-5e-00-53-2a
example.com. 3600 IN EUI64 00-00-5e-ef-10-00-00-2a
_ftp._tcp.example.com. 3600 IN URI 10 1 "ftp://ftp1.example.com/public"
example.com. 3600 IN CAA 0 issue "ca.example.net; policy=ev"
example.com. 3600 IN RESINFO "qnamemin" "exterr=15,16,17"
example.com. 3600 IN SVCB 0 foo.example.com.
example.com. 3600 IN HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1,192.0.2.2 ech="AEX+DQ==" ipv6hint=2001:db8::1
example.com. 3600 IN SVCB 16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" no-default-alpn port=53 ipv4hint=192.0.2.1
example.com. 3600 IN SVCB 1 foo.example.com. dohpath="/dns-query{?dns}" ohttp key667="hello\\210qoo"
example.com. 3600 IN TYPE65280 \\# 4 C0000201
example.com. 3600 CH TYPE65280 \\# 0
`
  .trim()
  .split("\n");
