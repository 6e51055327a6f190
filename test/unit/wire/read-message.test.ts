import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { isFault, MAX_EDNS_OPTIONS, readMessage } from "../../../src/wire/read-message.ts";
import { name } from "../../support/records.ts";

/** Octets of hexadecimal (spaces ignored) and texts in quotes: `"03 'www' 00"`. */
function octets(text: string): Buffer {
  const parts = text.match(/'[^']*'|[0-9a-f]{2}/gi) ?? [];
  return Buffer.concat(
    parts.map((part) => (part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, "hex"))),
  );
}

/** A response with the question `example. IN A` (at offset 12, 13 octets with type and class), then `records`. */
function response(counts: readonly [number, number, number], ...records: Buffer[]): Buffer {
  const header = Buffer.from([
    0x12,
    0x34,
    0x81,
    0x80,
    0,
    1,
    ...counts.flatMap((count) => [count >> 8, count & 0xff]),
  ]);
  return Buffer.concat([header, octets("07 'example' 00 0001 0001"), ...records]);
}

/** A record with that RDATA, owned by the QNAME of `response`. */
function record(type: number, rdata: Buffer, owner = octets("c0 0c")): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(300, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([owner, fixed, rdata]);
}

function read(packet: Buffer): Message {
  const message = readMessage(packet);
  if (isFault(message)) throw new Error(message);
  return message;
}

const A = record(Type.A, octets("c0000201"));
const OPT = octets("00 0029 04d0 00 00 8000 0000");
/** Where the first record after the question begins. */
const FIRST = 25;

describe("octets that are no message", () => {
  it.each<[string, string, Buffer]>([
    ["nothing at all", "message-too-short", Buffer.alloc(0)],
    ["a header cut off", "message-too-short", Buffer.alloc(11)],
    ["65,536 octets", "message-too-long", Buffer.alloc(65_536)],
    ["two questions (RFC 9619)", "question-count", octets("1234 8180 0002 0000 0000 0000")],
    ["256 questions", "question-count", octets("1234 8180 0100 0000 0000 0000")],
    ["a record less than announced", "message-too-short", response([2, 0, 0], A)],
    ["a record more than announced", "trailing-octets", response([1, 0, 0], A, A)],
    ["RDLENGTH past the end", "message-too-short", response([1, 0, 0], A.subarray(0, -1))],
    ["4,097 records", "too-many-records", response([4097, 0, 0])],
    ["records of three sections that are too many together", "too-many-records", response([2000, 2000, 97])],
    ["OPT in the answer section", "opt-misplaced", response([1, 0, 0], OPT)],
    ["OPT in the authority section", "opt-misplaced", response([0, 1, 0], OPT)],
    ["two OPT (RFC 6891 §6.1.1)", "opt-repeated", response([0, 0, 2], OPT, OPT)],
    ["OPT with an owner", "opt-malformed", response([0, 0, 1], record(Type.OPT, Buffer.alloc(0)))],
    [
      "an option longer than OPT",
      "opt-malformed",
      response([0, 0, 1], octets("00 0029 04d0 00000000 0005 000a 0002 00")),
    ],
    [
      "an option cut in its header",
      "opt-malformed",
      response([0, 0, 1], octets("00 0029 04d0 00000000 0003 000a 00")),
    ],
  ])("are told by their fault: %s", (_, fault, packet) => {
    expect(readMessage(packet)).toBe(fault);
  });

  it("are not those with as many octets and records as there may be", () => {
    const many = Array.from({ length: 4095 }, () => A.subarray(0, 12));
    const empty = many.map((fixed) =>
      Buffer.concat([fixed.subarray(0, 2), octets("ffff 0001 00000000 0000")]),
    );
    const longest = response([4095, 0, 1], ...empty);
    const filler = record(65280, Buffer.alloc(65_535 - longest.length - 12));
    const packet = Buffer.concat([longest, filler]);

    expect(packet).toHaveLength(65_535);
    expect(read(packet).additional).toHaveLength(1);
  });

  it("end where the caller says, not where the buffer does", () => {
    const packet = response([1, 0, 0], A);

    expect(readMessage(packet, 0, packet.length - 1)).toBe("message-too-short");
    expect(readMessage(packet, 0, packet.length + 100)).toEqual(read(packet));
  });
});

