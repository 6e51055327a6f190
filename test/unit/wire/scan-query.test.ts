import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag, OptionCode, Type } from "../../../src/wire/codes.ts";
import { questionKey } from "../../../src/wire/names.ts";
import { ScanFault, ScannedQuery, scanQuery } from "../../../src/wire/scan-query.ts";
import { type MessageParts, writeMessage } from "../../../src/wire/write-message.ts";
import { name } from "../../support/records.ts";

const QUESTION = { qname: name("www.example.com"), qtype: Type.HTTPS, qclass: 1 };
const EDNS = { udpSize: 4096, version: 0, dnssecOk: true, options: [] };

function query(parts: Partial<MessageParts> = {}): Buffer {
  return writeMessage({ id: 0xabcd, flags: Flag.RD | Flag.CD, questions: [QUESTION], ...parts })!;
}

function scan(packet: Buffer, start = 0, end = packet.length): { fault: number; scanned: ScannedQuery } {
  const scanned = new ScannedQuery();
  return { fault: scanQuery(packet, start, end, scanned), scanned };
}

describe("a good query", () => {
  it("is read without EDNS", () => {
    const packet = query();

    const { fault, scanned } = scan(packet);

    expect(fault).toBe(0);
    expect(scanned).toMatchObject({
      id: 0xabcd,
      flags: Flag.RD | Flag.CD,
      opcode: 0,
      qtype: Type.HTTPS,
      qclass: 1,
      key: questionKey(QUESTION),
      questionEnd: packet.length,
      hasCapitals: false,
      hasEdns: false,
      hasKeepalive: false,
      hasPadding: false,
    });
  });

  it("is read with EDNS and options", () => {
    const options = [
      { code: OptionCode.COOKIE, data: Buffer.alloc(8) },
      { code: OptionCode.KEEPALIVE, data: Buffer.alloc(0) },
    ];

    const { fault, scanned } = scan(query({ edns: { ...EDNS, options } }));

    expect(fault).toBe(0);
    expect(scanned).toMatchObject({
      hasEdns: true,
      ednsVersion: 0,
      udpSize: 4096,
      dnssecOk: true,
      ednsCount: 2,
      hasKeepalive: true,
      hasPadding: false,
    });
  });

  it.each([
    [OptionCode.PADDING, { hasKeepalive: false, hasPadding: true }],
    [OptionCode.NSID, { hasKeepalive: false, hasPadding: false }],
  ])("has its options told apart: %i", (code, expected) => {
    const { scanned } = scan(query({ edns: { ...EDNS, options: [{ code, data: Buffer.alloc(3) }] } }));

    expect(scanned).toMatchObject(expected);
  });

  it("may have a name of 255 octets (RFC 1035 §3.1)", () => {
    const qname = name([63, 63, 63, 61].map((octets) => "z".repeat(octets)).join("."));

    expect(qname).toHaveLength(255);
    expect(scan(query({ questions: [{ ...QUESTION, qname }] })).fault).toBe(0);
  });

  it("may carry other records, such as a signature of its own (RFC 8945 §4.2)", () => {
    const tsig = { owner: name("key.example"), type: Type.TSIG, class: 255, ttl: 0, rdata: Buffer.alloc(30) };
    const packet = query({ additional: [tsig], edns: EDNS });

    expect(scan(packet)).toMatchObject({ fault: 0, scanned: { hasEdns: true, key: questionKey(QUESTION) } });
  });

  it("is read from the middle of a buffer", () => {
    const packet = Buffer.concat([Buffer.alloc(5, 0xc0), query({ edns: EDNS }), Buffer.alloc(5, 0xc0)]);

    const { fault, scanned } = scan(packet, 5, packet.length - 5);

    expect(fault).toBe(0);
    expect(scanned.questionEnd).toBe(5 + 12 + QUESTION.qname.length + 4);
  });

  it("has a key in lower case, type and class untouched (QTYPE 65 is 'A')", () => {
    const packet = query();
    packet.write("WwW", 13, "latin1");

    const { scanned } = scan(packet);

    expect(scanned.key).toBe(questionKey(QUESTION));
    expect(scanned.hasCapitals).toBe(true);
  });

  it.each(["A", "Z"])("has capitals from A to Z: %s", (letter) => {
    const packet = query();
    packet.write(letter, 14, "latin1");

    expect(scan(packet).scanned).toMatchObject({
      hasCapitals: true,
      key: expect.stringContaining(letter.toLowerCase()),
    });
  });

  it.each(["@", "[", "\xc1"])("has no capital in %j", (octet) => {
    const packet = query();
    packet.write(octet, 14, "latin1");

    expect(scan(packet).scanned).toMatchObject({ hasCapitals: false, key: expect.stringContaining(octet) });
  });

  it("has the letters A to Z of QNAME folded and no other octet, wherever they stand and end (RFC 4343 §3)", () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(
        fc.array(label, { maxLength: 3 }),
        fc.nat({ max: 0xffff }),
        fc.nat({ max: 7 }),
        (labels, type, at) => {
          const qname = Buffer.concat([
            ...labels.flatMap((octets) => [Buffer.of(octets.length), octets]),
            Buffer.of(0),
          ]);
          const packet = Buffer.concat([
            query({ questions: [] }),
            qname,
            Buffer.of(type >> 8, type & 0xff, 0, 1),
          ]);
          packet.writeUInt16BE(1, 4);
          const memory = Buffer.concat([Buffer.alloc(at, "Z"), packet]);
          const folded = Buffer.from(
            qname.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)),
          );

          const { fault, scanned } = scan(memory, at);

          expect(fault).toBe(0);
          expect(scanned.key).toBe(Buffer.concat([folded, packet.subarray(-4)]).toString("latin1"));
          expect(scanned.hasCapitals).toBe(!folded.equals(qname));
          expect([...scanned.keyOctets.octets.subarray(scanned.key.length, scanned.key.length + 3)]).toEqual([
            0, 0, 0,
          ]);
        },
      ),
    );
  });

  it("leaves nothing behind for the next one", () => {
    const scanned = new ScannedQuery();
    const options = [OptionCode.KEEPALIVE, OptionCode.PADDING].map((code) => ({
      code,
      data: Buffer.alloc(0),
    }));
    const first = query({ edns: { ...EDNS, options } });
    const second = query();

    scanQuery(first, 0, first.length, scanned);
    scanQuery(second, 0, second.length, scanned);

    expect(scanned).toEqual(scan(second).scanned);
  });
});

