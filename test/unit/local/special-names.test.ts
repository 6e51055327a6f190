import { describe, expect, it } from "vitest";
import { specialNames } from "../../../src/local/special-names.ts";
import { Type } from "../../../src/wire/codes.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { isRdataValid } from "../../../src/wire/rdata.ts";
import { NOT_SPECIAL, SPECIAL_NAMES } from "../../support/special-names.ts";
import { localData, name, outcome, question, records } from "./support.ts";

describe("special names [D69]", () => {
  const local = localData();

  it.each(SPECIAL_NAMES)("%s is answered %s", (asked, expected, reason) => {
    const answer = local.answer(question(asked));

    expect(outcome(answer)).toBe(expected);
    expect(answer?.reason).toBe(reason);
  });

  it.each(NOT_SPECIAL)("leave %s to the upstreams", (asked) => {
    expect(outcome(local.answer(question(asked)))).toBe("forwarded");
  });

  it.each(["home.arpa", "service.arpa", "10.in-addr.arpa", "ipv4only.arpa"])(
    "leave the DS of %s to its parent, whose proof makes the delegation insecure (RFC 8375 §4, RFC 6303 §7)",
    (zone) => {
      expect(outcome(local.answer(question(`${zone} DS`)))).toBe("forwarded");
    },
  );

  it("come with an SOA wherever they are negative, so that clients can keep that (RFC 2308 §5)", () => {
    for (const [asked] of SPECIAL_NAMES) {
      const answer = local.answer(question(asked));
      if (answer === undefined || answer.answer.length > 0) continue;
      const [soa, ...others] = answer.authority;
      expect(soa?.type).toBe(Type.SOA);
      expect(others).toEqual([]);
      expect(isRdataValid(Type.SOA, soa?.rdata ?? new Uint8Array(0))).toBe(true);
    }
  });

  it("are in the table once each", () => {
    const names = specialNames().map((special) => nameToText(special.name));

    expect(new Set(names).size).toBe(names.length);
  });

  it("count why", () => {
    const counting = localData();
    for (const asked of ["a.onion", "b.onion", "nas.home.arpa", "www.example.com"])
      counting.answer(question(asked));

    expect([...counting.withheld]).toEqual([
      ["onion", 2],
      ["home-arpa", 1],
    ]);
  });

  it("are not answered in another class", () => {
    expect(local.answer({ ...question("localhost"), qclass: 3 })).toBeUndefined();
  });
});

describe("special names are overridden", () => {
  it("by a server with `domains`", () => {
    const forwarded = [name("lan"), name("168.192.in-addr.arpa"), name("ipv4only.arpa"), name("corp")];
    const local = localData({ forwarded });

    expect(outcome(local.answer(question("nas.lan")))).toBe("forwarded");
    expect(outcome(local.answer(question("1.1.168.192.in-addr.arpa PTR")))).toBe("forwarded");
    expect(outcome(local.answer(question("ipv4only.arpa AAAA")))).toBe("forwarded");
    expect(outcome(local.answer(question("corp A")))).toBe("forwarded");
    expect(outcome(local.answer(question("nas.home")))).toBe("NXDOMAIN");
  });

  it("by records, name by name", () => {
    const local = localData({ records: records("nas.home.arpa. 60 IN A 192.168.1.10") });

    expect(outcome(local.answer(question("nas.home.arpa")))).toBe("nas.home.arpa. 60 IN A 192.168.1.10");
    expect(outcome(local.answer(question("tv.home.arpa")))).toBe("NXDOMAIN");
  });

  it("by turning them off", () => {
    const local = localData({ specials: [], withholdsJunk: false });

    for (const [asked] of SPECIAL_NAMES) expect(outcome(local.answer(question(asked)))).toBe("forwarded");
  });
});
