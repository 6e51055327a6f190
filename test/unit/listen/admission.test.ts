import { describe, expect, it } from "vitest";
import { Admission } from "../../../src/listen/admission.ts";
import { type ClientKey, clientKey, octetsOfAddress } from "../../../src/listen/inet.ts";
import { ManualClock } from "../../support/manual-clock.ts";

function keyOf(address: string): ClientKey {
  const octets = octetsOfAddress(address)!;
  return clientKey(octets, 0, octets.length);
}

function admission(allow: readonly string[], rateLimit = 0): { admission: Admission; clock: ManualClock } {
  const clock = new ManualClock();
  return { admission: new Admission({ allow, rateLimit }, { clock }), clock };
}

describe("the access list", () => {
  const { admission: list } = admission(["192.0.2.0/25", "2001:db8:1::/48", "2001:db8:2::53"]);

  it.each(["192.0.2.1", "192.0.2.127", "2001:db8:1::1", "2001:db8:1:ffff::", "2001:db8:2::53"])(
    "admits %s",
    (address) => {
      expect(list.admit(keyOf(address))).toBe("admitted");
    },
  );

  it.each(["192.0.2.128", "127.0.0.1", "2001:db8:2::54", "::1", "::"])("refuses %s", (address) => {
    expect(list.admit(keyOf(address))).toBe("refused");
  });

  it("holds for an IPv4-mapped client what it says of its IPv4 address (RFC 4291 §2.5.5.2)", () => {
    expect(list.admit(keyOf("::ffff:192.0.2.9"))).toBe("admitted");
    expect(list.admit(keyOf("::ffff:192.0.2.200"))).toBe("refused");
  });

  it("admits nobody when it is empty", () => {
    expect(admission([]).admission.admit(keyOf("127.0.0.1"))).toBe("refused");
  });

  it("takes effect at once when it changes", () => {
    const { admission: changing } = admission(["192.0.2.1"]);
    changing.admit(keyOf("192.0.2.1"));

    changing.reconfigure({ allow: ["192.0.2.2"], rateLimit: 0 });

    expect([changing.admit(keyOf("192.0.2.1")), changing.admit(keyOf("192.0.2.2"))]).toEqual([
      "refused",
      "admitted",
    ]);
  });

  it("is right about every client among more than it remembers", () => {
    const { admission: many } = admission(["192.0.0.0/15"]);

    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 6_000; i++) {
        const verdict = many.admit(keyOf(`192.${i % 4}.${i >> 8}.${i & 0xff}`));
        expect(verdict).toBe(i % 4 < 2 ? "admitted" : "refused");
      }
    }
  });
});

describe("the rate limit", () => {
  it("gives a client one second's worth at once", () => {
    const { admission: limited } = admission(["::/0"], 3);

    const verdicts = [1, 2, 3, 4].map(() => limited.admit(keyOf("2001:db8::1")));

    expect(verdicts).toEqual(["admitted", "admitted", "admitted", "limited"]);
  });

  it("fills up with time, to one second's worth at most", () => {
    const { admission: limited, clock } = admission(["0.0.0.0/0"], 2);
    for (let i = 0; i < 3; i++) limited.admit(keyOf("192.0.2.1"));

    clock.advance(60_000);

    const verdicts = [1, 2, 3].map(() => limited.admit(keyOf("192.0.2.1")));
    expect(verdicts).toEqual(["admitted", "admitted", "limited"]);
  });

  it("counts each client alone", () => {
    const { admission: limited } = admission(["0.0.0.0/0"], 1);
    limited.admit(keyOf("192.0.2.1"));

    expect(limited.admit(keyOf("192.0.2.2"))).toBe("admitted");
    expect(limited.admit(keyOf("192.0.2.1"))).toBe("limited");
  });

  it("holds for refused clients too: a REFUSED can be aimed at somebody else", () => {
    const { admission: limited } = admission([], 1);

    expect([limited.admit(keyOf("192.0.2.1")), limited.admit(keyOf("192.0.2.1"))]).toEqual([
      "refused",
      "limited",
    ]);
  });
});
