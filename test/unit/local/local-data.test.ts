import { describe, expect, it } from "vitest";
import { readHosts } from "../../../src/local/hosts.ts";
import { InfoCode, Type } from "../../../src/wire/codes.ts";
import { recordToText } from "../../../src/wire/presentation.ts";
import { blockedBy, localData, name, outcome, question, records } from "./support.ts";

describe("configured records", () => {
  const local = localData({
    records: records(
      "nas.lan. 60 IN A 192.168.1.10",
      "nas.lan. 60 IN AAAA fd00::10",
      "nas.lan. 60 IN A 192.168.1.11",
      "*.dev.example.com. 300 IN A 192.0.2.9",
      "*.dev.example.com. 300 IN TXT hello",
      "here.dev.example.com. 300 IN A 192.0.2.10",
      "a.deep.dev.example.com. 300 IN A 192.0.2.11",
      "www.example.net. 60 IN CNAME nas.lan.",
      "out.example.net. 60 IN CNAME www.example.org.",
      "to-out.example.net. 60 IN CNAME out.example.net.",
      "to-onion.example.net. 60 IN CNAME a.onion.",
      "loop.example.net. 60 IN CNAME loop.example.net.",
      "there.example.net. 60 IN CNAME back.example.net.",
      "back.example.net. 60 IN CNAME there.example.net.",
    ),
  });

  it("are answered with all of their type", () => {
    expect(outcome(local.answer(question("nas.lan")))).toBe(
      "nas.lan. 60 IN A 192.168.1.10 | nas.lan. 60 IN A 192.168.1.11",
    );
  });

  it("have one TTL an RRset, the lowest (RFC 2181 §5.2)", () => {
    const data = localData({
      records: records("nas.home.arpa. 300 A 192.0.2.1", "nas.home.arpa. 60 A 192.0.2.2"),
    });

    expect(data.answer(question("nas.home.arpa"))?.answer.map(({ ttl }) => ttl)).toEqual([60, 60]);
  });

  it("make their name ours alone: other types are NODATA", () => {
    expect(outcome(local.answer(question("nas.lan HTTPS")))).toBe("NODATA");
    expect(outcome(local.answer(question("here.dev.example.com MX")))).toBe("NODATA");
  });

  it("leave names beside and above them alone", () => {
    expect(outcome(local.answer(question("example.com")))).toBe("forwarded");
    expect(outcome(local.answer(question("dev.example.com")))).toBe("forwarded");
    expect(outcome(local.answer(question("www.example.com")))).toBe("forwarded");
  });

  it("give PTRs for their addresses", () => {
    expect(outcome(local.answer(question("10.1.168.192.in-addr.arpa PTR")))).toBe(
      "10.1.168.192.in-addr.arpa. 60 IN PTR nas.lan.",
    );
    const reverse = `0.1.${"0.".repeat(26)}0.0.d.f.ip6.arpa`;
    expect(outcome(local.answer(question(`${reverse} PTR`)))).toBe(`${reverse}. 60 IN PTR nas.lan.`);
  });

  it("match a wildcard where nothing nearer is there (RFC 4592 §3.3.1)", () => {
    expect(outcome(local.answer(question("x.dev.example.com")))).toBe(
      "x.dev.example.com. 300 IN A 192.0.2.9",
    );
    expect(outcome(local.answer(question("x.y.dev.example.com")))).toBe(
      "x.y.dev.example.com. 300 IN A 192.0.2.9",
    );
    expect(outcome(local.answer(question("x.dev.example.com MX")))).toBe("NODATA");
  });

  it("match no wildcard at or below a name that is there (RFC 4592 §2.2.1)", () => {
    expect(outcome(local.answer(question("here.dev.example.com")))).toBe(
      "here.dev.example.com. 300 IN A 192.0.2.10",
    );
    expect(outcome(local.answer(question("x.here.dev.example.com")))).toBe("forwarded");
    expect(outcome(local.answer(question("deep.dev.example.com")))).toBe("forwarded");
    expect(outcome(local.answer(question("x.deep.dev.example.com")))).toBe("forwarded");
  });

  it("match a wildcard of the root at every name below it that is not there, and at no other", () => {
    const all = localData({
      records: records("*. 60 IN A 192.0.2.9", "nas.lan. 60 IN A 192.168.1.10", ". 60 IN TXT all"),
    });

    expect(outcome(all.answer(question("www.example.com")))).toBe("www.example.com. 60 IN A 192.0.2.9");
    expect(outcome(all.answer(question("com")))).toBe("com. 60 IN A 192.0.2.9");
    expect(outcome(all.answer(question("nas.lan")))).toBe("nas.lan. 60 IN A 192.168.1.10");
    expect(outcome(all.answer(question("lan")))).not.toContain("192.0.2.9");
    expect(outcome(all.answer(question(". TXT")))).toBe('. 60 IN TXT "all"');
    expect(outcome(all.answer(question(". A")))).toBe("NODATA");
    expect(outcome(localData().answer(question(". NS")))).toBe("forwarded");
  });

  it("have a wildcard as a name of its own", () => {
    expect(outcome(local.answer(question("*.dev.example.com TXT")))).toBe(
      '*.dev.example.com. 300 IN TXT "hello"',
    );
  });

  it("follow a CNAME to configured data", () => {
    expect(outcome(local.answer(question("www.example.net")))).toBe(
      "www.example.net. 60 IN CNAME nas.lan. | nas.lan. 60 IN A 192.168.1.10 | nas.lan. 60 IN A 192.168.1.11",
    );
    expect(local.answer(question("www.example.net MX"))?.authority).toHaveLength(1);
  });

  it("give a CNAME itself to who asks for it", () => {
    expect(outcome(local.answer(question("out.example.net CNAME")))).toBe(
      "out.example.net. 60 IN CNAME www.example.org.",
    );
  });

  it("give a CNAME itself, and nothing else, to ANY (RFC 1034 §3.6.2)", () => {
    for (const [owner, target] of [
      ["out.example.net", "www.example.org"],
      ["www.example.net", "nas.lan"],
    ]) {
      const any = question(`${owner} ANY`);

      expect(outcome(local.answer(any))).toBe(`${owner}. 60 IN CNAME ${target}.`);
      expect(local.alias(any)).toBeUndefined();
    }
  });

  it("leave a chain that leads out to the miss path, with its beginning", () => {
    const alias = local.alias(question("to-out.example.net"));

    expect(local.answer(question("to-out.example.net"))).toBeUndefined();
    expect(alias?.target).toBe(name("www.example.org"));
    expect(alias?.chain.map(recordToText)).toEqual([
      "to-out.example.net. 60 IN CNAME out.example.net.",
      "out.example.net. 60 IN CNAME www.example.org.",
    ]);
  });

  it("that lead out are not taken for special where they stand", () => {
    const leading = localData({ records: records("www.lan. 60 IN CNAME www.example.org.") });

    expect(leading.answer(question("www.lan"))).toBeUndefined();
    expect(leading.alias(question("www.lan"))?.target).toBe(name("www.example.org"));
  });

  it.each([
    ["nxdomain", "NXDOMAIN"],
    ["refused", "REFUSED"],
    ["null_ip", "www.lan. 60 IN A 0.0.0.0"],
  ] as const)("never lead to a blocked name upstream: %s", async (blockAnswer, expected) => {
    const rules = {
      blocked: await blockedBy("www.example.org"),
      blockAnswer,
      records: records("www.lan. 60 IN CNAME on.lan.", "on.lan. 60 IN CNAME www.example.org."),
    };
    const answer = localData(rules).answer(question("www.lan"));

    expect(outcome(answer)).toBe(expected);
    expect(answer?.errors[0]?.infoCode).toBe(InfoCode.BLOCKED);
  });

  it("never lead to a special name upstream", () => {
    expect(outcome(local.answer(question("to-onion.example.net")))).toBe("NXDOMAIN");
  });

  it("end a loop of CNAMEs", () => {
    expect(outcome(local.answer(question("loop.example.net")))).toBe(
      "loop.example.net. 60 IN CNAME loop.example.net.",
    );
    expect(outcome(local.answer(question("there.example.net")))).toBe(
      "there.example.net. 60 IN CNAME back.example.net. | back.example.net. 60 IN CNAME there.example.net.",
    );
  });

  it("give every type to ANY", () => {
    expect(local.answer(question("nas.lan ANY"))?.answer).toHaveLength(3);
  });

  it("let an empty name above them exist in a zone that we deny otherwise (RFC 4592 §2.2.2)", () => {
    const deep = localData({ records: records("a.b.home.arpa. 60 IN A 192.168.1.2") });

    expect(outcome(deep.answer(question("b.home.arpa")))).toBe("NODATA");
    expect(outcome(deep.answer(question("c.home.arpa")))).toBe("NXDOMAIN");
  });

  it("let a top-level domain above them exist that we deny otherwise, since nothing is below what does not", () => {
    expect(outcome(local.answer(question("lan")))).toBe("NODATA");
    expect(outcome(localData().answer(question("lan")))).toBe("NXDOMAIN");
  });

  it("leave the zone above them its SOA and NS, and its DS to the parent (RFC 6303 §3, RFC 8375 §4)", () => {
    const below = localData({ records: records("printer.home.arpa. 60 IN A 10.1.2.3") });

    for (const zone of ["home.arpa", "10.in-addr.arpa"]) {
      for (const type of ["SOA", "NS", "A", "DS"]) {
        const asked = question(`${zone} ${type}`);
        expect(outcome(below.answer(asked)), `${zone} ${type}`).toBe(outcome(localData().answer(asked)));
      }
      expect(outcome(below.answer(question(`${zone} DS`)))).toBe("forwarded");
    }
  });
});

