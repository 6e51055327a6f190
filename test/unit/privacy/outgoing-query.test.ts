import dnsPacket from "dns-packet";
import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { outgoingQuery } from "../../../src/privacy/outgoing-query.ts";
import type { PaddingPolicy } from "../../../src/privacy/padding.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const WWW = "\x03www\x07example\x03com\x00" as Name;
const QUESTION = { qname: WWW, qtype: 28, qclass: 1 };

function encoder(padding: PaddingPolicy = "block", paddingBlock = 128, ecs: "zero" | "none" = "zero") {
  return outgoingQuery({ padding, paddingBlock, ecs }, new SeededRandom());
}

/** A name of exactly `octets` octets in wire format. */
function nameOf(octets: number): Name {
  let name = "";
  for (let left = octets - 1; left > 0; ) {
    const label = left - 1 === 64 ? 62 : Math.min(left - 1, 63);
    name += String.fromCharCode(label) + "a".repeat(label);
    left -= label + 1;
  }
  return `${name}\0` as Name;
}

const ALL_LENGTHS = Array.from({ length: 253 }, (_, i) => i + 3);

describe("an outgoing query", () => {
  it("asks for recursion and for data whatever the upstream's verdict (RD=1, CD=1), every other flag 0 [D9]", () => {
    const message = encoder()(QUESTION, 0xbeef);

    expect(message.readUInt16BE(0)).toBe(0xbeef);
    expect(message.readUInt16BE(2)).toBe(0x0110);
  });

  it("is read by an independent decoder as the question that was asked", () => {
    const decoded = dnsPacket.decode(encoder()(QUESTION, 7));

    expect(decoded.questions).toEqual([{ name: "www.example.com", type: "AAAA", class: "IN" }]);
    expect(decoded.answers).toEqual([]);
    expect(decoded.authorities).toEqual([]);
    expect(decoded.additionals).toHaveLength(1);
  });

  it("carries one OPT: payload size 1232, version 0, DO, and three options in a fixed order [D9]", () => {
    const opt = dnsPacket.decode(encoder()(QUESTION, 7)).additionals?.[0];

    expect(opt).toMatchObject({
      type: "OPT",
      name: ".",
      udpPayloadSize: 1232,
      ednsVersion: 0,
      flags: 0x8000,
    });
    expect(opt?.type === "OPT" ? opt.options.map((option) => option.code) : []).toEqual([11, 8, 12]);
  });

  it("asks for edns-tcp-keepalive with OPTION-LENGTH 0 (RFC 7828 §3.2.1)", () => {
    expect(encoder()(QUESTION, 7).indexOf(Buffer.of(0, 11, 0, 0))).toBe(12 + WWW.length + 4 + 11);
  });

  it("sends SOURCE PREFIX-LENGTH 0 and SCOPE PREFIX-LENGTH 0 without an address (RFC 7871 §7.1.2)", () => {
    expect(encoder()(QUESTION, 7).indexOf(Buffer.of(0, 8, 0, 4, 0, 1, 0, 0))).toBeGreaterThan(0);
  });

  it("sends no Client Subnet option with `none`", () => {
    const opt = dnsPacket.decode(encoder("block", 128, "none")(QUESTION, 7)).additionals?.[0];

    expect(opt?.type === "OPT" ? opt.options.map((option) => option.code) : []).toEqual([11, 12]);
  });

  it("follows a server's own Client Subnet mode", () => {
    const encode = encoder();

    expect(encode(QUESTION, 7, { ecs: "none" }).includes(Buffer.of(0, 8, 0, 4))).toBe(false);
    expect(encode(QUESTION, 7, { ecs: "none" })).toHaveLength(128);
  });

  it("fills Padding with zeros (RFC 7830 §3: SHOULD be 0x00)", () => {
    const message = encoder()(QUESTION, 7);
    const padding = message.subarray(12 + WWW.length + 4 + 11 + 4 + 8 + 4);

    expect(padding.every((octet) => octet === 0)).toBe(true);
    expect(message.readUInt16BE(message.length - padding.length - 2)).toBe(padding.length);
  });

  it("never shows octets of earlier use of the memory", () => {
    Buffer.alloc(8192, 0xff);
    const encode = encoder("maximal");

    expect(encode(QUESTION, 7)).toEqual(encode(QUESTION, 7));
  });

  it("is the same for two clients but for the ID", () => {
    const encode = encoder();
    const one = encode(QUESTION, 0x0102);
    const other = encode({ ...QUESTION }, 0xfffe);

    expect(one.subarray(2)).toEqual(other.subarray(2));
  });

  it("carries any octet of a label as it is", () => {
    const odd = "\x04\x00.\xff\x20\x00" as Name;

    expect(encoder()({ qname: odd, qtype: 1, qclass: 1 }, 1).subarray(12, 18)).toEqual(
      Buffer.from(odd, "latin1"),
    );
  });

  it("has neither Padding nor keepalive toward a server in clear (RFC 7830 §6, RFC 7828 §3.2.1)", () => {
    const opt = dnsPacket.decode(encoder()(QUESTION, 7, { clear: true })).additionals?.[0];

    expect(opt?.type === "OPT" ? opt.options.map((option) => option.code) : []).toEqual([8]);
  });
});

