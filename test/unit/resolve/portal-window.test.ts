import { describe, expect, it } from "vitest";
import { LONGEST_WINDOW_MS, PortalWindow } from "../../../src/resolve/portal-window.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";

function rig() {
  const clock = new ManualClock();
  const log = new SilentLog();
  const outlook = { isCutOff: true, heardAt: Number.NEGATIVE_INFINITY, network: 0 };
  const window = new PortalWindow({ clock, log, outlook: () => ({ ...outlook }) });
  return { clock, log, outlook, window, messages: () => log.lines.map(({ message }) => message) };
}

describe("the window for probe names", () => {
  it("is closed while an upstream may be reached, and nothing is said", () => {
    const { window, outlook, clock, messages } = rig();
    outlook.isCutOff = false;

    expect([window.isOpen(), window.holds(), clock.pending, messages()]).toEqual([false, false, 0, []]);
  });

  it("opens when every upstream was tried in vain, and says so once", () => {
    const { window, clock, messages } = rig();

    expect([window.isOpen(), window.isOpen(), window.holds()]).toEqual([true, true, true]);
    clock.advance(5_000);
    expect(messages()).toEqual([
      "no upstream can be reached: probe names may go to the network's own resolver",
    ]);
  });

  it("closes at once when an upstream answers, for what was asked meanwhile too", () => {
    const { window, outlook, clock, messages } = rig();
    window.isOpen();
    clock.advance(500);
    Object.assign(outlook, { isCutOff: false, heardAt: clock.now() });

    expect([window.holds(), window.isOpen()]).toEqual([false, false]);
    expect(messages()[1]).toBe("probe names no longer go to the network's own resolver: an upstream answers");
  });

  it("is closed within a second of an upstream's answer, though nobody asks", () => {
    const { window, outlook, clock, messages } = rig();
    window.isOpen();
    Object.assign(outlook, { isCutOff: false, heardAt: clock.now() + 1 });
    clock.advance(1_000);

    expect(messages()).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it("closes with the network that it was opened on, and opens anew only where that is cut off too", () => {
    const { window, outlook } = rig();
    window.isOpen();
    Object.assign(outlook, { isCutOff: false, network: 1 });

    expect(window.isOpen()).toBe(false);
    outlook.isCutOff = true;
    expect(window.isOpen()).toBe(true);
  });

  it("lets nothing out while it is not known that upstreams are still out of reach", () => {
    const { window, outlook } = rig();
    window.isOpen();
    outlook.isCutOff = false;

    expect([window.isOpen(), window.holds()]).toEqual([false, true]);
  });

  it("is open for ten minutes at most, however often it is asked", () => {
    const { window, clock, messages } = rig();
    window.isOpen();
    clock.advance(LONGEST_WINDOW_MS - 1);
    const before = window.isOpen();
    clock.advance(1);

    expect([before, window.isOpen(), window.holds(), clock.pending]).toEqual([true, false, false, 0]);
    clock.advance(10 * LONGEST_WINDOW_MS);
    expect(window.isOpen()).toBe(false);
    expect(messages()).toHaveLength(2);
  });

  it("does not get another ten minutes because nobody has asked for a while", () => {
    const { window, outlook, clock } = rig();
    window.isOpen();
    outlook.isCutOff = false;
    clock.advance(LONGEST_WINDOW_MS);
    outlook.isCutOff = true;

    expect(window.isOpen()).toBe(false);
  });

  it.each(["network", "heardAt"] as const)("gets them when there is another %s", (what) => {
    const { window, outlook, clock } = rig();
    window.isOpen();
    clock.advance(LONGEST_WINDOW_MS);
    outlook[what] = clock.now();

    expect(window.isOpen()).toBe(true);
  });

  it("is closed for good once stopped, with its timer", () => {
    const { window, clock } = rig();
    window.isOpen();
    window.stop();

    expect([window.isOpen(), window.holds(), clock.pending]).toEqual([false, false, 0]);
  });
});
