import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import type { LinuxSockets } from "../../../src/listen/linux-sockets.ts";
import { NetworkEvents } from "../../../src/listen/network-events.ts";

const { EAGAIN, EMFILE, ENOBUFS, EPERM } = constants.errno;
const FD = 7;

/** A kernel that has so many messages, then what `errno` says. */
class ScriptedKernel {
  readonly closed: number[] = [];
  messages = 0;
  errno: number = EAGAIN;
  refuses: "socket" | "bind" | undefined;

  get sockets(): LinuxSockets {
    const scripted: Partial<LinuxSockets> = {
      socket: () => (this.refuses === "socket" ? -1 : FD),
      bind: () => (this.refuses === "bind" ? -1 : 0),
      close: (fd) => this.closed.push(fd),
      recv: () => (this.messages-- > 0 ? 1 : -1),
      errno: () => this.errno,
    };
    return scripted as LinuxSockets;
  }

  open(): NetworkEvents {
    const events = NetworkEvents.open(this.sockets);
    if (events === undefined) throw new Error("not open");
    return events;
  }
}

describe("events of the network", () => {
  it("are told once, however many came", () => {
    const kernel = new ScriptedKernel();
    const events = kernel.open();

    kernel.messages = 40;

    expect([events.any(), events.any()]).toEqual([true, false]);
  });

  it("are assumed where some were lost, or nothing can be read", () => {
    const kernel = new ScriptedKernel();
    const events = kernel.open();

    const answers = [ENOBUFS, EPERM].map((errno) => {
      kernel.errno = errno;
      kernel.messages = 0;
      return events.any();
    });

    expect(answers).toEqual([true, true]);
  });

  it("do not hold up who asks, in a storm of them", () => {
    const kernel = new ScriptedKernel();
    const events = kernel.open();

    kernel.messages = Number.POSITIVE_INFINITY;

    expect(events.any()).toBe(true);
  });

  it("are read from no descriptor that was closed: it may be another's by now", () => {
    const kernel = new ScriptedKernel();
    const events = kernel.open();
    events.close();
    events.close();

    kernel.messages = 1;

    expect(events.any()).toBe(true);
    expect(kernel.messages).toBe(1);
    expect(kernel.closed).toEqual([FD]);
  });

  it.each(["socket", "bind"] as const)("are not to be had where the kernel refuses the %s", (refuses) => {
    const kernel = new ScriptedKernel();
    kernel.refuses = refuses;
    kernel.errno = EMFILE;

    expect(NetworkEvents.open(kernel.sockets)).toBeUndefined();
    expect(kernel.closed).toEqual(refuses === "bind" ? [FD] : []);
  });
});
