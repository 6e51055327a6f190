import { describe, expect, it } from "vitest";
import type { Koffi } from "../../../src/ports/koffi.ts";
import { libuvPoll, type Poll } from "../../../src/listen/libuv-poll.ts";

const POLL_HANDLE = 8;
const HANDLE_OCTETS = 160;
const READABLE = 1;
const EBADF = -9;

/** A libuv that does as told, and notes what is asked of it. */
class ScriptedLibuv {
  readonly calls: string[] = [];
  /** As libuv calls them, with the handle's address first. */
  readonly callbacks: ((...args: number[]) => void)[] = [];
  readonly result: Record<string, number> = {};
  missing = "";
  #addresses = 0;

  get koffi(): Koffi {
    return {
      load: () => ({ func: (definition: string) => this.#call(/uv_\w+/u.exec(definition)?.[0] ?? "") }),
      errno: () => 0,
      address: () => BigInt(++this.#addresses),
      proto: () => ({}),
      pointer: () => ({}),
      register: (callback: (...args: number[]) => void) => this.callbacks.push(callback) - 1,
    };
  }

  #call(name: string) {
    if (name === this.missing) throw new Error(`no ${name}`);
    return (...args: unknown[]) => {
      const told = args.map((arg) => (Buffer.isBuffer(arg) ? `${arg.length} octets` : String(arg)));
      this.calls.push(`${name}(${told.join(", ")})`);
      return name === "uv_handle_size" ? HANDLE_OCTETS : (this.result[name] ?? 0);
    };
  }
}

function pollOver(libuv: ScriptedLibuv): Poll {
  const poll = libuvPoll(libuv.koffi);
  if (poll === undefined) throw new Error("not to be had");
  libuv.calls.length = 0;
  return poll;
}

describe("a descriptor watched by libuv, called by name", () => {
  it("has a handle as large as libuv says", () => {
    const libuv = new ScriptedLibuv();
    libuvPoll(libuv.koffi);

    expect(libuv.calls).toContain(`uv_handle_size(${POLL_HANDLE})`);
    pollOver(libuv)(7, () => {});

    expect(libuv.calls).toEqual([
      `uv_poll_init_socket(0, ${HANDLE_OCTETS} octets, 7)`,
      `uv_poll_start(${HANDLE_OCTETS} octets, ${READABLE}, 2)`,
    ]);
  });

  it("calls who watches it, and nobody else", () => {
    const libuv = new ScriptedLibuv();
    const poll = pollOver(libuv);
    const told: string[] = [];
    poll(7, (status) => told.push(`7: ${status}`));
    poll(8, (status) => told.push(`8: ${status}`));

    libuv.callbacks[0]?.(2, 0, READABLE);
    libuv.callbacks[0]?.(1, EBADF, 0);

    expect(told).toEqual(["8: 0", `7: ${EBADF}`]);
  });

  it("calls nobody once the watch is closed, and closes it once", () => {
    const libuv = new ScriptedLibuv();
    const told: number[] = [];
    const watch = pollOver(libuv)(7, (status) => told.push(status));
    watch.close();
    watch.close();

    libuv.callbacks[0]?.(1, 0, READABLE);
    libuv.callbacks[1]?.(1);
    libuv.callbacks[0]?.(1, 0, READABLE);

    expect(told).toEqual([]);
    expect(libuv.calls.filter((call) => call.startsWith("uv_close"))).toEqual([
      `uv_close(${HANDLE_OCTETS} octets, 1)`,
    ]);
  });

  it("stops what is watched when Node exits, but nothing that is closing", () => {
    const libuv = new ScriptedLibuv();
    const poll = pollOver(libuv);
    poll(7, () => {});
    poll(8, () => {}).close();
    libuv.calls.length = 0;

    process.listeners("exit").at(-1)?.(0);

    expect(libuv.calls).toEqual([`uv_poll_stop(${HANDLE_OCTETS} octets)`]);
  });

  it.each(["uv_poll_init_socket", "uv_poll_start"])("throws where %s fails", (call) => {
    const libuv = new ScriptedLibuv();
    libuv.result[call] = EBADF;
    const poll = pollOver(libuv);

    expect(() => poll(7, () => {})).toThrow(`${call} failed with ${EBADF}`);
  });

  it("is made once for each koffi", () => {
    const libuv = new ScriptedLibuv();
    const { koffi } = libuv;

    expect(libuvPoll(koffi)).toBe(libuvPoll(koffi));
    expect(libuv.callbacks).toHaveLength(2);
  });

  it.each(["uv_default_loop", "uv_handle_size", "uv_poll_start"])(
    "is not to be had without %s",
    (missing) => {
      const libuv = new ScriptedLibuv();
      libuv.missing = missing;

      expect(libuvPoll(libuv.koffi)).toBeUndefined();
    },
  );
});
