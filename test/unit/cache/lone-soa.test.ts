import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Body, renderBody } from "../../../src/cache/body.ts";
import type { Name, ResourceRecord } from "../../../src/ports/message.ts";
import { Class, Rcode, Type } from "../../../src/wire/codes.ts";
import { MAX_NAME_OCTETS } from "../../../src/wire/names.ts";
import { isFault, readMessage } from "../../../src/wire/read-message.ts";
import { response } from "../../support/records.ts";
import { FIXED_SEED, name, recordOfType } from "../../support/wire-arbitraries.ts";

const OPTIONS = { dnssec: false, maxTtl: 86_400, minTtl: 0 };

/** The record in every name of the body, and its TTL where the body says it stands. */
function readBack({ octets, ttlOffsets }: Body): { record: ResourceRecord | undefined; ttl: number } {
  const packet = Buffer.from(octets, "latin1");
  const message = readMessage(packet);
  if (isFault(message)) throw new Error(message);
  expect(message.authority).toHaveLength(1);
  expect(ttlOffsets).toHaveLength(1);
  return { record: message.authority[0], ttl: packet.readUInt32BE(ttlOffsets.charCodeAt(0)) };
}

describe("a denial that holds one SOA record (RFC 2308 §3)", () => {
  it("reads the same whether it is rendered or copied, under any name of the zone", () => {
    const labels = fc.array(name, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        name,
        recordOfType(Type.SOA),
        labels,
        fc.nat({ max: 100_000 }),
        (zone, data, below, ttl) => {
          const record: ResourceRecord = { ...data, owner: zone, class: Class.IN, ttl };
          for (const prefix of [...below, ...below]) {
            const qname = (prefix.slice(0, -1) + zone) as Name;
            if (qname.length > MAX_NAME_OCTETS) continue;
            const question = { qname, qtype: Type.A, qclass: Class.IN };
            const denial = response({ rcode: Rcode.NXDOMAIN, answer: [], authority: [record] });
            const read = readBack(renderBody(question, denial, OPTIONS).body);

            expect(read.record).toEqual({ ...record, ttl: Math.min(ttl, OPTIONS.maxTtl) });
            expect(read.ttl).toBe(Math.min(ttl, OPTIONS.maxTtl));
          }
        },
      ),
      { numRuns: 500, seed: FIXED_SEED },
    );
  });

  it("is rendered for a name outside of the record's zone", () => {
    const record: ResourceRecord = {
      owner: "\x07example\0" as Name,
      type: Type.SOA,
      class: Class.IN,
      ttl: 60,
      rdata: Buffer.concat([
        Buffer.from("\x02ns\x07example\0\x01h\x07example\0", "latin1"),
        Buffer.alloc(20),
      ]),
    };
    const question = { qname: "\x03www\x04test\0" as Name, qtype: Type.A, qclass: Class.IN };
    const denial = response({ answer: [], authority: [record] });
    for (let time = 0; time < 3; time++) {
      const { record: read } = readBack(renderBody(question, denial, OPTIONS).body);
      expect(read).toEqual(record);
    }
  });
});
