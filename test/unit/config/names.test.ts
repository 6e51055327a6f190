import { describe, expect, it } from "vitest";
import { Wrong } from "../../../src/config/addresses.ts";
import { closest } from "../../../src/config/closest.ts";
import { parseDomain, parseHostName, parseName, parsePin } from "../../../src/config/names.ts";

describe("a domain name of the configuration file", () => {
  it("is read in lower case, with or without the last dot", () => {
    expect(parseName("Corp.Example.")).toBe("\x04corp\x07example\x00");
    expect(parseName("corp.example")).toBe("\x04corp\x07example\x00");
  });

  it("may hold letters beyond ASCII, which become A-labels (RFC 5891 §4)", () => {
    expect(parseName("bücher.example")).toBe(parseName("xn--bcher-kva.example"));
  });

  it.each([
    ["*.corp.example", "corp.example"],
    ["*", "."],
    ["*.", "."],
  ])("has no wildcard where names below are meant anyway: %s", (text, meant) => {
    expect(parseDomain(text)).toEqual(new Wrong(`has a wildcard: write "${meant}" for all names below it`));
  });

  it.each(["", "a..b", ".a", `${"a".repeat(64)}.example`].map((text) => [text]))("is not %j", (text) => {
    expect(parseName(text)).toBeInstanceOf(Wrong);
  });
});

describe("the name a certificate must hold", () => {
  it.each([
    ["dns.example.net", "dns.example.net"],
    ["DNS.Example.NET.", "dns.example.net"],
    ["localhost", "localhost"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("reads %s as %s", (text, name) => {
    expect(parseHostName(text)).toBe(name);
  });

  it.each(["192.0.2.1", "2001:db8::1", "*.example.net", "a b", "-a.example", "https://dns.example", "a..b"])(
    "is not %j",
    (text) => {
      expect(parseHostName(text)).toBeInstanceOf(Wrong);
    },
  );
});

describe("a pin", () => {
  const base64 = Buffer.alloc(32, 7).toString("base64");

  it("is 32 octets in base64, with or without padding", () => {
    expect(parsePin(`sha256/${base64}`)).toBe(`sha256/${base64}`);
    expect(parsePin(`sha256/${base64.replace("=", "")}`)).toBe(`sha256/${base64}`);
  });

  it.each(
    ["", "sha256/", `sha1/${base64}`, base64, `sha256/${base64}=`, "sha256/AAAA"].map((text) => [text]),
  )("is not %j", (text) => {
    expect(parsePin(text)).toBeInstanceOf(Wrong);
  });
});

describe("the nearest known word", () => {
  const known = ["addresses", "allow", "rate_limit", "workers"];

  it.each([
    ["adresses", "addresses"],
    ["address", "addresses"],
    ["rate-limit", "rate_limit"],
    ["wrokers", "workers"],
    ["Allow", "allow"],
  ])("to %s is %s", (word, nearest) => {
    expect(closest(word, known)).toBe(nearest);
  });

  it("is none when nothing is near", () => {
    expect(closest("cache", known)).toBeUndefined();
    expect(closest("x".repeat(100_000), known)).toBeUndefined();
  });
});
