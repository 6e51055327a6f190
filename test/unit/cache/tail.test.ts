import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Tail, tailOf } from "../../../src/cache/tail.ts";
import type { Message, Name, ResourceRecord } from "../../../src/ports/message.ts";
import { Class, Type } from "../../../src/wire/codes.ts";
import { MAX_NAME_OCTETS, questionKey } from "../../../src/wire/names.ts";
import { isFault, readMessage } from "../../../src/wire/read-message.ts";
import { FIXED_SEED, name, recordOfType } from "../../support/wire-arbitraries.ts";

/** The message that has a question about `qname` and this tail. */
function readBehind(tail: Tail, qname: Name, ttl: number): Message {
  const question = questionKey({ qname, qtype: Type.A, qclass: Class.IN });
  const packet = Buffer.alloc(12 + question.length + tail.length);
  packet.writeUInt16BE(1, 4);
  packet.writeUInt16BE(tail.count, 8);
  packet.latin1Write(question, 12);
  tail.write(qname.length, ttl, packet, 12 + question.length);
  const message = readMessage(packet);
  if (isFault(message)) throw new Error(message);
  return message;
}

const owner = (below: Name, zone: Name): Name => (below.slice(0, -1) + zone) as Name;

describe("records behind a question", () => {
  it("read the same under any name of the zone, with any TTL", () => {
    const types = [Type.SOA, Type.RRSIG, Type.NSEC, Type.NSEC3, Type.SOA] as const;
    const records = fc.tuple(...types.map((type) => recordOfType(type)));
    const names = fc.array(name, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(name, names, records, fc.nat(0x7fff_ffff), (zone, below, given, ttl) => {
        fc.pre(below.every((each) => each.length + zone.length <= MAX_NAME_OCTETS));
        const kept: ResourceRecord[] = given.map((record, i) => ({
          ...record,
          owner: owner(below[i % below.length]!, zone),
          class: Class.IN,
          ttl,
        }));
        const tail = tailOf(zone, kept);
        for (const each of [...below, "\0" as Name])
          expect(readBehind(tail!, owner(each, zone), ttl).authority).toEqual(kept);
      }),
      { numRuns: 500, seed: FIXED_SEED },
    );
  });

  it("are rendered each time where RDATA may hold pointers that are not looked for", () => {
    const zone = "\x07example\0" as Name;
    const rdata = Buffer.from("\x02ns\x07example\0", "latin1");
    const record: ResourceRecord = { owner: zone, type: Type.NS, class: Class.IN, ttl: 1, rdata };

    expect(tailOf(zone, [record])).toBeUndefined();
    expect(tailOf(zone, [{ ...record, type: 65_280 }])).toBeUndefined();
  });

  it("are rendered each time where they are so many that a pointer might not reach", () => {
    const zone = "\x07example\0" as Name;
    const rdata = Buffer.alloc(400);
    const records = Array.from({ length: 40 }, () => ({
      owner: zone,
      type: Type.RRSIG,
      class: Class.IN,
      ttl: 1,
      rdata,
    }));

    expect(tailOf(zone, records.slice(0, 10))?.count).toBe(10);
    expect(tailOf(zone, records)).toBeUndefined();
  });
});
