import { describe, expect, it } from "vitest";
import {
  CONNECTING,
  type ConnectionEvent,
  type ConnectionState,
  MAX_VIOLATIONS,
  step,
} from "../../../src/upstream/connection-state.ts";

function after(...events: readonly ConnectionEvent[]): ConnectionState {
  return events.reduce(step, CONNECTING);
}

describe("a connection that is being made", () => {
  it("opens when its peer is authenticated, and not before", () => {
    expect(after("answered", "goaway", "stalled", "idle", "ended").phase).toBe("connecting");
    expect(after("authenticated")).toMatchObject({ phase: "open", proven: false });
  });

  it.each(["failed", "stopped"] as const)("is closed when it %s", (event) => {
    expect(after(event)).toEqual({ phase: "closed", proven: false, why: event });
  });
});

describe("an open connection", () => {
  it("is proven by its first answer, and the same object after the next", () => {
    const proven = after("authenticated", "answered");

    expect(proven).toMatchObject({ phase: "open", proven: true });
    expect(step(proven, "answered")).toBe(proven);
    expect(step(proven, "authenticated")).toBe(proven);
    expect(step(proven, "drained")).toBe(proven);
  });

  it.each(["idle", "ended", "reset", "failed", "stopped"] as const)("is closed by %s", (event) => {
    expect(after("authenticated", "answered", event)).toEqual({ phase: "closed", proven: true, why: event });
  });

  it("is suspect while it stalls, until an answer comes", () => {
    const suspect = after("authenticated", "stalled");

    expect(suspect.phase).toBe("suspect");
    expect(step(suspect, "stalled")).toBe(suspect);
    expect(step(suspect, "answered")).toMatchObject({ phase: "open", proven: true });
  });

  it("drains after keepalive 0, and closes when the last answer has come (RFC 7828 §3.4)", () => {
    const draining = after("authenticated", "answered", "goaway");

    expect(draining.phase).toBe("draining");
    expect(step(draining, "goaway")).toBe(draining);
    expect(step(draining, "stalled")).toBe(draining);
    expect(step(draining, "answered")).toMatchObject({ phase: "draining" });
    expect(step(draining, "drained")).toEqual({ phase: "closed", proven: true, why: "drained" });
  });

  it("counts its first answer as proof while it drains", () => {
    expect(after("authenticated", "goaway", "answered")).toMatchObject({ phase: "draining", proven: true });
  });
});

describe("a response that matches nothing", () => {
  it("closes the connection at the third, whatever came between", () => {
    expect(MAX_VIOLATIONS).toBe(3);
    expect(after("authenticated", "violated", "answered", "violated", "answered").phase).toBe("open");
    expect(
      after("authenticated", "violated", "answered", "violated", "stalled", "answered", "violated"),
    ).toEqual({
      phase: "closed",
      proven: true,
      why: "violations",
    });
  });
});

describe("a closed connection", () => {
  it("stays closed, for the reason it was", () => {
    const closed = after("authenticated", "reset");

    expect(step(closed, "authenticated")).toBe(closed);
    expect(step(closed, "answered")).toBe(closed);
  });
});
