import { describe, expect, it } from "vitest";
import { Class, Type } from "../../../src/wire/codes.ts";
import { nameFromText } from "../../../src/wire/presentation.ts";
import { plainQuery } from "../../../src/upstream/plain-query.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const question = { qname: nameFromText("dot.example.net.")!, qtype: Type.A, qclass: Class.IN };

/** The query as a response to itself. */
function echoed(octets: Buffer): Buffer {
  const response = Buffer.from(octets);
  response[2] = response[2]! | 0x80;
  return response;
}

describe("a query in clear (RFC 5452 §9)", () => {
  it("has an ID and a letter case that differ from query to query", () => {
    const random = new SeededRandom();
    const queries = Array.from({ length: 50 }, () => plainQuery(question, random).octets);

    expect(new Set(queries.map((octets) => octets.readUInt16BE(0))).size).toBeGreaterThan(45);
    expect(new Set(queries.map((octets) => octets.toString("latin1", 12, 29))).size).toBeGreaterThan(45);
    expect(new Set(queries.map((octets) => octets.toString("latin1", 12, 29).toLowerCase())).size).toBe(1);
  });

  it("takes the response that gives its question back", () => {
    const query = plainQuery(question, new SeededRandom());

    expect(query.read(echoed(query.octets))?.isExact).toBe(true);
  });

  it("doubts one in another letter case", () => {
    const query = plainQuery(question, new SeededRandom());
    const response = echoed(query.octets);
    response[13] = response[13]! ^ 0x20;

    expect(query.read(response)?.isExact).toBe(false);
  });

  it.each([
    ["with another ID", (octets: Buffer) => octets.writeUInt16BE(octets.readUInt16BE(0) ^ 1, 0)],
    ["that is a query", (octets: Buffer) => octets.writeUInt8(octets[2]! & 0x7f, 2)],
    ["of another opcode", (octets: Buffer) => octets.writeUInt8(octets[2]! | 0x28, 2)],
    ["of another name", (octets: Buffer) => octets.writeUInt8(0x78, 13)],
    ["of another type", (octets: Buffer) => octets.writeUInt16BE(Type.AAAA, 29)],
    ["of another class", (octets: Buffer) => octets.writeUInt16BE(Class.CH, 31)],
    ["without a question", (octets: Buffer) => octets.writeUInt16BE(0, 4)],
  ])("ignores a message %s", (_what, change) => {
    const query = plainQuery(question, new SeededRandom());
    const response = echoed(query.octets);
    change(response);

    expect(query.read(response)).toBeUndefined();
  });

  it("ignores garbage of every length", () => {
    const query = plainQuery(question, new SeededRandom());

    for (let length = 0; length < 60; length++) {
      expect(query.read(Buffer.alloc(length, 0xff))).toBeUndefined();
      expect(query.read(echoed(query.octets).subarray(0, length % query.octets.length))).toBeUndefined();
    }
  });
});
