import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { Type, typeFromText, typeToText } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import {
  isTextFault,
  nameFromText,
  nameToText,
  rdataToText,
  recordFromText,
  recordToText,
} from "../../../src/wire/presentation.ts";
import { name } from "../../support/records.ts";

const RECORDS = `
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
_dns._udp.example.com. 3600 IN SRV 0 5 53 ns.example.com.
example.com. 3600 IN NAPTR 100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.example.com.
example.com. 3600 IN CERT 1 12345 8 AQIDBA==
example.com. 3600 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
example.com. 3600 IN CDS 0 0 0 00
example.com. 3600 IN SSHFP 4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789
example.com. 3600 IN RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQ==
example.com. 3600 IN NSEC host.example.com. A MX RRSIG NSEC TYPE1234
example.com. 3600 IN NSEC .
example.com. 3600 IN DNSKEY 256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no
example.com. 3600 IN CDNSKEY 0 3 0 AA==
example.com. 3600 IN DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
example.com. 3600 IN NSEC3 1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX DNSKEY NS SOA NSEC3PARAM RRSIG
example.com. 3600 IN NSEC3PARAM 1 0 12 -
_443._tcp.example.com. 3600 IN TLSA 3 1 1 D2ABDE240D7CD3EE6B4B28C54DF034B97983A1D16E8A410E4561CB106618E971
example.com. 3600 IN SMIMEA 3 1 0 AA
example.com. 3600 IN OPENPGPKEY AQIDBA==
example.com. 3600 IN CSYNC 66 3 A NS AAAA
example.com. 3600 IN ZONEMD 2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE
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
example.com. 0 CLASS32 LOC \\# 1 00
`
  .trim()
  .split("\n");

describe("a record in text", () => {
  it.each(RECORDS)("is written as it was read: %s", (line) => {
    const record = recordFromText(line);

    const text = isTextFault(record) ? record.fault : recordToText(record);
    expect(normalised(text)).toBe(normalised(line));
  });

  /** Types of bit maps come in the order of their numbers. */
  function normalised(line: string): string {
    return line.replace("MX DNSKEY NS SOA NSEC3PARAM RRSIG", "NS SOA MX RRSIG DNSKEY NSEC3PARAM");
  }
});

describe("a line with less or more in it", () => {
  const full = recordFromText("www.example.com. 60 IN A 192.0.2.1");

  it.each([
    ["class before TTL", "www.example.com. IN 60 A 192.0.2.1", {}],
    ["no class", "www.example.com. 60 A 192.0.2.1", {}],
    ["no TTL", "www.example.com. IN A 192.0.2.1", { ttl: 60 }],
    ["neither", "www.example.com. A 192.0.2.1", { ttl: 60 }],
    ["TTL with units", "www.example.com. 1m A 192.0.2.1", {}],
    ["no dots at the end", "www.example.com 60 A 192.0.2.1", {}],
    ["a name below the origin", "www 60 A 192.0.2.1", { origin: name("example.com") }],
    ["the owner before", "  60 A 192.0.2.1", { owner: name("www.example.com") }],
    ["capitals", "WWW.example.COM. 60 in a 192.0.2.1", {}],
    ["a comment", "www.example.com. 60 A 192.0.2.1 ; no more", {}],
    ["several lines", "www.example.com. ( 60 ; seconds\n A\n 192.0.2.1 )\n", {}],
    ["type and RDATA by RFC 3597 §5", "www.example.com. 60 CLASS1 TYPE1 \\# 4 C0 00 02 01", {}],
  ])("is read: %s", (_, line, defaults) => {
    expect(recordFromText(line, defaults)).toEqual(full);
  });

  it("may have the origin as owner and in RDATA (RFC 1035 §5.1)", () => {
    expect(recordFromText("@ 60 MX 10 mx", { origin: name("example.com") })).toEqual(
      recordFromText("example.com. 60 MX 10 mx.example.com."),
    );
    expect(recordFromText("x 60 NS @", { origin: name("example.com") })).toEqual(
      recordFromText("x.example.com. 60 NS example.com."),
    );
  });
});