describe("the hosts file", () => {
  const { records: hosts, faults } = readHosts(
    [
      "# comment",
      "127.0.0.1\tlocalhost",
      "::1 localhost ip6-localhost # and more",
      "192.0.2.7  Printer.example.com printer",
      "192.0.2.7  other.example.com",
      "2001:db8::7 printer.example.com",
      "fe80::1%lo0 scoped",
      "not-an-address x",
      "192.0.2.9",
      "",
    ].join("\n"),
  );
  const local = localData({ hosts });

  it("answers addresses by name, whatever the letter case", () => {
    expect(outcome(local.answer(question("printer.example.com")))).toBe(
      "printer.example.com. 60 IN A 192.0.2.7",
    );
    expect(outcome(local.answer(question("printer.example.com AAAA")))).toBe(
      "printer.example.com. 60 IN AAAA 2001:db8::7",
    );
    expect(outcome(local.answer(question("printer")))).toBe("printer. 60 IN A 192.0.2.7");
  });

  it("answers NODATA for the family it does not give", () => {
    expect(outcome(local.answer(question("other.example.com AAAA")))).toBe("NODATA");
  });

  it("points an address to the first name given for it", () => {
    // 192.0.2.0/24 is a private reverse zone too (RFC 6303 §4.2): the file goes before it.
    expect(outcome(local.answer(question("7.2.0.192.in-addr.arpa PTR")))).toBe(
      "7.2.0.192.in-addr.arpa. 60 IN PTR printer.example.com.",
    );
  });

  it("counts lines that are no entry", () => {
    expect(faults).toBe(3);
  });

  it.each(["\n", "\r\n", "\r"])("has no names in comments, where lines end with %j", (lineEnd) => {
    const lines = [
      "192.168.1.10 nas.home.arpa # router www.example.com",
      "# backup",
      "192.168.1.11 tv.home.arpa",
      "",
    ];
    const { records: read, faults: left } = readHosts(lines.join(lineEnd));

    expect(read.filter(({ type }) => type === Type.A).map(recordToText)).toEqual([
      "nas.home.arpa. 60 IN A 192.168.1.10",
      "tv.home.arpa. 60 IN A 192.168.1.11",
    ]);
    expect(left).toBe(0);
  });

  it("yields to configured records", () => {
    const both = localData({ hosts, records: records("printer.example.com. 5 IN A 192.0.2.99") });

    expect(outcome(both.answer(question("printer.example.com")))).toBe(
      "printer.example.com. 5 IN A 192.0.2.99",
    );
    expect(outcome(both.answer(question("printer.example.com AAAA")))).toBe("NODATA");
  });
});

