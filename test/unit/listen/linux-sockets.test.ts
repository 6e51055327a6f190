import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import type { Koffi } from "../../../src/ports/koffi.ts";
import { type Host, linuxSocketsOf, systemError } from "../../../src/listen/linux-sockets.ts";

function hostWith(overrides: Partial<Host>): Host {
  return {
    platform: "linux",
    arch: "x64",
    loadKoffi: () => {
      throw new Error("Cannot find module 'koffi'\nRequire stack: …");
    },
    ...overrides,
  };
}

function refuses(): never {
  throw new Error("not with this koffi");
}

/** A koffi whose every call fails with `errno`, and which lets nobody call libuv. */
function failingWith(errno: number): Koffi {
  return {
    load: () => ({ func: () => () => -1 }),
    errno: () => errno,
    address: () => 0n,
    proto: refuses,
    pointer: refuses,
    register: refuses,
    node: { poll: () => ({ start: () => {}, close: () => {} }) },
  };
}

describe("batched UDP", () => {
  it.each([
    ["another platform", { platform: "darwin" }, "no recvmmsg on darwin"],
    ["another machine", { arch: "mips" }, "not built for mips"],
    ["no koffi", {}, "koffi is not usable: Cannot find module 'koffi'"],
  ])("is not to be had on a host with %s", (_name, overrides, reason) => {
    expect(linuxSocketsOf(hostWith(overrides))).toBe(reason);
  });

  it("is not to be had with a C library that is not glibc", () => {
    const musl: Koffi = {
      ...failingWith(constants.errno.EBADF),
      load: () => {
        throw new Error("Failed to load shared library: libc.so.6");
      },
    };

    expect(linuxSocketsOf(hostWith({ loadKoffi: () => musl }))).toMatch(/libc\.so\.6/);
  });

  it.each([constants.errno.EPERM, constants.errno.ENOSYS])(
    "is not to be had where a seccomp filter answers with errno %i",
    (errno) => {
      expect(linuxSocketsOf(hostWith({ loadKoffi: () => failingWith(errno) }))).toMatch(/not permitted/);
    },
  );

  it("is not to be had with a koffi that cannot wait for a descriptor", () => {
    const older = { ...failingWith(constants.errno.EBADF), node: {} } as unknown as Koffi;

    expect(linuxSocketsOf(hostWith({ loadKoffi: () => older }))).toBe(
      "this koffi cannot wait for a descriptor",
    );
  });

  it("is to be had where the kernel looks at the descriptor", () => {
    const host = hostWith({ loadKoffi: () => failingWith(constants.errno.EBADF) });

    expect(linuxSocketsOf(host)).toMatchObject({ recvmmsg: expect.any(Function) });
  });

  it("waits by koffi's own means where libuv cannot be called by name", () => {
    const koffi = failingWith(constants.errno.EBADF);

    expect(linuxSocketsOf(hostWith({ loadKoffi: () => koffi }))).toHaveProperty("poll", koffi.node?.poll);
  });
});

describe("a failed system call", () => {
  it("becomes an error as Node makes them", () => {
    expect(systemError("bind", constants.errno.EADDRINUSE)).toMatchObject({ code: "EADDRINUSE" });
    expect(systemError("bind", 9_999)).toMatchObject({ code: "E9999" });
  });
});