describe("a line that is no record", () => {
  it.each([
    ["", "the owner is not a domain name"],
    ["a..b A 192.0.2.1", "the owner is not a domain name"],
    [" A 192.0.2.1", "the owner is not a domain name"],
    ["example.com. 60 IN", "the record type is missing or unknown"],
    ["example.com. 60 IN NOSUCH 1", "the record type is missing or unknown"],
    ["example.com. 1x A 192.0.2.1", "the record type is missing or unknown"],
    ["example.com. 4294967296 A 192.0.2.1", "the TTL is more than 2147483647 seconds"],
    ["example.com. A 192.0.2", "word 1 of the RDATA is not a IPv4 address"],
    ["example.com. MX 10", "a domain name is missing"],
    ["example.com. A 192.0.2.1 192.0.2.2", "there are too many words in the RDATA"],
    ["example.com. LOC 1 2 3", "type LOC is written as \\# LENGTH HEX (RFC 3597)"],
    ["example.com. A \\# 3 C00002", "RDATA is not what type A holds"],
    ["example.com. A \\# 4 C00002", "after \\# come the number of octets, and as many in hexadecimal"],
    ['example.com. TXT "open', "a quote or parenthesis is not closed, or there is more than one record"],
    ["example.com. TXT (", "a quote or parenthesis is not closed, or there is more than one record"],
    [
      "a. A 192.0.2.1\nb. A 192.0.2.1",
      "a quote or parenthesis is not closed, or there is more than one record",
    ],
    [
      `example.com. TXT ${"x".repeat(256)}`,
      "word 1 of the RDATA is not a list of strings of up to 255 octets each",
    ],
    [
      "example.com. HTTPS 1 . alpn=h2 alpn=h3",
      "word 4 of the RDATA is not a list of service parameters (RFC 9460)",
    ],
  ])("says why: %s", (line, fault) => {
    expect(recordFromText(line)).toEqual({ fault });
  });
});

describe("a name in text", () => {
  it("may lack the dot at its end", () => {
    expect(nameFromText("WWW.example.com")).toBe(name("www.example.com"));
    expect(nameFromText("www.example.com.")).toBe(name("www.example.com"));
    expect(nameFromText(".")).toBe(ROOT);
  });

  it("has its octets escaped where they are not plain text (RFC 4343 §2.1)", () => {
    const odd = "\x05a.b\\\xff\x02 \x00\x00" as Name;

    expect(nameToText(odd)).toBe("a\\.b\\\\\\255.\\032\\000.");
    expect(nameFromText(nameToText(odd))).toBe(odd);
    expect(nameToText(ROOT)).toBe(".");
  });

  it.each([
    "",
    "..",
    ".a",
    "a..",
    "a b",
    "é",
    "a\\",
    "a\\2",
    "a\\25",
    "a\\256",
    "x".repeat(64),
    `${"x.".repeat(128)}`,
  ])("is none: %j", (text) => {
    expect(nameFromText(text)).toBeUndefined();
  });

  it("has 255 octets at most (RFC 1035 §3.1)", () => {
    expect(nameFromText("x.".repeat(127))).toHaveLength(255);
    expect(nameFromText(`${"x.".repeat(126)}xx`)).toBeUndefined();
    expect(nameFromText("\\120.".repeat(127))).toHaveLength(255);
  });
});

describe("RDATA that is not as its type wants it", () => {
  it("is written as octets (RFC 3597 §5)", () => {
    expect(rdataToText(Type.A, Buffer.of(1, 2, 3))).toBe("\\# 3 010203");
    expect(rdataToText(Type.CAA, Buffer.from("\0\x02a b", "latin1"))).toBe("\\# 5 0002612062");
  });

  it("has malformed service parameters written opaque", () => {
    const port = Buffer.from("\0\x01\0\0\x03\0\x01x", "latin1");

    expect(rdataToText(Type.SVCB, port)).toBe('1 . key3="x"');
  });
});

describe("a type in text", () => {
  it("has a mnemonic or a number (RFC 3597 §5)", () => {
    expect([typeToText(65), typeToText(65280), typeFromText("https"), typeFromText("type65280")]).toEqual([
      "HTTPS",
      "TYPE65280",
      65,
      65280,
    ]);
    expect([typeFromText("TYPE65536"), typeFromText("TYPE"), typeFromText("toString")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
