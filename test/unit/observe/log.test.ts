import { describe, expect, it } from "vitest";
import { createLog, type LogOptions } from "../../../src/observe/log.ts";

async function logInto(lines: string[], options: Partial<LogOptions> = {}) {
  return createLog({
    level: "info",
    format: "json",
    queries: false,
    destination: (line) => lines.push(line),
    writes: "direct",
    ...options,
  });
}

describe("the log", () => {
  it("writes one JSON object a line, with pino's level number and the message in msg", async () => {
    const lines: string[] = [];
    const log = await logInto(lines);

    log.info({ listeners: 4 }, "ready");

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      listeners: 4,
      msg: "ready",
    });
  });

  it("names neither the host nor the process", async () => {
    const lines: string[] = [];
    const log = await logInto(lines);

    log.warn({}, "a warning");

    expect(Object.keys(JSON.parse(lines[0] ?? ""))).toEqual(["level", "time", "msg"]);
  });

  it.each(["qname", "question", "owner", "target", "rdata", "client", "clientAddress", "remoteAddress"])(
    "withholds a field called %s",
    async (key) => {
      const lines: string[] = [];
      const log = await logInto(lines);

      log.error({ [key]: "secret.example.com" }, "an error");

      expect(lines.join("")).not.toContain("secret");
    },
  );

  it("has no place for names unless the operator asks for it", async () => {
    const log = await logInto([], { level: "trace" });

    expect(log.queries).toBeUndefined();
  });

  it("writes names through the query log alone", async () => {
    const lines: string[] = [];
    const log = await logInto(lines, { queries: true });

    log.queries?.query({ qname: "www.example.com.", qtype: "A" });

    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      log: "queries",
      qname: "www.example.com.",
      msg: "query",
    });
  });

  it("keeps lines below its level to itself, until the level changes", async () => {
    const lines: string[] = [];
    const log = await logInto(lines);

    log.debug({}, "first");
    log.setLevel("debug");
    log.debug({}, "second");

    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["second"]);
  });

  it("is readable by people in the pretty format", async () => {
    const lines: string[] = [];
    const log = await logInto(lines, { format: "pretty" });

    log.info({ upstream: "one", detail: "no answer", listeners: ["a", "b"], port: 853 }, "ready");

    expect(lines[0]).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d+\] INFO: ready {2}upstream=one detail="no answer" listeners=a,b port=853\n$/,
    );
  });
});