describe("a name in a message (RFC 1035 §4.1.4)", () => {
  /** An A record with that owner, its octets at offset 25. */
  function owned(owner: string): Buffer {
    return response([1, 0, 0], record(Type.A, octets("c0000201"), octets(owner)));
  }

  it("may point to a name before it, or to its end", () => {
    expect(read(owned("c0 0c")).answer[0]?.owner).toBe(name("example"));
    expect(read(owned("03 'WWW' c0 0c")).answer[0]?.owner).toBe(name("www.example"));
    expect(read(owned("03 'www' c0 14")).answer[0]?.owner).toBe(name("www"));
  });

  it("is folded to lower case in ASCII letters only (RFC 4343 §3)", () => {
    expect(read(owned("03 'Az' c0 00")).answer[0]?.owner).toBe("\x03az\xc0\0");
  });

  it.each([
    ["to itself", "c0 19", "pointer-not-backward"],
    ["forward", "c0 1b", "pointer-not-backward"],
    ["into its own labels", "01 'a' c0 19", "pointer-not-backward"],
    ["into the header", "c0 02", "pointer-not-backward"],
    ["past the message", "ff ff", "pointer-not-backward"],
  ])("must not point %s", (_, owner, fault) => {
    expect(readMessage(owned(owner))).toBe(fault);
  });

  it("must not run over into itself", () => {
    // The question's last octet, 0x01, taken as a label of one octet: the owner's own first.
    expect(readMessage(owned("c0 18"))).toBe("pointer-not-backward");
  });

  it("must not have a label of a reserved type", () => {
    expect(readMessage(owned("40 00"))).toBe("label-type");
    expect(readMessage(owned("80 00"))).toBe("label-type");
  });

  it("must not be cut off", () => {
    expect(readMessage(Buffer.concat([response([1, 0, 0]), octets("03 'ww'")]))).toBe("message-too-short");
    expect(readMessage(Buffer.concat([response([1, 0, 0]), octets("c0")]))).toBe("message-too-short");
  });

  it("has 255 octets at most, compressed or not", () => {
    const label = `3f${"61".repeat(63)}`;
    const longest = `${label.repeat(3)} 3d ${"61".repeat(61)} 00`;
    const tooLong = `${label.repeat(3)} 3e ${"61".repeat(62)} 00`;

    expect(read(owned(longest)).answer[0]?.owner).toHaveLength(255);
    expect(readMessage(owned(tooLong))).toBe("name-too-long");
    expect(read(owned(`${label.repeat(3)} 35 ${"61".repeat(53)} c00c`)).answer[0]?.owner).toHaveLength(255);
    expect(readMessage(owned(`${label.repeat(3)} 36 ${"61".repeat(54)} c00c`))).toBe("name-too-long");
  });

  it("may follow 127 pointers, not more", () => {
    // NULL records whose RDATA is a chain: each pointer leads to the one before it.
    const chain = (pointers: number): Buffer => {
      const links = Array.from(
        { length: pointers },
        (_, i) => 0xc000 | (i === 0 ? 12 : FIRST + 12 + 2 * (i - 1)),
      );
      return Buffer.from(links.flatMap((link) => [link >> 8, link & 0xff]));
    };
    const ending = (pointers: number): Buffer => {
      const rdata = chain(pointers - 1);
      const last = 0xc000 | (FIRST + 12 + rdata.length - 2);
      return response(
        [2, 0, 0],
        record(Type.NULL, rdata),
        record(Type.A, octets("c0000201"), Buffer.of(last >> 8, last & 0xff)),
      );
    };

    expect(read(ending(127)).answer[1]?.owner).toBe(name("example"));
    expect(readMessage(ending(128))).toBe("too-many-pointers");
  });
});

