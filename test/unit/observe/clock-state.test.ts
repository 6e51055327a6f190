import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ClockState } from "../../../src/observe/clock-state.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";

const BUILT_AT = Date.parse("2026-11-01T00:00:00Z");
const DAY_MS = 86_400_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-clock-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function stateAt(wall: string, proven: { passed?: number } = {}) {
  const clock = new ManualClock(wall);
  const log = new SilentLog();
  const file = join(folder, "state", "last-good-time");
  const state = new ClockState({
    clock,
    log,
    file,
    notBefore: BUILT_AT,
    passed: () => proven.passed,
  });
  return { clock, log, file, state };
}

describe("the clock", () => {
  it("is wrong before the program was built", async () => {
    const { state, log } = stateAt("1970-01-01T00:02:00Z");

    await state.start();

    expect(state.trust()).toBe("wrong");
    expect(log.lines[0]?.message).toMatch(/^the clock is wrong/);
    await state.stop();
  });

  it("is wrong before a time that was proven in an earlier run", async () => {
    const earlier = stateAt("2027-03-01T00:00:00Z", { passed: Date.parse("2027-03-01T00:00:00Z") });
    await earlier.state.start();
    await earlier.state.stop();

    const { state } = stateAt("2027-01-01T00:00:00Z");
    await state.start();

    expect(state.trust()).toBe("wrong");
    await state.stop();
  });

  it("is believed again as soon as it is set", async () => {
    const { state, clock } = stateAt("1970-01-01T00:02:00Z");
    await state.start();

    clock.jumpWall(BUILT_AT);

    expect(state.trust()).toBe("plausible");
    await state.stop();
  });

  it("is wrong as soon as it is set back to before a signature that held was made", async () => {
    const proven: { passed?: number } = {};
    const { state, clock } = stateAt("2027-03-10T00:00:00Z", proven);
    await state.start();
    proven.passed = Date.parse("2027-03-09T00:00:00Z");
    const before = state.trust();

    clock.jumpWall(-3 * DAY_MS);

    expect([before, state.trust()]).toEqual(["plausible", "wrong"]);
    await state.stop();
  });

  it("may lag a day behind", async () => {
    const { state, clock } = stateAt("2026-11-01T00:00:00Z");

    clock.jumpWall(-DAY_MS);

    expect(state.trust()).toBe("plausible");
  });
});

describe("the last good time [D75]", () => {
  it("is kept for this user alone, whatever lies where it is written: never through a link", async () => {
    const { file, state } = stateAt("2027-03-01T00:00:00Z", { passed: Date.parse("2027-03-01T00:00:00Z") });
    const elsewhere = join(folder, "elsewhere");
    writeFileSync(elsewhere, "", { mode: 0o644 });
    mkdirSync(join(folder, "state"));
    symlinkSync(elsewhere, `${file}.new`);

    await state.save();

    const kept = lstatSync(file);
    expect(readFileSync(elsewhere, "utf8")).toBe("");
    expect([kept.isFile(), kept.mode & 0o777]).toEqual([true, 0o600]);
  });

  it("is kept every hour: when the latest signature that held was made", async () => {
    const proven: { passed?: number } = {};
    const { state, clock, file } = stateAt("2026-12-01T12:00:00Z", proven);
    await state.start();

    proven.passed = Date.parse("2026-12-01T00:00:00Z");
    clock.advance(3_600_000);
    await state.stop();

    expect(readFileSync(file, "utf8")).toBe("2026-12-01T00:00:00.000Z\n");
  });

  it("is never set back", async () => {
    const proven = { passed: Date.parse("2026-12-02T00:00:00Z") };
    const { state, file } = stateAt("2026-12-03T00:00:00Z", proven);
    await state.save();

    proven.passed = Date.parse("2026-12-01T00:00:00Z");
    await state.save();

    expect(readFileSync(file, "utf8")).toBe("2026-12-02T00:00:00.000Z\n");
  });

  it("is not kept on the word of the clock alone", async () => {
    const { state, clock, file } = stateAt("2040-01-01T00:00:00Z");
    await state.start();

    clock.advance(3_600_000);
    await state.stop();

    expect(() => readFileSync(file)).toThrow("ENOENT");
  });

  it.each(["", "not a time", "\u0000".repeat(10_000)])("is none where the file is damaged", async (text) => {
    const { state, file } = stateAt("2026-12-01T00:00:00Z", { passed: Date.parse("2026-12-01T00:00:00Z") });
    await state.save();
    writeFileSync(file, text);

    const next = stateAt("2026-12-02T00:00:00Z");
    await next.state.start();

    expect(next.state.trust()).toBe("plausible");
    await next.state.stop();
  });

  it("costs one log line where the file cannot be written", async () => {
    const log = new SilentLog();
    const state = new ClockState({
      clock: new ManualClock(),
      log,
      file: "/dev/null/last-good-time",
      notBefore: BUILT_AT,
      passed: () => Date.parse("2027-03-01T00:00:00Z"),
    });

    await state.save();

    expect(log.lines.map(({ message }) => message)).toEqual(["the last good time could not be kept"]);
  });
});
