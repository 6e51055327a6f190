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
import { ZONE_LINES } from "../../support/zone-lines.ts";

describe("a record in text", () => {
  it.each(ZONE_LINES)("is written as it was read: %s", (line) => {
    const record = recordFromText(line);

    const text = isTextFault(record) ? record.fault : recordToText(record);
    expect(text).toBe(line);
  });
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

  it.each([
    ["DS 1 ECDSAP256SHA256 2 AA", "DS 1 13 2 AA"],
    ["CERT pkix 0 rsasha256 AQ==", "CERT 1 0 8 AQ=="],
    [
      "RRSIG A 13 2 60 1574250000 1574240000 1 . AQ==",
      "RRSIG A 13 2 60 20191120114000 20191120085320 1 . AQ==",
    ],
    ["LOC 42 N 71 w -24", "LOC 42 0 0.000 N 71 0 0.000 W -24.00m 1m 10000m 10m"],
    [
      "LOC 0 0 0.001 s 180 e 42849672.95m 0 90000000m 0.01",
      "LOC 0 0 0.001 S 180 0 0 E 42849672.95 0m 90000000 0.01m",
    ],
    ["NID 10 14:4fff:ff20:ee64", "NID 10 0014:4fff:ff20:ee64"],
    ["TXT a b\\ c", 'TXT "a" "b c"'],
    ["HTTPS 1 . port=443 alpn=h2", 'HTTPS 1 . alpn="h2" port=443'],
    ["SVCB 16 . alpn=f\\\\\\092oo\\092,bar,h2", 'SVCB 16 . alpn="f\\\\\\\\oo\\\\,bar,h2"'],
  ])("may be written in other ways: %s", (other, usual) => {
    expect(recordFromText(`. ${other}`)).toEqual(recordFromText(`. ${usual}`));
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

describe("a service binding in text (RFC 9460 appendix D)", () => {
  const FOO = "03666f6f076578616d706c65036f726700";

  it.each([
    ["0 foo.example.org.", `0000${FOO}`],
    ["1 .", "000100"],
    ["16 foo.example.org. port=53", `0010${FOO}000300020035`],
    ["1 foo.example.org. key667=hello", `0001${FOO}029b000568656c6c6f`],
    ['1 foo.example.org. key667="hello\\210qoo"', `0001${FOO}029b000968656c6c6fd2716f6f`],
    [
      "1 foo.example.org. ipv6hint=2001:db8::1,2001:db8::53:1",
      `0001${FOO}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
    ],
    [
      "1 foo.example.org. ipv6hint=2001:db8:122:344::192.0.2.33",
      `0001${FOO}0006001020010db80122034400000000c0000221`,
    ],
    [
      "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
      `0010${FOO}0000000400010004000100090268320568332d313900040004c0000201`,
    ],
    ['16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"', `0010${FOO}0001000c08665c6f6f2c626172026832`],
  ])("has the octets of the RFC: %s", (text, hex) => {
    expect(recordFromText(`. SVCB ${text}`)).toMatchObject({ rdata: Buffer.from(hex, "hex") });
  });

  it.each([
    "1 . key123=abc key123=def",
    "1 . mandatory",
    "1 . alpn",
    "1 . port",
    "1 . ipv4hint",
    "1 . ipv6hint",
    "1 . no-default-alpn=abc",
    "1 . mandatory=key123",
    "1 . mandatory=mandatory",
    "1 . mandatory=key123,key123 key123=abc",
    "1 . alpn=,",
    "1 . port=65536",
    "1 . key65536=x",
    "1 . key007=x",
    "1 . unheard=x",
    "1 . ech=*",
  ])("is refused where the RFC wants that: %s", (text) => {
    expect(recordFromText(`. SVCB ${text}`)).toHaveProperty("fault");
  });
});

describe("a line that is no record", () => {
  it.each([
    ["", "the owner is not a domain name"],
    ["a..b A 192.0.2.1", "the owner is not a domain name"],
    [" A 192.0.2.1", "the owner is not a domain name"],
    ["example.com. 60 IN", "the record type is missing or unknown"],
    ["example.com. 60 IN NOSUCH 1", "the record type is missing or unknown"],
    ["example.com. 60 IN ANY \\# 0", "no record is of type ANY"],
    ["example.com. OPT \\# 0", "no record is of type OPT"],
    ["example.com. 1x A 192.0.2.1", "the record type is missing or unknown"],
    ["example.com. 4294967296 A 192.0.2.1", "the TTL is more than 2147483647 seconds"],
    ["example.com. A 192.0.2", "word 1 of the RDATA is no IPv4 address"],
    ["example.com. MX 10", "there is no domain name in the RDATA"],
    ["example.com. A 192.0.2.1 192.0.2.2", "there are too many words in the RDATA"],
    ["example.com. WKS 1 2 3", "type WKS is written as \\# LENGTH HEX (RFC 3597)"],
    [
      "example.com. NXT . A",
      "word 2 of the RDATA is no bit map of a form known here: write all the RDATA as \\# LENGTH HEX",
    ],
    ["example.com. LOC 90 0 0.001 N 0 E 0", "word 7 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 60 N 0 E 0", "word 6 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 1 60 N 0 E 0", "word 7 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1.5 N 0 E 0", "word 5 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 E 0 N 0", "word 5 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 N 0 E -100000.01", "word 5 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 N 0 E 0 1 1 1 1", "word 9 of the RDATA is no location (RFC 1876)"],
    ["example.com. LOC 1 N 0 E 0 90000000.01", "word 6 of the RDATA is no location (RFC 1876)"],
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
      "word 1 of the RDATA is no list of strings of up to 255 octets each",
    ],
    [
      "example.com. HTTPS 1 . alpn=h2 alpn=h3",
      "word 4 of the RDATA is no list of service parameters (RFC 9460)",
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
