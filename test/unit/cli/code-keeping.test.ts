/** When compiled code is kept: once, after queries were answered, at the latest at the end. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepCodeLater } from "../../../src/cli/code-keeping.ts";

describe("keeping compiled code", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is done once, some seconds after the start, where queries were answered", async () => {
    const keep = vi.fn(() => Promise.resolve());
    const { finish } = keepCodeLater(keep, () => true);
    vi.advanceTimersByTime(9_999);
    expect(keep).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await finish();

    expect(keep).toHaveBeenCalledTimes(1);
  });

  it("waits for the end where there was no query before", async () => {
    const answered = { yet: false };
    const keep = vi.fn(() => Promise.resolve());
    const { finish } = keepCodeLater(keep, () => answered.yet);
    vi.advanceTimersByTime(60_000);
    expect(keep).not.toHaveBeenCalled();
    answered.yet = true;
    await finish();

    expect(keep).toHaveBeenCalledTimes(1);
  });

  it("is not done by a run that answered nothing", async () => {
    const keep = vi.fn(() => Promise.resolve());
    await keepCodeLater(keep, () => false).finish();
    vi.advanceTimersByTime(60_000);

    expect(keep).not.toHaveBeenCalled();
  });
});
