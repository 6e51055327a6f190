import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { questionKey } from "../../../src/wire/names.ts";
import {
  isTextFault,
  nameFromText,
  nameToText,
  recordFromText,
  recordToText,
} from "../../../src/wire/presentation.ts";
import { canonicalRdata, isRdataValid, namesIn } from "../../../src/wire/rdata.ts";
import { layoutOf } from "../../../src/wire/rdata-layouts.ts";
import { readMessage } from "../../../src/wire/read-message.ts";
import { ScannedQuery, scanQuery } from "../../../src/wire/scan-query.ts";
import { MessageWriter, writeMessage } from "../../../src/wire/write-message.ts";
import * as any from "../../support/wire-arbitraries.ts";

const RUNS = { seed: any.FIXED_SEED, numRuns: 1000 };

describe("any message", () => {
  it("is the same after it was written and read", () => {
    fc.assert(
      fc.property(any.message, (message) => {
        expect(readMessage(writeMessage(message)!)).toEqual(message);
      }),
      RUNS,
    );
  });

  it("is written whole or not at all, and never past the room given", () => {
    fc.assert(
      fc.property(any.message, fc.nat(600), (message, room) => {
        const octets = writeMessage(message)!.length;
        const buffer = Buffer.alloc(700, 0xee);
        const writer = new MessageWriter();
        writer.open(buffer, 20, 20, 20 + room);
        for (const question of message.questions) writer.question(question);
        for (const record of [...message.answer, ...message.authority]) writer.record(record);
        if (message.edns !== undefined) writer.edns(message.edns);

        expect(writer.offset).toBeLessThanOrEqual(20 + room);
        expect(buffer.subarray(writer.offset).every((octet) => octet === 0xee || writer.offset > 0)).toBe(
          true,
        );
        expect(buffer.subarray(20 + room).every((octet) => octet === 0xee)).toBe(true);
        expect(buffer.subarray(0, 20).every((octet) => octet === 0xee)).toBe(true);
        expect(writeMessage(message, { maxOctets: octets - 1 })).toBeUndefined();
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it("can be continued after a record that did not fit", () => {
    fc.assert(
      fc.property(any.message, fc.array(any.record, { minLength: 1, maxLength: 4 }), (message, extra) => {
        const buffer = Buffer.alloc(65_535);
        const plain = writeMessage({ ...message, edns: undefined })!;
        const writer = new MessageWriter();
        const { id, flags, questions, answer, authority, additional } = readMessage(plain) as typeof message;
        writer.open(buffer, 0, 0, plain.length);
        writer.header(id, flags, questions.length, answer.length, authority.length, additional.length);
        for (const question of questions) writer.question(question);
        const tooMuch = { ...extra[0]!, type: 65280, rdata: Buffer.alloc(65_000) };

        for (const record of [...answer, ...authority, ...additional]) {
          expect(writer.record(tooMuch)).toBe(false);
          expect(writer.record(record)).toBe(true);
        }

        expect(buffer.subarray(0, writer.offset)).toEqual(plain);
      }),
      { ...RUNS, numRuns: 200 },
    );
  });

  it("has its TTLs where the writer says", () => {
    fc.assert(
      fc.property(any.message, (message) => {
        const buffer = Buffer.alloc(65_535);
        const writer = new MessageWriter();
        writer.open(buffer, 3, 3);
        writer.header(message.id, message.flags, 0, message.answer.length, 0, 0);
        for (const record of message.answer) writer.record(record);

        const ttls = writer.ttlOffsets.map((offset) => buffer.readUInt32BE(3 + offset));
        expect(ttls).toEqual(message.answer.map((record) => record.ttl));
      }),
      { ...RUNS, numRuns: 200 },
    );
  });
});

describe("any query", () => {
  it("is scanned as it is read", () => {
    const scanned = new ScannedQuery();
    fc.assert(
      fc.property(any.query, (query) => {
        const packet = writeMessage(query)!;

        expect(scanQuery(packet, 0, packet.length, scanned)).toBe(0);
        expect(scanned).toMatchObject({
          id: query.id,
          flags: query.flags,
          key: questionKey(query.questions[0]!),
          qtype: query.questions[0]!.qtype,
          qclass: query.questions[0]!.qclass,
          hasEdns: query.edns !== undefined,
          udpSize: query.edns?.udpSize ?? 0,
          dnssecOk: query.edns?.dnssecOk ?? false,
          ednsCount: query.edns?.options.length ?? 0,
        });
      }),
      RUNS,
    );
  });

  it("has the same key in any letter case", () => {
    const scanned = new ScannedQuery();
    fc.assert(
      fc.property(any.query, fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }), (query, capitals) => {
        const packet = writeMessage(query)!;
        for (let i = 12; i < 12 + query.questions[0]!.qname.length; i++) {
          const octet = packet[i]!;
          if (octet >= 0x61 && octet <= 0x7a && capitals[i % 64]) packet[i] = octet - 0x20;
        }

        expect(scanQuery(packet, 0, packet.length, scanned)).toBe(0);
        expect(scanned.key).toBe(questionKey(query.questions[0]!));
      }),
      RUNS,
    );
  });
});

describe("any record", () => {
  it("is the same after it was written as text and read", () => {
    fc.assert(
      fc.property(any.record, (record) => {
        const bounded = { ...record, ttl: record.ttl % 0x8000_0000 };
        const text = recordToText(bounded);

        const read = recordFromText(text);

        expect(isTextFault(read) ? `${read.fault}: ${text}` : read).toEqual(bounded);
      }),
      { ...RUNS, numRuns: 5000 },
    );
  });

  it("has RDATA that is found well formed, but not with an octet missing where its length is fixed", () => {
    fc.assert(
      fc.property(any.record, ({ type, rdata }) => {
        expect(isRdataValid(type, rdata)).toBe(true);
        if (layoutOf(type)?.octets === rdata.length)
          expect(isRdataValid(type, rdata.subarray(1))).toBe(false);
      }),
      RUNS,
    );
  });

  it("has canonical RDATA of the same length, once and for all (RFC 4034 §6.2)", () => {
    fc.assert(
      fc.property(any.record, ({ type, rdata }) => {
        const canonical = canonicalRdata(type, rdata);

        expect(canonical).toHaveLength(rdata.length);
        expect(canonicalRdata(type, canonical)).toBe(canonical);
        expect(namesIn(type, canonical)).toEqual(namesIn(type, rdata));
      }),
      RUNS,
    );
  });
});

describe("any name", () => {
  it("is the same after it was written as text and read", () => {
    fc.assert(
      fc.property(any.name, (name) => {
        expect(nameFromText(nameToText(name))).toBe(name);
        expect(nameFromText(nameToText(name).toUpperCase())).toBe(name);
      }),
      RUNS,
    );
  });
});
