/**
 * Well-formed names, RDATA, records and messages for property tests. Labels come from a small stock as
 * often as not, so that there is something to compress.
 */
import fc, { type Arbitrary } from "fast-check";
import type { Edns, Message, Name, Question, ResourceRecord } from "../../src/ports/message.ts";
import { Type } from "../../src/wire/codes.ts";
import { nameFromOctets } from "../../src/wire/names.ts";
import { layoutOf, type RdataField } from "../../src/wire/rdata-layouts.ts";
import { encodeBitmap } from "../../src/wire/type-bitmap.ts";

/** The same inputs in every run. */
export const FIXED_SEED = 0x5077_0001;

const STOCK = ["www", "Example", "example", "com", "a", "*", "_dns", "x".repeat(63)];

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);

const label: Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...STOCK).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }) },
);

/** A name in wire format, letter case as it comes. */
export const wireName: Arbitrary<Buffer> = fc.array(label, { maxLength: 6 }).map((labels) => {
  const parts: Buffer[] = [];
  let octets = 1;
  for (const part of labels) {
    if (octets + 1 + part.length > 255) break;
    octets += 1 + part.length;
    parts.push(Buffer.concat([Buffer.of(part.length), part]));
  }
  return Buffer.concat([...parts, Buffer.of(0)]);
});

export const name: Arbitrary<Name> = wireName.map((octets) => nameFromOctets(octets)!);

const prefixed = (least: number): Arbitrary<Uint8Array> =>
  fc
    .uint8Array({ minLength: least, maxLength: 40 })
    .map((octets) => Buffer.concat([Buffer.of(octets.length), octets]));

const fixed = (octets: number): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: octets, maxLength: octets });

const rest = fc.uint8Array({ minLength: 1, maxLength: 100 });

const params: Arbitrary<Uint8Array> = fc
  .uniqueArray(fc.tuple(fc.nat(12), fc.uint8Array({ maxLength: 33 })), {
    maxLength: 5,
    selector: ([key]) => key,
  })
  .map((entries) => entries.sort(([a], [b]) => a - b))
  .map((entries) =>
    Buffer.concat(
      entries.flatMap(([key, value]) => [Buffer.of(0, key, 0, value.length), Buffer.from(value)]),
    ),
  );

const FIELDS: Record<RdataField, Arbitrary<Uint8Array>> = {
  u8: fixed(1),
  u16: fixed(2),
  u32: fixed(4),
  type: fixed(2),
  time: fixed(4),
  algorithm: fixed(1),
  certificate: fixed(2),
  ipv4: fixed(4),
  ipv6: fc.oneof(
    fixed(16),
    fc.tuple(...Array.from({ length: 16 }, () => fc.nat(1))).map((o) => Uint8Array.from(o)),
  ),
  eui48: fixed(6),
  eui64: fixed(8),
  node: fixed(8),
  name: wireName,
  string: prefixed(0),
  strings: fc.array(prefixed(0), { minLength: 1, maxLength: 4 }).map((strings) => Buffer.concat(strings)),
  tag: fc.oneof(prefixed(1), fc.constant(Buffer.from("\x05issue", "latin1"))),
  text: fc.uint8Array({ maxLength: 300 }),
  hex: rest,
  base64: rest,
  rest,
  salt: prefixed(0),
  hash: prefixed(1),
  bitmap: fc.array(fc.nat(0xffff), { maxLength: 8 }).map(encodeBitmap),
  params,
  location: fc.oneof(
    fc
      .tuple(fixed(3), fc.nat(2 * 324_000_000), fc.nat(2 * 648_000_000), u32)
      .map(([sizes, latitude, longitude, altitude]) => {
        const octets = Buffer.concat([Buffer.of(0), sizes, Buffer.alloc(12)]);
        octets.writeUInt32BE(2 ** 31 - 324_000_000 + latitude, 4);
        octets.writeUInt32BE(2 ** 31 - 648_000_000 + longitude, 8);
        octets.writeUInt32BE(altitude, 12);
        return octets;
      }),
    fixed(15).map((octets) => Buffer.concat([Buffer.of(0), octets])),
    fixed(5).map((octets) => Buffer.concat([Buffer.of(1), octets])),
  ),
};

/** Types whose RDATA has a layout, and some that have none. */
export const LAID_OUT_TYPES: readonly number[] = Object.values(Type).filter(
  (type) => layoutOf(type) !== undefined,
);
const OPAQUE_TYPES: readonly number[] = [Type.NULL, Type.WKS, Type.APL, Type.HIP, 65280, 65535];

export function rdataOf(type: number): Arbitrary<Buffer> {
  const known = layoutOf(type);
  if (known === undefined) return fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets));
  return fc.tuple(...known.fields.map((field) => FIELDS[field])).map((fields) => Buffer.concat(fields));
}

const classCode = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: u16 });

export function recordOfType(type: number): Arbitrary<ResourceRecord> {
  return fc.record({
    owner: name,
    type: fc.constant(type),
    class: classCode,
    ttl: u32,
    rdata: rdataOf(type),
  });
}

export const record: Arbitrary<ResourceRecord> = fc.oneof(
  ...[...LAID_OUT_TYPES, ...OPAQUE_TYPES].map(recordOfType),
);

export const question: Arbitrary<Question> = fc.record({ qname: name, qtype: u16, qclass: classCode });

export const edns: Arbitrary<Edns> = fc.record({
  udpSize: u16,
  version: fc.constant(0),
  dnssecOk: fc.boolean(),
  options: fc.array(
    fc.record({
      code: fc.oneof(fc.nat(20), u16),
      data: fc.uint8Array({ maxLength: 30 }).map((octets) => Buffer.from(octets)),
    }),
    { maxLength: 5 },
  ),
});

/** Header flags without opcode and RCODE, which stand beside them. */
const flags = u16.map((word) => word & ~0x780f);

/** A whole message; RCODE above 15 only with EDNS. */
export const message: Arbitrary<Message> = fc
  .record({
    id: u16,
    flags,
    opcode: fc.nat(15),
    rcode: fc.nat(0xfff),
    questions: fc.array(question, { maxLength: 1 }),
    answer: fc.array(record, { maxLength: 4 }),
    authority: fc.array(record, { maxLength: 3 }),
    additional: fc.array(record, { maxLength: 2 }),
    edns: fc.option(edns, { nil: undefined }),
  })
  .map((parts) => {
    const rcode = parts.edns === undefined ? parts.rcode & 0xf : parts.rcode;
    return { ...parts, rcode, flags: parts.flags | (parts.opcode << 11) | (rcode & 0xf) };
  });

/** A query as a client may send it: one question, opcode 0, maybe EDNS. */
export const query: Arbitrary<Message> = fc
  .record({
    id: u16,
    flags: flags.map((word) => word & 0x7fff),
    questions: fc.tuple(question),
    edns: fc.option(edns, { nil: undefined }),
  })
  .map((parts) => ({ ...parts, opcode: 0, rcode: 0, answer: [], authority: [], additional: [] }));
