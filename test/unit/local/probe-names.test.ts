import { describe, expect, it } from "vitest";
import { isProbe, PROBES } from "../../../src/local/probe-names.ts";
import { Type } from "../../../src/wire/codes.ts";
import { question } from "../../support/records.ts";

describe("a probe", () => {
  it.each([
    "captive.apple.com",
    "connectivitycheck.gstatic.com",
    "www.msftconnecttest.com",
    "dns.msftncsi.com",
    "detectportal.firefox.com",
    "nmcheck.gnome.org",
    "connectivity-check.ubuntu.com",
  ])("is the question for an address of %s", (name) => {
    expect([Type.A, Type.AAAA].map((type) => isProbe(question(name, type)))).toEqual([true, true]);
  });

  it.each([
    ["what lies below", "x.captive.apple.com"],
    ["what lies above", "apple.com"],
    ["a name that only ends alike", "notcaptive.apple.com"],
    ["a site that is probed and visited", "www.google.com"],
    ["another site of that kind", "fedoraproject.org"],
    ["the root", ""],
  ])("is not %s", (_, name) => {
    expect(isProbe(question(name))).toBe(false);
  });

  it.each([Type.HTTPS, Type.TXT, Type.CNAME, Type.DS, Type.ANY])("is not of type %i", (type) => {
    expect(isProbe(question("captive.apple.com", type))).toBe(false);
  });

  it("is not of another class", () => {
    expect(isProbe({ ...question("captive.apple.com"), qclass: 3 })).toBe(false);
  });

  it("is one of few: the table has no name that cannot be read", () => {
    expect(PROBES).toBe(2 * 16);
  });
});
