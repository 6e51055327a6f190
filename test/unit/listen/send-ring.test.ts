import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { createDrops } from "../../../src/listen/drops.ts";
import type { LinuxSockets } from "../../../src/listen/linux-sockets.ts";
import { SendRing } from "../../../src/listen/send-ring.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const { EAGAIN, ENOBUFS, EINTR, EPERM } = constants.errno;
const TO = Int32Array.of(1, 2);

/** A kernel that does as told: each entry is how many messages a call takes, or the errno it fails with. */
function ringOver(script: ({ sends: number } | { fails: number })[]) {
  let errno = 0;
  const calls: number[] = [];
  const sockets = {
    address: () => 0n,
    getsockopt: () => -1,
    errno: () => errno,
    sendmmsg: (_fd: number, headers: Buffer, count: number) => {
      expect(headers.length / 64).toBeGreaterThanOrEqual(count);
      calls.push(count);
      const step = script.shift() ?? { sends: count };
      if ("sends" in step) return step.sends;
      errno = step.fails;
      return -1;
    },
  } as unknown as LinuxSockets;
  const clock = new ManualClock();
  const drops = createDrops();
  const ring = new SendRing({ fd: 7, family: 4, sockets, drops, clock });
  const commit = (count: number) => {
    for (let i = 0; i < count; i++) ring.commit(12, TO, 0);
  };
  return { ring, commit, calls, clock, drops };
}

describe("responses on their way out", () => {
  it("leave in one call", () => {
    const { ring, commit, calls } = ringOver([]);
    commit(50);

    ring.flush();

    expect(calls).toEqual([50]);
  });

  it("make no call when there are none", () => {
    const { ring, calls } = ringOver([]);

    ring.flush();

    expect(calls).toEqual([]);
  });

  it("leave by themselves when the ring is full", () => {
    const { commit, calls } = ringOver([]);

    commit(129);

    expect(calls).toEqual([128]);
  });

  it("go on where a call took only some of them", () => {
    const { ring, commit, calls } = ringOver([{ sends: 3 }, { sends: 4 }]);
    commit(10);

    ring.flush();

    expect(calls).toEqual([10, 7, 3]);
  });

  it("go on after a signal (EINTR)", () => {
    const { ring, commit, calls, drops } = ringOver([{ fails: EINTR }]);
    commit(2);

    ring.flush();

    expect([calls, drops["send-failed"]]).toEqual([[2, 2], 0]);
  });

  it("skip the one that a firewall forbids (EPERM)", () => {
    const { ring, commit, calls, drops } = ringOver([{ sends: 1 }, { fails: EPERM }]);
    commit(4);

    ring.flush();

    expect([calls, drops["send-failed"]]).toEqual([[4, 3, 2], 1]);
  });

  it.each([
    ["EAGAIN", EAGAIN],
    ["ENOBUFS", ENOBUFS],
  ])("wait a little where the kernel has no room (%s)", (_name, errno) => {
    const { ring, commit, calls, clock, drops } = ringOver([{ sends: 2 }, { fails: errno }]);
    commit(5);
    ring.flush();
    expect(calls).toEqual([5, 3]);

    clock.advance(2);

    expect([calls, drops["send-failed"]]).toEqual([[5, 3, 3], 0]);
  });

  it("join those that wait, up to the room there is", () => {
    const { ring, commit, calls, clock, drops } = ringOver([{ fails: EAGAIN }]);
    commit(1);
    ring.flush();

    commit(130);
    clock.advance(2);

    expect([calls, drops["send-failed"]]).toEqual([[1, 128], 3]);
  });

  it("are given up where the kernel has no room for long", () => {
    const { ring, commit, clock, drops } = ringOver(Array.from({ length: 51 }, () => ({ fails: EAGAIN })));
    commit(5);
    ring.flush();

    clock.advance(200);

    expect([drops["send-failed"], clock.pending]).toEqual([5, 0]);
  });

  it("are counted where they wait when the socket closes", () => {
    const { ring, commit, clock, drops } = ringOver([{ fails: EAGAIN }]);
    commit(3);
    ring.flush();

    ring.close();

    expect([drops["send-failed"], clock.pending]).toEqual([3, 0]);
  });
});