describe("block padding (RFC 8467 §4.1)", () => {
  it("makes every message a multiple of 128 octets, whatever the QNAME", () => {
    const encode = encoder();

    for (const octets of ALL_LENGTHS) {
      expect(encode({ ...QUESTION, qname: nameOf(octets) }, 1).length % 128).toBe(0);
    }
  });

  it("gives one size to all QNAMEs of up to 85 octets in wire format", () => {
    const encode = encoder();
    const sizes = ALL_LENGTHS.filter((octets) => octets <= 85).map(
      (octets) => encode({ ...QUESTION, qname: nameOf(octets) }, 1).length,
    );

    expect(new Set(sizes)).toEqual(new Set([128]));
    expect(encode({ ...QUESTION, qname: nameOf(86) }, 1)).toHaveLength(256);
  });

  it("can be read to the last octet", () => {
    const encode = encoder();

    for (const octets of ALL_LENGTHS) {
      const message = encode({ ...QUESTION, qname: nameOf(octets) }, 1);
      expect(dnsPacket.decode(message).additionals).toHaveLength(1);
      expect(message.readUInt16BE(12 + octets + 4 + 9)).toBe(message.length - (12 + octets + 4 + 11));
    }
  });

  it.each([1, 16, 100, 468, 1024])("pads to a block of %i octets", (block) => {
    const encode = encoder("block", block);

    for (const octets of ALL_LENGTHS) {
      expect(encode({ ...QUESTION, qname: nameOf(octets) }, 1).length % block).toBe(0);
    }
  });
});

describe("random-block padding (RFC 8467 §4.2.3)", () => {
  it("gives each short query one of three sizes", () => {
    const encode = encoder("random_block");
    const sizes = Array.from({ length: 200 }, () => encode(QUESTION, 1).length);

    expect(new Set(sizes)).toEqual(new Set([128, 256, 384]));
  });

  it("never exceeds the payload size that the query announces (RFC 7830 §4)", () => {
    const encode = encoder("random_block", 512);
    const sizes = Array.from({ length: 200 }, () => encode(QUESTION, 1).length);

    expect(new Set(sizes)).toEqual(new Set([512, 1024]));
  });
});

describe("maximal padding (RFC 8467 §4.2.1)", () => {
  it.each(["zero", "none"] as const)(
    "gives one size to every QNAME there can be (Client Subnet %s)",
    (ecs) => {
      const encode = encoder("maximal", 128, ecs);
      const sizes = ALL_LENGTHS.map((octets) => encode({ ...QUESTION, qname: nameOf(octets) }, 1).length);

      expect(new Set(sizes)).toEqual(new Set([384]));
    },
  );
});

describe("padding `off`", () => {
  it("sends no Padding option", () => {
    const opt = dnsPacket.decode(encoder("off")(QUESTION, 7)).additionals?.[0];

    expect(opt?.type === "OPT" ? opt.options.map((option) => option.code) : []).toEqual([11, 8]);
  });
});