describe("RDATA with names", () => {
  it.each<[string, number, string, string]>([
    ["NS", Type.NS, "02 'ns' c0 0c", "02 'ns' 07 'example' 00"],
    ["MX, its letter case kept", Type.MX, "000a 02 'Mx' c0 0c", "000a 02 'Mx' 07 'example' 00"],
    ["SOA", Type.SOA, `c00c c00c ${"01".repeat(20)}`, `07 'example' 00 07 'example' 00 ${"01".repeat(20)}`],
    [
      "SRV, which RFC 2052 compressed (RFC 3597 §4)",
      Type.SRV,
      "0001 0002 0035 c00c",
      "0001 0002 0035 07 'example' 00",
    ],
    ["NAPTR", Type.NAPTR, "0001 0002 01 's' 00 00 c00c", "0001 0002 01 's' 00 00 07 'example' 00"],
    ["PX", Type.PX, "0001 c00c c00c", "0001 07 'example' 00 07 'example' 00"],
  ])("is decompressed: %s", (_, type, rdata, expanded) => {
    expect(read(response([1, 0, 0], record(type, octets(rdata)))).answer[0]?.rdata).toEqual(octets(expanded));
  });

  it.each([
    ["DNAME (RFC 6672 §2.5)", Type.DNAME, "c00c"],
    ["RRSIG (RFC 4034 §3.1.7)", Type.RRSIG, `${"01".repeat(18)} c00c 01`],
    ["NSEC (RFC 4034 §4.1.1)", Type.NSEC, "c00c 0001 40"],
    ["HTTPS (RFC 9460 §2.2)", Type.HTTPS, "0001 c00c"],
    ["KX", Type.KX, "0001 c00c"],
  ])("must not be compressed in types that are not well known: %s", (_, type, rdata) => {
    expect(readMessage(response([1, 0, 0], record(type, octets(rdata))))).toBe("rdata-malformed");
  });

  it("must not end after RDLENGTH says", () => {
    const cut = record(Type.NS, octets("02 'ns'"));

    expect(readMessage(response([2, 0, 0], cut, A))).toBe("rdata-malformed");
    expect(readMessage(response([2, 0, 0], record(Type.NS, octets("c0")), A))).toBe("rdata-malformed");
  });

  it("must not end before RDLENGTH says", () => {
    expect(readMessage(response([1, 0, 0], record(Type.NS, octets("c00c 00"))))).toBe("rdata-malformed");
  });

  it.each([
    ["a label of another type", "0001 40 00 00"],
    ["a pointer to itself", "0001 c026 00"],
    ["a name that is too long", `0001 ${`3f ${"61".repeat(63)}`.repeat(4)} 00 00`],
  ])("is malformed where a name in it is: %s", (_, rdata) => {
    expect(readMessage(response([1, 0, 0], record(Type.PX, octets(rdata))))).toBe("rdata-malformed");
  });

  it("must be whole (CVE-2026-56416 was a short PX)", () => {
    for (const short of ["", "00", "0001", "0001 c00c", "0001 c00c c0"]) {
      expect(readMessage(response([1, 0, 0], record(Type.PX, octets(short))))).toBe("rdata-malformed");
    }
  });
});

