import { describe, expect, it } from "vitest";
import { isPrivateIpv4, isPrivateIpv6 } from "../../../src/local/private-addresses.ts";
import { withoutPrivateAddresses } from "../../../src/local/rebinding.ts";
import { ipv4FromText, ipv6FromText } from "../../../src/wire/addresses.ts";
import { recordToText } from "../../../src/wire/presentation.ts";
import { PRIVATE_ADDRESSES, PUBLIC_ADDRESSES } from "../../support/rebinding.ts";
import { records } from "./support.ts";

function isPrivate(text: string): boolean {
  const ipv4 = ipv4FromText(text);
  return ipv4 === undefined
    ? isPrivateIpv6(ipv6FromText(text) ?? new Uint8Array(0), 0)
    : isPrivateIpv4(ipv4, 0);
}

function left(...lines: string[]): string[] {
  return withoutPrivateAddresses(records(...lines)).map(recordToText);
}

describe("an address", () => {
  it.each(PRIVATE_ADDRESSES)("%s leads to this machine or its network", (text) => {
    expect(isPrivate(text)).toBe(true);
  });

  it.each(PUBLIC_ADDRESSES)("%s leads elsewhere", (text) => {
    expect(isPrivate(text)).toBe(false);
  });
});

describe("an answer without private addresses", () => {
  it("is the answer itself where there are none", () => {
    const answer = records(
      "a.example. 1 IN A 192.0.2.1",
      "a.example. 1 IN MX 1 b.example.",
      "a.example. 1 IN HTTPS 1 . ipv4hint=192.0.2.1",
    );

    expect(withoutPrivateAddresses(answer)).toBe(answer);
  });

  it("keeps the other addresses", () => {
    expect(
      left("a.example. 1 IN A 192.0.2.1", "a.example. 1 IN A 10.0.0.1", "a.example. 1 IN A 192.0.2.2"),
    ).toEqual(["a.example. 1 IN A 192.0.2.1", "a.example. 1 IN A 192.0.2.2"]);
  });

  it("has no signature over what was changed, and keeps the others", () => {
    const sig = "8 2 60 20270101000000 20260101000000 1 example. AAAA";
    expect(
      left(
        "a.example. 1 IN CNAME b.example.",
        `a.example. 1 IN RRSIG CNAME ${sig}`,
        "b.example. 1 IN A 10.0.0.1",
        `b.example. 1 IN RRSIG A ${sig}`,
      ).map((line) => line.split(" ").slice(0, 5).join(" ")),
    ).toEqual(["a.example. 1 IN CNAME b.example.", "a.example. 1 IN RRSIG CNAME"]);
  });

  it.each([
    ["1 . alpn=h2 ipv4hint=10.0.0.1", "1 . alpn=h2"],
    ["1 . alpn=h2 ipv4hint=10.0.0.1,192.0.2.1", "1 . alpn=h2 ipv4hint=192.0.2.1"],
    ["1 b.example. ipv4hint=192.0.2.1 ipv6hint=fd00::1", "1 b.example. ipv4hint=192.0.2.1"],
    ["1 . ipv6hint=::1,2001:db8::1,fe80::1", "1 . ipv6hint=2001:db8::1"],
    ["1 . ipv6hint=::ffff:10.0.0.1", "1 ."],
    ["1 . port=8443 ipv6hint=64:ff9b::a00:1", "1 . port=8443"],
  ])("has HTTPS %s as %s", (before, after) => {
    const [line] = left(`a.example. 1 IN HTTPS ${before}`);

    expect(line).toBe(recordToText(records(`a.example. 1 IN HTTPS ${after}`)[0]!));
  });

  it("drops a record whose mandatory hint would be missing (RFC 9460 §8)", () => {
    expect(left("a.example. 1 IN SVCB 1 b.example. mandatory=ipv4hint ipv4hint=10.0.0.1")).toEqual([]);
    expect(
      left("a.example. 1 IN SVCB 1 b.example. mandatory=ipv4hint ipv4hint=10.0.0.1,192.0.2.1"),
    ).toHaveLength(1);
  });

  it("drops hints whose length is none of addresses", () => {
    const [record] = records("a.example. 1 IN HTTPS 1 . ipv4hint=192.0.2.1");
    const broken = { ...record!, rdata: Buffer.from("0001000004000301020304", "hex").subarray(0, 10) };

    expect(withoutPrivateAddresses([broken])[0]?.rdata).toHaveLength(3);
  });
});
