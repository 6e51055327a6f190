import { describe, expect, it } from "vitest";
import type { Response } from "../../../src/ports/exchange.ts";
import { TlsaRecords } from "../../../src/upstream/tlsa-records.ts";
import { isTextFault, nameToText, recordFromText } from "../../../src/wire/presentation.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const RECORD = `_853._tcp.dot.example.net. 300 IN TLSA 3 1 1 ${"00".repeat(32)}`;

function response(lines: readonly string[], more: Partial<Response> = {}): Response {
  const answer = lines.map((line) => {
    const record = recordFromText(line);
    if (isTextFault(record)) throw new Error(record.fault);
    return record;
  });
  return { rcode: 0, answer, authority: [], verdict: "secure", errors: [], upstream: "x", ...more };
}

class Scene {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  answer: Response | Error = response([RECORD]);
  refusal: string | undefined;
  readonly records = new TlsaRecords({
    clock: this.clock,
    refusal: () => this.refusal,
    ask: ({ qname }) => {
      this.asked.push(nameToText(qname));
      return this.answer instanceof Error ? Promise.reject(this.answer) : Promise.resolve(this.answer);
    },
  });

  look(): Promise<unknown> {
    return this.records.of("dot.example.net", 853);
  }
}

describe("the TLSA records of a server", () => {
  it("are looked up at the name of port, transport and server (RFC 6698 §3)", async () => {
    const scene = new Scene();

    await scene.look();

    expect(scene.asked).toEqual(["_853._tcp.dot.example.net."]);
  });

  it("are kept for their TTL, and no longer", async () => {
    const scene = new Scene();
    await scene.look();
    scene.clock.advance(299_999);
    await scene.look();
    const before = scene.asked.length;
    scene.clock.advance(1);
    await scene.look();

    expect([before, scene.asked.length]).toEqual([1, 2]);
  });

  it("are not kept longer than their signatures hold", async () => {
    const scene = new Scene();
    scene.answer = response([RECORD], { maxLifetime: 10 });
    await scene.look();
    scene.clock.advance(10_000);
    await scene.look();

    expect(scene.asked).toHaveLength(2);
  });

  it("are looked up once for all who dial meanwhile", async () => {
    const scene = new Scene();

    const found = await Promise.all([scene.look(), scene.look(), scene.look()]);

    expect(scene.asked).toHaveLength(1);
    expect(found[2]).toHaveLength(1);
  });

  it("may stand behind an alias (RFC 7671 §7), whose TTL counts too", async () => {
    const scene = new Scene();
    scene.answer = response([
      "_853._tcp.dot.example.net. 5 IN CNAME tlsa.example.org.",
      RECORD.replace("_853._tcp.dot.example.net.", "tlsa.example.org."),
    ]);

    const found = await scene.look();
    scene.clock.advance(5_000);
    await scene.look();

    expect(found).toHaveLength(1);
    expect(scene.asked).toHaveLength(2);
  });

  it("of another owner are not theirs", async () => {
    const scene = new Scene();
    scene.answer = response([RECORD.replace("dot.", "other.")]);

    expect(await scene.look()).toBe("TLSA _853._tcp.dot.example.net does not exist");
  });

  it.each([
    ["insecure", "is not signed, which proves nothing"],
    ["indeterminate", "is not signed, which proves nothing"],
    ["bogus", "is bogus"],
  ] as const)("that are %s are none (RFC 6698 §4.1)", async (verdict, told) => {
    const scene = new Scene();
    scene.answer = response([RECORD], { verdict });

    expect(await scene.look()).toBe(`TLSA _853._tcp.dot.example.net ${told}`);
  });

  it.each([
    ["are absent", { answer: [] }],
    ["are bogus", { verdict: "bogus" }],
    ["nobody can give", { rcode: 2, verdict: "indeterminate", answer: [] }],
  ] as const)(
    "that %s are not asked for at each dial, and found soon (RFC 9520 §3.2)",
    async (_what, more) => {
      const scene = new Scene();
      scene.answer = response([RECORD], more);
      const first = await scene.look();
      scene.answer = response([RECORD]);
      scene.clock.advance(4_999);
      const second = await scene.look();
      scene.clock.advance(1);

      expect([typeof first, second]).toEqual(["string", first]);
      expect(await scene.look()).toHaveLength(1);
      expect(scene.asked).toHaveLength(2);
    },
  );

  it("that cannot be had are asked for again, and nothing is kept of it", async () => {
    const scene = new Scene();
    scene.answer = new Error("no response in time");
    const first = await scene.look();
    scene.answer = response([RECORD]);

    expect(first).toBe("TLSA _853._tcp.dot.example.net could not be had: no response in time");
    expect(await scene.look()).toHaveLength(1);
  });

  it("are asked of nobody where nobody may be asked", async () => {
    const scene = new Scene();
    scene.refusal = "nobody may be asked";

    expect(await scene.look()).toBe("nobody may be asked");
    expect(scene.asked).toEqual([]);
  });
});