describe("a bad query", () => {
  const good = query({ edns: EDNS });
  const opt = query({ questions: [], edns: EDNS }).subarray(12);

  function patched(offset: number, ...octets: number[]): Buffer {
    const packet = Buffer.from(good);
    packet.set(octets, offset);
    return packet;
  }

  it.each<[string, number, Buffer]>([
    ["empty", ScanFault.TOO_SHORT, Buffer.alloc(0)],
    ["of 11 octets", ScanFault.TOO_SHORT, good.subarray(0, 11)],
    ["of a header alone", ScanFault.FORMERR, good.subarray(0, 12)],
    ["with QR=1", ScanFault.NOT_A_QUERY, patched(2, 0x81)],
    ["with QR=1 and nothing else", ScanFault.NOT_A_QUERY, patched(2, 0x80, 0x00)],
    ["with opcode 5", ScanFault.NOTIMP, patched(2, 0x28)],
    ["with QDCOUNT 0", ScanFault.FORMERR, patched(5, 0)],
    ["with QDCOUNT 2 (RFC 9619)", ScanFault.FORMERR, patched(5, 2)],
    ["with QDCOUNT 257", ScanFault.FORMERR, patched(4, 1, 1)],
    ["with ARCOUNT 2 and one record", ScanFault.FORMERR, patched(11, 2)],
    ["with a pointer in QNAME", ScanFault.FORMERR, patched(12, 0xc0, 0x0c)],
    ["with a label of 64 octets", ScanFault.FORMERR, patched(12, 64)],
    ["with two OPT records (RFC 6891 §6.1.1)", ScanFault.FORMERR, Buffer.concat([patched(11, 2), opt])],
    ["with OPT in the answer section", ScanFault.FORMERR, patched(7, 1, 0, 0, 0, 0)],
    ["with OPT in the authority section", ScanFault.FORMERR, patched(9, 1, 0, 0)],
    [
      "with OPT that has an owner",
      ScanFault.FORMERR,
      Buffer.concat([good.subarray(0, -opt.length), Buffer.of(1, 0x61), opt]),
    ],
    [
      "with a reserved label type in QNAME",
      ScanFault.FORMERR,
      Buffer.concat([patched(12, 0x40), Buffer.alloc(100)]),
    ],
    ["with a reserved label type in an owner", ScanFault.FORMERR, patched(good.length - opt.length, 0x40)],
    ["with octets after the last record", ScanFault.FORMERR, Buffer.concat([good, Buffer.alloc(1)])],
    ["with EDNS version 1", ScanFault.BADVERS, query({ edns: { ...EDNS, version: 1 } })],
    ["with a name of 256 octets", ScanFault.FORMERR, longName()],
  ])("%s is told", (_, fault, packet) => {
    expect(scan(packet).fault).toBe(fault);
  });

  it("gives the place of its question where that was readable", () => {
    expect(scan(patched(11, 2)).scanned.questionEnd).toBe(good.length - opt.length);
    expect(scan(patched(12, 64)).scanned.questionEnd).toBe(12);
  });

  it("says that it has an OPT, malformed or not, so that the FORMERR has one too (RFC 6891 §7)", () => {
    const cutOption = query({ edns: { ...EDNS, options: [{ code: 65001, data: Buffer.alloc(4) }] } });
    cutOption[cutOption.length - 5] = 5;

    expect(scan(cutOption)).toMatchObject({ fault: ScanFault.FORMERR, scanned: { hasEdns: true } });
    expect(scan(Buffer.concat([patched(11, 2), opt])).scanned.hasEdns).toBe(true);
    expect(scan(patched(5, 2)).scanned.hasEdns).toBe(false);
  });

  it("is a fault when cut anywhere", () => {
    for (let end = 0; end < good.length; end++) expect(scan(good, 0, end).fault).not.toBe(0);
  });

  function longName(): Buffer {
    const label = Buffer.concat([Buffer.of(63), Buffer.alloc(63, 0x78)]);
    const name256 = Buffer.concat([label, label, label, Buffer.of(62), Buffer.alloc(62, 0x78), Buffer.of(0)]);
    expect(name256).toHaveLength(256);
    return Buffer.concat([query().subarray(0, 12), name256, Buffer.of(0, 1, 0, 1)]);
  }
});
