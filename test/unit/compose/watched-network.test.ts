import { describe, expect, it } from "vitest";
import { readWhenChanged } from "../../../src/compose/watched-network.ts";

/** A network that can be read a number of times, in turn. */
function rig(readings: (string | undefined)[]) {
  const state = { hasEvents: false };
  const fingerprint = readWhenChanged(() => readings.shift(), { any: () => state.hasEvents });
  return { state, fingerprint };
}

describe("the fingerprint of a watched network", () => {
  it("is read once as long as nothing happens, and again when something has", () => {
    const { state, fingerprint } = rig(["home", "train", "hotel"]);

    const quiet = [fingerprint(), fingerprint(), fingerprint()];
    state.hasEvents = true;
    const changed = fingerprint();
    state.hasEvents = false;

    expect(quiet).toEqual(["home", "home", "home"]);
    expect([changed, fingerprint()]).toEqual(["train", "train"]);
  });

  it("is read again where it could not be read", () => {
    const { fingerprint } = rig([undefined, "home"]);

    expect([fingerprint(), fingerprint()]).toEqual([undefined, "home"]);
  });

  it("could not be read just when something happened, and is read then", () => {
    const { state, fingerprint } = rig(["home", undefined, "train"]);
    fingerprint();

    state.hasEvents = true;
    const failed = fingerprint();
    state.hasEvents = false;

    expect([failed, fingerprint()]).toEqual([undefined, "train"]);
  });
});
