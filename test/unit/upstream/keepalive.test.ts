import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/ports/message.ts";
import { keepaliveOf } from "../../../src/upstream/keepalive.ts";

function message(...options: readonly { code: number; data: Uint8Array }[]): Message {
  return {
    id: 1,
    flags: 0x8000,
    opcode: 0,
    rcode: 0,
    questions: [],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpSize: 1_232, version: 0, dnssecOk: false, options },
  };
}

function keepalive(...octets: readonly number[]): Message {
  return message({ code: 11, data: Uint8Array.from(octets) });
}

describe("edns-tcp-keepalive of a response (RFC 7828 §3.1)", () => {
  it("counts tenths of a second", () => {
    expect(keepaliveOf(keepalive(0, 1))).toBe(100);
    expect(keepaliveOf(keepalive(1, 0))).toBe(25_600);
  });

  it("of 0 asks to close", () => {
    expect(keepaliveOf(keepalive(0, 0))).toBe(0);
  });

  it("is believed for two minutes at most", () => {
    expect(keepaliveOf(keepalive(0xff, 0xff))).toBe(120_000);
  });

  it.each([[[]], [[5]], [[0, 0, 1]]])("of another length says nothing: %j", (octets) => {
    expect(keepaliveOf(keepalive(...octets))).toBeUndefined();
  });

  it("is missing where there is no such option, or no OPT", () => {
    expect(keepaliveOf(message({ code: 12, data: new Uint8Array(2) }))).toBeUndefined();
    expect(keepaliveOf({ ...message(), edns: undefined })).toBeUndefined();
  });
});
