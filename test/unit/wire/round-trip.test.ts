import { describe, expect, it } from "vitest";
import type { Message, ResourceRecord } from "../../../src/ports/message.ts";
import { Class, Flag, OptionCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { octetsOfName } from "../../../src/wire/names.ts";
import { isFault, readMessage } from "../../../src/wire/read-message.ts";
import { writeMessage } from "../../../src/wire/write-message.ts";
import { name } from "../../support/records.ts";

const WWW = name("www.example.com");
const CDN = name("cdn.example.net");

function record(owner: typeof WWW, type: number, rdata: Uint8Array, ttl = 300): ResourceRecord {
  return { owner, type, class: Class.IN, ttl, rdata: Buffer.from(rdata) };
}

const RESPONSE: Message = {
  id: 0x1234,
  flags: Flag.QR | Flag.RD | Flag.RA | Rcode.NXDOMAIN,
  opcode: 0,
  rcode: Rcode.NXDOMAIN,
  questions: [{ qname: WWW, qtype: Type.A, qclass: Class.IN }],
  answer: [
    record(WWW, Type.CNAME, octetsOfName(CDN)),
    record(CDN, Type.A, Uint8Array.of(192, 0, 2, 1), 0xffff_ffff),
    record(CDN, Type.MX, Buffer.concat([Buffer.of(0, 10), octetsOfName(name("mx.example.com"))])),
  ],
  authority: [
    record(
      name("example.com"),
      Type.SOA,
      Buffer.concat([
        octetsOfName(name("ns.example.com")),
        octetsOfName(name("hm.example.com")),
        Buffer.alloc(20, 1),
      ]),
    ),
  ],
  additional: [record(CDN, 65280, Buffer.from("\xc0\x0canything", "latin1"))],
  edns: {
    udpSize: 1232,
    version: 0,
    dnssecOk: true,
    options: [{ code: OptionCode.EDE, data: Buffer.from("\x00\x06bogus", "latin1") }],
  },
};

describe("a message written and read again", () => {
  const octets = writeMessage(RESPONSE)!;

  it("is the same", () => {
    expect(readMessage(octets)).toEqual(RESPONSE);
  });

  it("is the same from the middle of a larger buffer", () => {
    const packet = Buffer.concat([Buffer.alloc(7, 0xff), octets, Buffer.alloc(9, 0xff)]);

    expect(readMessage(packet, 7, 7 + octets.length)).toEqual(RESPONSE);
  });

  it("has its names compressed, but not those in RDATA of types outside RFC 1035 (RFC 3597 §4)", () => {
    expect(octets.indexOf("\x03www\x07example\x03com\0", 0, "latin1")).toBe(12);
    expect(octets.indexOf("example", 22, "latin1")).toBe(octets.indexOf("example\x03net", 0, "latin1"));
    const srv = record(WWW, Type.SRV, Buffer.concat([Buffer.alloc(6), octetsOfName(WWW)]));
    const uncompressed = writeMessage({ ...RESPONSE, answer: [srv] })!;
    expect(uncompressed.lastIndexOf("\x03www\x07example\x03com\0", undefined, "latin1")).toBeGreaterThan(12);
  });

  it("is a fault when cut anywhere", () => {
    for (let end = 0; end < octets.length; end++) expect(isFault(readMessage(octets, 0, end))).toBe(true);
  });

  it("is not written when longer than allowed", () => {
    expect(writeMessage(RESPONSE, { maxOctets: octets.length })).toHaveLength(octets.length);
    expect(writeMessage(RESPONSE, { maxOctets: octets.length - 1 })).toBeUndefined();
  });

  it("says SERVFAIL in place of an extended RCODE that has no OPT to stand in (RFC 6891 §6.1.3)", () => {
    const bare = { ...RESPONSE, rcode: Rcode.BADVERS, edns: undefined };

    expect(readMessage(writeMessage(bare)!)).toMatchObject({ rcode: Rcode.SERVFAIL });
    expect(readMessage(writeMessage({ ...RESPONSE, rcode: Rcode.BADVERS })!)).toMatchObject({ rcode: 16 });
  });
});
