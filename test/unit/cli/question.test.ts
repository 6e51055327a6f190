import { describe, expect, it } from "vitest";
import { CommandFailure } from "../../../src/cli/failure.ts";
import { questionFrom } from "../../../src/cli/question.ts";
import { nameToText } from "../../../src/wire/presentation.ts";

describe("a question on the command line", () => {
  it.each([
    ["example.com", undefined, "example.com.", 1],
    ["Example.COM.", "aaaa", "example.com.", 28],
    ["example.com", "TYPE65280", "example.com.", 65_280],
    [".", "DNSKEY", ".", 48],
    ["bücher.example", undefined, "xn--bcher-kva.example.", 1],
    ["192.0.2.1", undefined, "1.2.0.192.in-addr.arpa.", 12],
    [
      "2001:db8::567:89ab",
      undefined,
      "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
      12,
    ],
    ["192.0.2.1", "NS", "1.2.0.192.in-addr.arpa.", 2],
    ["example.com", "TYPE127", "example.com.", 127],
    ["example.com", "ANY", "example.com.", 255],
    ["example.com", "CAA", "example.com.", 257],
  ])("%s %s asks for %s, type %i", (name, type, qname, qtype) => {
    const question = questionFrom(name, type);

    expect(nameToText(question.qname)).toBe(qname);
    expect(question.qtype).toBe(qtype);
  });

  it.each([
    ["a..b", undefined, '"a..b" is not a domain name'],
    [`${"a".repeat(64)}.example`, undefined, "labels have 1 to 63 octets"],
    ["example.com", "AAAAA", '"AAAAA" is not a record type: did you mean AAAA?'],
    ["example.com", "qqqqqqqq", '"qqqqqqqq" is not a record type: such as A, AAAA'],
    ["example.com", "OPT", '"OPT" is a type that no name has data of'],
    ["example.com", "TYPE41", '"TYPE41" is a type that no name has data of'],
    ["example.com", "TYPE128", '"TYPE128" is a type that no name has data of'],
    ["example.com", "axfr", '"axfr" is a type that no name has data of'],
    ["example.com", "TYPE254", '"TYPE254" is a type that no name has data of'],
  ])("%s %s is bad usage", (name, type, words) => {
    expect(() => questionFrom(name, type)).toThrow(CommandFailure);
    expect(() => questionFrom(name, type)).toThrow(words);
  });
});
