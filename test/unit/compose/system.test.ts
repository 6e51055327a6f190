import { uptime } from "node:os";
import { describe, expect, it } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { SystemClock } from "../../../src/compose/system.ts";
import { a, question, response } from "../../support/records.ts";

describe("a machine that was suspended, whose monotonic clock stood still meanwhile", () => {
  it("has entries that are older by the time it slept, whatever the wall clock says (RFC 1035 §3.2.1)", () => {
    let slept = 0;
    const clock = new SystemClock(() => uptime() + slept);
    const terms = { now: clock.now(), lifetime: 600, maxTtl: 86_400, minTtl: 0, generation: 0 };
    const entry = new Entry(
      question("www.example.com"),
      response({ answer: [a("www.example.com", 600)] }),
      terms,
    );

    slept = 3_600;
    const noticed = clock.noticeSuspend();

    expect(noticed).toBeGreaterThan(3_599_000);
    expect(clock.now()).toBeGreaterThan(entry.expiresAt);
  });

  it("is told of each suspend once", () => {
    let slept = 0;
    const clock = new SystemClock(() => uptime() + slept);
    slept = 60;

    const noticed = [clock.noticeSuspend(), clock.noticeSuspend()];

    expect(noticed[0]).toBeGreaterThan(59_000);
    expect(noticed[1]).toBe(0);
  });

  it("is not taken for suspended because two clocks are read with a second's grain", () => {
    let grain = 0;
    const clock = new SystemClock(() => uptime() + grain);
    grain = 1;

    expect(clock.noticeSuspend()).toBe(0);
  });
});
