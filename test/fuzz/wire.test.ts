/**
 * 100,000 messages, random and mutated from good ones, the same in every run. Whatever they are: no throw,
 * an end, nothing read outside the message, nothing kept, and what is accepted is sound.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, ResourceRecord } from "../../src/ports/message.ts";
import { FrameReader } from "../../src/wire/framing.ts";
import { nameFromOctets, octetsOfName, questionKey } from "../../src/wire/names.ts";
import { isTextFault, recordFromText, recordToText } from "../../src/wire/presentation.ts";
import { isRdataValid } from "../../src/wire/rdata.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { ScannedQuery, scanQuery } from "../../src/wire/scan-query.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import { broken } from "../support/broken-messages.ts";
import { collector } from "../support/collector.ts";
import * as any from "../support/wire-arbitraries.ts";

const RUNS = 100_000;

const anything = broken(fc.oneof(any.message, any.query));

/** The message between other octets: if any of those were read, the outcome would change with them. */
function amid(octets: Buffer, before: number, after: number): Buffer {
  return Buffer.concat([Buffer.alloc(300, before), octets, Buffer.alloc(300, after)]);
}

describe("the reader of messages, given anything", () => {
  it("never throws, and what it accepts is sound", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anything, (octets) => {
        const message = readMessage(octets);
        if (isFault(message)) return;
        accepted += 1;
        checkSound(message);
      }),
      { seed: any.FIXED_SEED, numRuns: RUNS },
    );

    // Neither all nor nothing, or the mutations would be no test.
    expect(accepted).toBeGreaterThan(RUNS / 10);
    expect(accepted).toBeLessThan((RUNS * 9) / 10);
  });

  it("reads nothing outside the message", () => {
    fc.assert(
      fc.property(anything, (octets) => {
        const end = 300 + octets.length;

        const alone = readMessage(octets);

        expect(readMessage(amid(octets, 0x00, 0x00), 300, end)).toEqual(alone);
        expect(readMessage(amid(octets, 0xc0, 0x03), 300, end)).toEqual(alone);
      }),
      { seed: any.FIXED_SEED + 1, numRuns: RUNS / 10 },
    );
  });

  it("keeps nothing", () => {
    const collect = collector();
    const inputs = fc.sample(anything, { seed: any.FIXED_SEED + 2, numRuns: 2_000 });
    const round = (): void => {
      for (const octets of inputs) readMessage(octets);
    };
    round();
    collect();
    const before = process.memoryUsage();
    for (let i = 0; i < 50; i++) round();
    collect();
    const after = process.memoryUsage();

    expect(after.heapUsed - before.heapUsed).toBeLessThan(1_000_000);
    expect(after.external - before.external).toBeLessThan(1_000_000);
  });

  function checkSound(message: Message): void {
    for (const section of [message.answer, message.authority, message.additional]) {
      for (const record of section) checkRecord(record);
    }
    const octets = writeMessage(message);
    if (octets !== undefined) expect(readMessage(octets)).toEqual(message);
  }

  function checkRecord(record: ResourceRecord): void {
    if (nameFromOctets(octetsOfName(record.owner)) !== record.owner) throw new Error("owner is no name");
    if (!isRdataValid(record.type, record.rdata)) throw new Error("RDATA is not well formed");
  }
});

describe("the scan of queries, given anything", () => {
  it("agrees with the reader on what is a good query, and reads nothing outside it", () => {
    const scanned = new ScannedQuery();
    let good = 0;
    fc.assert(
      fc.property(anything, (octets) => {
        const packet = amid(octets, 0x00, 0x01);
        const fault = scanQuery(packet, 300, 300 + octets.length, scanned);
        const other = amid(octets, 0xff, 0xff);
        expect(scanQuery(other, 300, 300 + octets.length, new ScannedQuery())).toBe(fault);

        // The scan does not look into RDATA or behind pointers, so the reader may refuse what it takes.
        const message = readMessage(octets);
        if (isFault(message)) return;
        const isQuery = message.flags < 0x8000 && message.opcode === 0 && message.questions.length === 1;
        const isForUs = isQuery && (message.edns?.version ?? 0) === 0;
        expect(fault === 0).toBe(isForUs);
        if (!isForUs) return;
        good += 1;
        expect(scanned.key).toBe(questionKey(message.questions[0]!));
      }),
      { seed: any.FIXED_SEED + 3, numRuns: RUNS / 4 },
    );
    expect(good).toBeGreaterThan(RUNS / 100);
  });
});

describe("the reader of streams, given anything", () => {
  it("gives all octets of whole messages once, however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (chunks) => {
        const stream = Buffer.concat(chunks);
        const reader = new FrameReader();
        const parts: Buffer[] = [];

        for (const chunk of chunks) {
          reader.push(Buffer.from(chunk), (octets, start, end) => {
            const length = end - start;
            parts.push(Buffer.of(length >> 8, length & 0xff), Buffer.from(octets.subarray(start, end)));
          });
        }

        const given = Buffer.concat(parts);
        expect(stream.subarray(0, given.length)).toEqual(given);
        expect(reader.isMidFrame).toBe(given.length < stream.length);
      }),
      { seed: any.FIXED_SEED, numRuns: 2_000 },
    );
  });
});

describe("the reader of lines, given anything", () => {
  it("never throws, and what it accepts can be written and read again", () => {
    const words = fc.oneof(
      fc.constantFrom(
        "example.com.",
        "60",
        "IN",
        "A",
        "TXT",
        "HTTPS",
        "SOA",
        "\\#",
        "4",
        "C0000201",
        '"',
        "(",
        ")",
      ),
      fc.constantFrom(
        "alpn=h2",
        'alpn="h2\\\\,"',
        "mandatory=alpn",
        "key7=\\255",
        "-",
        "@",
        ".",
        "\\",
        "192.0.2.1",
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 9 }), (line) => {
        const record = recordFromText(line.join(" "));

        if (!isTextFault(record)) expect(recordFromText(recordToText(record))).toEqual(record);
      }),
      { seed: any.FIXED_SEED, numRuns: 20_000 },
    );
  });
});
