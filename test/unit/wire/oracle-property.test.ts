/** The same message by dns-packet, which shares no code with `wire/`: what one writes the other must read. */
import dnsPacket, { type Packet } from "dns-packet";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, ResourceRecord } from "../../../src/ports/message.ts";
import { typeFromText, typeToText } from "../../../src/wire/codes.ts";
import { nameFromText } from "../../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../../src/wire/read-message.ts";
import { writeMessage } from "../../../src/wire/write-message.ts";
import { FIXED_SEED } from "../../support/wire-arbitraries.ts";

const RUNS = { seed: FIXED_SEED, numRuns: 1000 };

/** dns-packet takes names as text without escapes, so its labels are plain. */
const name: Arbitrary<string> = fc
  .array(fc.stringMatching(/^[a-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join("."));
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const octets = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const plain = fc.stringMatching(/^[ -~]{1,20}$/);
const types = fc.uniqueArray(fc.constantFrom("A", "NS", "MX", "TXT", "AAAA", "RRSIG", "NSEC"), {
  maxLength: 5,
});

/** RDATA as dns-packet has it, by type. */
const DATA: Readonly<Record<string, Arbitrary<unknown>>> = {
  A: fc.ipV4(),
  AAAA: fc.constantFrom("2001:db8::1", "2001:db8:0:1::", "::1"),
  NS: name,
  CNAME: name,
  PTR: name,
  DNAME: name,
  MX: fc.record({ preference: u16, exchange: name }),
  SRV: fc.record({ priority: u16, weight: u16, port: u16, target: name }),
  SOA: fc.record({
    mname: name,
    rname: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  TXT: fc.array(octets, { minLength: 1, maxLength: 4 }),
  HINFO: fc.record({ cpu: plain, os: plain }),
  RP: fc.record({ mbox: name, txt: name }),
  CAA: fc.record({
    flags: fc.constant(128),
    tag: fc.constant("issue"),
    value: plain,
    issuerCritical: fc.constant(true),
  }),
  DS: fc.record({ keyTag: u16, algorithm: u8, digestType: u8, digest: octets }),
  DNSKEY: fc.record({ flags: u16, algorithm: u8, key: octets }),
  SSHFP: fc.record({
    algorithm: fc.constant(4),
    hash: fc.constant(2),
    fingerprint: fc.constant("ab".repeat(32)),
  }),
  TLSA: fc.record({ usage: u8, selector: u8, matchingType: u8, certificate: octets }),
  RRSIG: fc.record({
    typeCovered: fc.constantFrom("A", "SOA", "NSEC3"),
    algorithm: u8,
    labels: u8,
    originalTTL: u32,
    expiration: u32,
    inception: u32,
    keyTag: u16,
    signersName: name,
    signature: octets,
  }),
  NSEC: fc.record({ nextDomain: name, rrtypes: types }),
  NSEC3: fc.record({
    algorithm: u8,
    flags: u8,
    iterations: u16,
    salt: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    nextDomain: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    rrtypes: types,
  }),
  NAPTR: fc.record({
    order: u16,
    preference: u16,
    flags: fc.constant("s"),
    services: plain,
    regexp: plain,
    replacement: name,
  }),
  UNKNOWN_65280: octets,
};

interface Foreign {
  readonly type: string;
  readonly name: string;
  readonly ttl: number;
  readonly data: unknown;
}

const record: Arbitrary<Foreign> = fc
  .constantFrom(...Object.keys(DATA))
  .chain((type) => fc.record({ type: fc.constant(type), name, ttl: u32, data: DATA[type]! }));

const message = fc.record({
  id: u16,
  question: name,
  answers: fc.array(record, { maxLength: 4 }),
  authorities: fc.array(record, { maxLength: 2 }),
});

/** Types unknown to it have a name of dns-packet's own. */
function typeNumber(type: string): number {
  return typeFromText(type.replace("UNKNOWN_", "TYPE"))!;
}

function written(shape: {
  id: number;
  question: string;
  answers: Foreign[];
  authorities: Foreign[];
}): Buffer {
  const packet = {
    type: "response",
    id: shape.id,
    flags: 0x0180,
    questions: [{ type: "A", name: shape.question }],
    answers: shape.answers,
    authorities: shape.authorities,
  };
  return dnsPacket.encode(packet as unknown as Packet);
}

describe("a message written by dns-packet", () => {
  it("is read with the same names, types and TTLs", () => {
    fc.assert(
      fc.property(message, (shape) => {
        const read = readMessage(written(shape));

        if (isFault(read)) throw new Error(read);
        expect(read).toMatchObject({ id: shape.id, flags: 0x8180, rcode: 0 });
        expect(read.questions).toEqual([{ qname: nameFromText(shape.question), qtype: 1, qclass: 1 }]);
        expect(read.answer.map(outside)).toEqual(shape.answers.map(expected));
        expect(read.authority.map(outside)).toEqual(shape.authorities.map(expected));
      }),
      RUNS,
    );
  });

  it("means the same to dns-packet after it was read and written here", () => {
    fc.assert(
      fc.property(message, (shape) => {
        const foreign = written(shape);

        const ours = writeMessage(readMessage(foreign) as Message)!;

        expect(dnsPacket.decode(ours)).toEqual(dnsPacket.decode(foreign));
        expect(ours.length).toBeLessThanOrEqual(foreign.length);
      }),
      RUNS,
    );
  });

  function outside({ owner, type, ttl }: ResourceRecord): unknown {
    return { owner, type: typeToText(type), ttl };
  }

  function expected(foreign: Foreign): unknown {
    return {
      owner: nameFromText(foreign.name),
      type: typeToText(typeNumber(foreign.type)),
      ttl: foreign.ttl,
    };
  }
});