describe("RDATA of a known type", () => {
  it.each<[string, number, string]>([
    ["A of 3 octets", Type.A, "c00002"],
    ["A of 5 octets", Type.A, "c000020100"],
    ["AAAA of 4 octets", Type.AAAA, "c0000201"],
    ["TXT without a string", Type.TXT, ""],
    ["TXT with a string too long", Type.TXT, "05 'four'"],
    ["HINFO with one string", Type.HINFO, "01 'x'"],
    ["DS without digest", Type.DS, "0001 08 02"],
    ["DNSKEY without key", Type.DNSKEY, "0101 03 08"],
    ["RRSIG without signature", Type.RRSIG, `${"01".repeat(18)} 00`],
    ["NSEC3 without hash", Type.NSEC3, "01 00 0000 00 00"],
    ["NSEC3 with salt too long", Type.NSEC3, "01 00 0000 ff 00"],
    ["NSEC with an empty window", Type.NSEC, "00 00 00"],
    ["NSEC with a window of 33 octets", Type.NSEC, `00 00 21 ${"01".repeat(33)}`],
    ["NSEC with a window twice", Type.NSEC, "00 00 01 40 00 01 40"],
    ["NSEC with windows out of order", Type.NSEC, "00 01 01 01 00 01 01"],
    ["NSEC with a zero octet at a window's end", Type.NSEC, "00 00 02 01 00"],
    ["NSEC with a window cut off", Type.NSEC, "00 00"],
    ["SVCB with a key twice", Type.SVCB, "0001 00 0003 0002 0035 0003 0002 0035"],
    ["SVCB with keys out of order", Type.SVCB, "0001 00 0003 0000 0002 0000"],
    ["SVCB with a value too long", Type.SVCB, "0001 00 0003 0003 0035"],
    ["SVCB with a key cut off", Type.SVCB, "0001 00 0003 00"],
    ["CAA with an empty tag", Type.CAA, "00 00 'x'"],
    ["LOC of version 0 and 15 octets", Type.LOC, "00".repeat(15)],
    ["LOC without a version", Type.LOC, ""],
    ["TLSA without data", Type.TLSA, "03 01 01"],
  ])("is checked: %s", (_, type, rdata) => {
    expect(readMessage(response([1, 0, 0], record(type, octets(rdata))))).toBe("rdata-malformed");
  });

  it("is a view of the message where it has no names", () => {
    const packet = response([1, 0, 0], A);

    expect(read(packet).answer[0]?.rdata.buffer).toBe(packet.buffer);
  });

  it("is anything at all where the type is not known (RFC 3597 §3)", () => {
    const packet = response([1, 0, 0], record(65280, octets("c00c ff ff")));

    expect(read(packet).answer[0]).toEqual({
      owner: name("example"),
      type: 65280,
      class: 1,
      ttl: 300,
      rdata: octets("c00c ff ff"),
    });
  });
});

describe("an OPT record (RFC 6891 §6.1)", () => {
  it("is told apart from the additional section, wherever it stands there", () => {
    const opt = octets("00 0029 04d0 00 00 8000 0009  000a 0001 aa  ffff 0000");

    const message = read(response([0, 0, 3], A, opt, A));

    expect(message.additional).toHaveLength(2);
    expect(message.edns).toEqual({
      udpSize: 1232,
      version: 0,
      dnssecOk: true,
      options: [
        { code: 10, data: octets("aa") },
        { code: 0xffff, data: Buffer.alloc(0) },
      ],
    });
  });

  it("has the upper bits of the RCODE (§6.1.3)", () => {
    expect(read(response([0, 0, 1], octets("00 0029 04d0 01 00 0000 0000"))).rcode).toBe(16);
  });

  it(`keeps ${MAX_EDNS_OPTIONS} options and drops the rest`, () => {
    const options = Buffer.alloc(4 * 1000);
    const packet = response([0, 0, 1], record(Type.OPT, options, Buffer.of(0)));

    expect(read(packet).edns?.options).toHaveLength(MAX_EDNS_OPTIONS);
  });
});

describe("a message built to cost time", () => {
  it("costs little when thousands of owners walk a chain of pointers each (CVE-2018-20994)", () => {
    const chain = Array.from({ length: 126 }, (_, i) => 0xc000 | (i === 0 ? 12 : FIRST + 12 + 2 * (i - 1)));
    const rdata = Buffer.from(chain.flatMap((link) => [link >> 8, link & 0xff]));
    const last = FIRST + 12 + rdata.length - 2;
    const owners = Array.from({ length: 4000 }, (_, i) =>
      record(Type.NULL, Buffer.alloc(0), Buffer.of(1, i & 0xff, 0xc0 | (last >> 8), last & 0xff)),
    );
    const packet = response([4001, 0, 0], record(Type.NULL, rdata), ...owners);
    const begin = process.cpuUsage();

    const message = read(packet);

    expect(message.answer).toHaveLength(4001);
    expect(process.cpuUsage(begin).user).toBeLessThan(400_000);
  });
});
