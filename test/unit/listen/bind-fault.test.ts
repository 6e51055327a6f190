import { describe, expect, it } from "vitest";
import { bindFault, describeBindFault, isBindFault } from "../../../src/listen/bind-fault.ts";

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe("a port that cannot be bound", () => {
  it.each([
    ["EINVAL", "other", /cannot be listened on: EINVAL/],
    ["EADDRINUSE", "in-use", /ss -lnp 'sport = :53'/],
    ["EACCES", "forbidden", /CAP_NET_BIND_SERVICE/],
    ["EADDRNOTAVAIL", "not-local", /no interface/],
    ["EAFNOSUPPORT", "no-family", /no IPv4/],
    ["EMFILE", "other", /EMFILE/],
  ])("with %s is %s, with a remedy", (code, cause, remedy) => {
    const fault = bindFault("udp", { host: "192.0.2.1", port: 53 }, failure(code));

    expect(fault.cause).toBe(cause);
    expect(describeBindFault(fault)).toMatch(remedy);
    expect(describeBindFault(fault)).toContain("UDP 192.0.2.1:53");
  });

  it("with EINVAL and a scope is of an interface that is not there", () => {
    const fault = bindFault("udp", { host: "fe80::1%nope", port: 53 }, failure("EINVAL"));

    expect(describeBindFault(fault)).toBe(
      "UDP [fe80::1%nope]:53: this host has no interface nope: correct listen.addresses",
    );
  });

  it("is told from a listener", () => {
    const fault = bindFault("tcp", { host: "::1", port: 53 }, new Error("no code"));

    expect([isBindFault(fault), isBindFault({}), fault.code]).toEqual([true, false, "UNKNOWN"]);
    expect(describeBindFault(fault)).toContain("TCP [::1]:53");
  });
});
