import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { NameCompressor } from "../../../src/wire/name-compression.ts";
import { nameFromOctets, octetsOfName } from "../../../src/wire/names.ts";
import { name } from "../../support/records.ts";

/** Writes names one after the other from offset 12 on; gives the octets of each. */
function written(...names: Name[]): string[] {
  const out = Buffer.alloc(65_535);
  const compressor = new NameCompressor();
  compressor.open(out, 0, out.length);
  let at = 12;
  return names.map((each) => {
    const begin = at;
    at = compressor.writeName(each, at);
    return out.toString("latin1", begin, at);
  });
}

describe("a name written into a message (RFC 1035 §4.1.4)", () => {
  it("is a pointer where it stands already", () => {
    expect(written(name("www.example.com"), name("www.example.com"), name("www.example.com"))).toEqual([
      name("www.example.com"),
      "\xc0\x0c",
      "\xc0\x0c",
    ]);
  });

  it("ends as a pointer where its end stands already", () => {
    expect(
      written(name("www.example.com"), name("mail.example.com"), name("example.com"), name("com")),
    ).toEqual([name("www.example.com"), "\x04mail\xc0\x10", "\xc0\x10", "\xc0\x18"]);
  });

  it("may point to a name that itself ends as a pointer", () => {
    const [, , third] = written(name("example.com"), name("www.example.com"), name("a.www.example.com"));

    expect(third).toBe("\x01a\xc0\x19");
  });

  it("is pointed to however many pointers to the first name came before", () => {
    const first = name("www.example.com");

    expect(written(first, first, name("mail.example.com"), first, name("a.mail.example.com"))).toEqual([
      first,
      "\xc0\x0c",
      "\x04mail\xc0\x10",
      "\xc0\x0c",
      "\x01a\xc0\x1f",
    ]);
  });

  it("is not pointed to where the first name of all was taken back", () => {
    const out = Buffer.alloc(100);
    const compressor = new NameCompressor();
    compressor.open(out, 0, out.length);
    compressor.writeName(name("www.example.com"), 12);
    compressor.forget(12);

    const end = compressor.writeName(name("mail.example.com"), 12);

    expect(out.toString("latin1", 12, end)).toBe(name("mail.example.com"));
  });

  it("is written out where only its letter case stands already", () => {
    const out = Buffer.alloc(100);
    const compressor = new NameCompressor();
    const mixed = Buffer.from("\x03WWW\x07example\x03com\0", "latin1");
    compressor.open(out, 0, out.length);

    const first = compressor.writeName(name("www.example.com"), 12);
    const end = compressor.writeNameOctets(mixed, 0, mixed.length, first);

    expect(out.toString("latin1", first, end)).toBe("\x03WWW\xc0\x10");
  });

  it("is never a pointer for the root, which is shorter", () => {
    expect(written(name(""), name("com"), name(""))).toEqual(["\0", name("com"), "\0"]);
  });

  it("is not pointed to beyond the 14 bits of a pointer", () => {
    const out = Buffer.alloc(65_535);
    const compressor = new NameCompressor();
    compressor.open(out, 0, out.length);

    compressor.writeName(name("far.example"), 0x4000);
    const end = compressor.writeName(name("far.example"), 0x5000);

    expect(end - 0x5000).toBe(name("far.example").length);
    compressor.writeName(name("near.test"), 0x3ff0);
    expect(compressor.writeName(name("near.test"), 0x6000)).toBe(0x6002);
  });

  it("needs room, for the pointer too", () => {
    const out = Buffer.alloc(30);
    const compressor = new NameCompressor();
    compressor.open(out, 0, 24);

    expect(compressor.writeName(name("example.com"), 12)).toBe(-1);
    expect(compressor.writeName(name("example"), 12)).toBe(21);
    expect(compressor.writeName(name("www.example"), 21)).toBe(-1);
    expect(compressor.writeName(name("example"), 21)).toBe(23);
    expect(compressor.writeName(name("example"), 23)).toBe(-1);
  });

  it("is not pointed to after it was taken back", () => {
    const out = Buffer.alloc(200);
    const compressor = new NameCompressor();
    compressor.open(out, 0, out.length);
    compressor.writeName(name("a.example"), 12);
    compressor.writeName(name("b.c.example"), 30);
    compressor.forget(30);

    const end = compressor.writeName(name("c.example"), 30);

    expect(out.toString("latin1", 30, end)).toBe("\x01c\xc0\x0e");
  });
});

describe("the places that names may be pointed to", () => {
  it("are 120 at most, the first ones", () => {
    const names = Array.from({ length: 122 }, (_, i) => name(`n${i}`));

    const octets = written(...names, names[119]!, names[120]!);

    expect(octets.at(-2)).toHaveLength(2);
    expect(octets.at(-1)).toBe(names[120]);
  });
});

describe("a response built to cost the compressor time (CVE-2024-8508, CVE-2026-44390)", () => {
  /** 127 labels of one octet, none of them as in another name. */
  function longName(number: number): Name {
    const labels = Array.from({ length: 127 }, (_, i) => Buffer.of(1, (number * 31 + i * 7) & 0xff));
    return nameFromOctets(Buffer.concat([...labels, Buffer.of(0)]))!;
  }

  it("costs little when thousands of names have nothing in common", () => {
    const names = Array.from({ length: 256 }, (_, i) => longName(i));
    const begin = process.cpuUsage();

    const octets = written(...names);

    expect(process.cpuUsage(begin).user).toBeLessThan(400_000);
    expect(octets.filter((each, i) => each.length === octetsOfName(names[i]!).length).length).toBeGreaterThan(
      200,
    );
  });
});
