import { describe, expect, it } from "vitest";
import { failureOf } from "../../../src/upstream/dial-fault.ts";

function failed(code: string, message = `connect ${code} ::1:853`): Error {
  return Object.assign(new Error(message), { code });
}

describe("a dial that fails", () => {
  it.each(["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"])(
    "with %s has no way there: nobody there is to blame, and the address family may be missing",
    (code) => {
      expect(failureOf(failed(code))).toEqual({ fault: "unreachable", detail: code });
    },
  );

  it.each([
    ["ECONNREFUSED", "refused"],
    ["ECONNRESET", "closed"],
    ["ETIMEDOUT", "timed-out"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
  ])("with %s is %s", (code, fault) => {
    expect(failureOf(failed(code)).fault).toBe(fault);
  });
});
