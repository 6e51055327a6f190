import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderBodies, renderFull, renderPlain } from "../../../src/cache/body.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Flag, Type } from "../../../src/wire/codes.ts";
import { readMessage } from "../../../src/wire/read-message.ts";
import { a, cname, question, record, response, rrsig, soa } from "../../support/records.ts";
import { FIXED_SEED } from "../../support/wire-arbitraries.ts";

const BOUNDS = { maxTtl: 600, minTtl: 30 };
const WWW = question("www.example.com");
const NSEC = record(
  "a.example.com",
  Type.NSEC,
  900,
  Buffer.from("\x01b\x07example\x03com\0\0\x01\x40", "latin1"),
);

/** Records that stand in responses, in any order, some of which only DO asks for. */
const records = fc.array(
  fc.constantFrom<ResourceRecord>(
    a("www.example.com", 300),
    a("www.example.com", 10, "192.0.2.2"),
    cname("www.example.com", "web.example.net"),
    rrsig("www.example.com", Type.A),
    soa("example.com"),
    rrsig("example.com", Type.SOA),
    NSEC,
  ),
  { maxLength: 6 },
);

describe("the body for clients that did not set DO", () => {
  it("is what it would be by itself, wherever records that only DO asks for stand", () => {
    fc.assert(
      fc.property(
        records,
        records,
        fc.constantFrom(Type.A, Type.ANY, Type.NSEC),
        (answer, authority, qtype) => {
          const asked = { ...WWW, qtype };
          const whole = response({ answer, authority });

          const { full, plain } = renderBodies(asked, whole, BOUNDS);

          expect(full).toEqual(renderFull(asked, whole, BOUNDS));
          expect(plain).toEqual(renderPlain(asked, whole, BOUNDS));
        },
      ),
      { seed: FIXED_SEED, numRuns: 2_000 },
    );
  });

  it("is whole where only the other is too long for a message", () => {
    const answer = [a("www.example.com"), record("www.example.com", Type.RRSIG, 300, Buffer.alloc(65_500))];

    const { full, plain } = renderBodies(WWW, response({ answer }), BOUNDS);

    const [long, short] = [full, plain].map(({ octets }) => readMessage(Buffer.from(octets, "latin1")));
    expect(long).toMatchObject({ flags: Flag.QR | Flag.TC, answer: [] });
    expect(short).toMatchObject({ flags: Flag.QR, answer: [{ type: Type.A }] });
  });
});