describe("names on a block list", () => {
  it("are NXDOMAIN with EDE 15 Blocked (RFC 8914 §4.16)", async () => {
    const answer = localData({ blocked: await blockedBy("ads.example.com") }).answer(
      question("ads.example.com"),
    );

    expect(outcome(answer)).toBe("NXDOMAIN");
    expect(answer?.errors.map((error) => error.infoCode)).toEqual([InfoCode.BLOCKED]);
    expect(answer?.reason).toBe("blocked");
    expect(answer?.authority[0]?.type).toBe(Type.SOA);
  });

  it("are REFUSED with `refused`", async () => {
    const blocked = await blockedBy("ads.example.com");
    const answer = localData({ blocked, blockAnswer: "refused" }).answer(question("ads.example.com"));

    expect(outcome(answer)).toBe("REFUSED");
    expect(answer?.errors.map((error) => error.infoCode)).toEqual([InfoCode.BLOCKED]);
  });

  it("have the unspecified address with `null_ip`, marked as forged too (RFC 8914 §4.5)", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.com"), blockAnswer: "null_ip" });
    const errors = local.answer(question("ads.example.com"))?.errors.map((error) => error.infoCode);

    expect(outcome(local.answer(question("x.ads.example.com")))).toBe("x.ads.example.com. 60 IN A 0.0.0.0");
    expect(outcome(local.answer(question("ads.example.com AAAA")))).toBe("ads.example.com. 60 IN AAAA ::");
    expect(outcome(local.answer(question("ads.example.com HTTPS")))).toBe("NODATA");
    expect(errors).toEqual([InfoCode.BLOCKED, InfoCode.FORGED_ANSWER]);
  });

  it("are known to be answered here without being counted", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.com") });

    expect(local.isAnswered(question("ads.example.com"))).toBe(true);
    expect(local.isAnswered(question("www.example.com"))).toBe(false);
    expect(local.withheld.size).toBe(0);
  });

  it("are unblocked by a configured record", async () => {
    const local = localData({
      blocked: await blockedBy("ads.example.com"),
      records: records("ads.example.com. 60 IN A 192.0.2.1"),
    });

    expect(outcome(local.answer(question("ads.example.com")))).toBe("ads.example.com. 60 IN A 192.0.2.1");
    expect(local.isBlocked(name("ads.example.com"))).toBe(false);
    expect(local.isBlocked(name("x.ads.example.com"))).toBe(true);
  });

  it("hold at once when the rules are replaced, as the generation shows", async () => {
    const local = localData();
    const before = local.generation;
    local.replace({ blocked: await blockedBy("ads.example.com") });

    expect(local.generation).not.toBe(before);
    expect(outcome(local.answer(question("ads.example.com")))).toBe("NXDOMAIN");
  });
});
