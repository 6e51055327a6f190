import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { Admission } from "../../../src/listen/admission.ts";
import { isBindFault } from "../../../src/listen/bind-fault.ts";
import { createDrops, createRefused } from "../../../src/listen/drops.ts";
import type { Ready } from "../../../src/ports/koffi.ts";
import { type LinuxSockets, SOCK_DGRAM } from "../../../src/listen/linux-sockets.ts";
import { AF_INET } from "../../../src/listen/sockaddr.ts";
import { openBatchedUdp } from "../../../src/listen/udp-batched.ts";
import { echo } from "../../support/handlers.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";

const FD = 7;

/** A kernel and a libuv that do as told, and note what is asked of them. */
class ScriptedSystem {
  readonly calls: string[] = [];
  ready: Ready = () => {};
  errno = 0;
  /** What `recvmmsg` gives: datagrams of zeroes, whose port of 0 nobody answers. */
  received: (asked: number) => number = () => -1;
  /** How often `start` fails before libuv watches again. */
  refusals = 0;
  kind = SOCK_DGRAM;

  get sockets(): LinuxSockets {
    return {
      socket: () => FD,
      setsockopt: () => 0,
      getsockopt: (_fd: number, _level: number, _name: number, value: Buffer) =>
        value.writeInt32LE(this.kind),
      bind: () => 0,
      getsockname: (_fd: number, sockaddr: Buffer) => sockaddr.writeUInt16LE(AF_INET),
      close: (fd: number) => this.calls.push(`close ${fd}`),
      recv: () => -1,
      recvmmsg: (_fd: number, _headers: Buffer, count: number) => this.received(count),
      sendmmsg: () => 0,
      if_nametoindex: () => 0,
      errno: () => this.errno,
      address: () => 0n,
      poll: (fd: number, ready: Ready) => {
        this.calls.push(`watch ${fd}`);
        this.ready = ready;
        return {
          start: () => {
            this.calls.push("watch again");
            if (this.refusals-- > 0) throw new Error("EBADF");
          },
          close: () => this.calls.push("unwatch"),
        };
      },
    } as LinuxSockets;
  }
}

async function start(system: ScriptedSystem, fd?: number) {
  const clock = new ManualClock();
  const drops = createDrops();
  const admission = new Admission({ allow: [], rateLimit: 0 }, { clock });
  const deps = { handler: echo, admission, drops, refused: createRefused(), clock, log: new SilentLog() };
  const target = { host: "127.0.0.1", port: 0, ...(fd === undefined ? {} : { fd }) };
  const listener = await openBatchedUdp(target, { ...deps, sockets: system.sockets });
  return { listener, clock, drops };
}

async function served(system: ScriptedSystem) {
  const { listener, ...rest } = await start(system);
  if (isBindFault(listener)) throw new Error(listener.code);
  return { listener, ...rest };
}

describe("the batched UDP endpoint, over a scripted kernel", () => {
  it("lets others have their turn after 1,024 datagrams", async () => {
    const system = new ScriptedSystem();
    let taken = 0;
    system.received = (asked) => {
      taken += asked;
      return asked;
    };
    await served(system);

    system.ready(0);

    expect(taken).toBe(1_024);
  });

  it("asks no second time where a call came back with room left", async () => {
    const system = new ScriptedSystem();
    let calls = 0;
    system.received = () => {
      calls++;
      return 3;
    };
    await served(system);

    system.ready(0);

    expect(calls).toBe(1);
  });

  it("takes the error off a socket and watches it again, until libuv does", async () => {
    const system = new ScriptedSystem();
    system.errno = constants.errno.ECONNABORTED;
    system.refusals = 1;
    const { clock, drops } = await served(system);

    system.ready(-constants.errno.EBADF);
    expect([drops["receive-failed"], system.calls]).toEqual([1, ["watch 7"]]);
    clock.advance(10);
    clock.advance(10);
    clock.advance(1_000);

    expect(system.calls).toEqual(["watch 7", "watch again", "watch again"]);
    expect(drops["receive-failed"]).toBe(2);
  });

  it("ends the watch before it closes the descriptor, which may be another's afterwards", async () => {
    const system = new ScriptedSystem();
    const { listener, clock } = await served(system);
    system.ready(-constants.errno.EBADF);

    await listener.close(0);
    clock.advance(1_000);

    expect(system.calls).toEqual(["watch 7", "unwatch", "close 7"]);
  });

  it("takes no descriptor of another kind, and leaves it to who passed it", async () => {
    const system = new ScriptedSystem();
    system.kind = SOCK_DGRAM - 1;
    const { listener } = await start(system, FD);

    expect(listener).toMatchObject({ kind: "bind-fault", code: "EPROTOTYPE" });
    expect(system.calls).toEqual([]);
  });
});
