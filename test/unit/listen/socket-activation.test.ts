import { describe, expect, it } from "vitest";
import { activatedSockets, type ProcFiles } from "../../../src/listen/socket-activation.ts";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

function line(inode: number): string {
  return `  10: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0\n`;
}

const files: ProcFiles = {
  readlink(path) {
    const inode = { "/proc/self/fd/3": 101, "/proc/self/fd/4": 102, "/proc/self/fd/5": 103 }[path];
    return inode === undefined ? "pipe:[7]" : `socket:[${inode}]`;
  },
  read(path) {
    if (path === "/proc/self/net/udp") return HEAD + line(99) + line(101);
    if (path === "/proc/self/net/tcp") return HEAD + line(103);
    if (path === "/proc/self/net/udp6") return HEAD + line(102);
    throw new Error("ENOENT");
  },
};

describe("sockets from systemd (sd_listen_fds)", () => {
  it("are taken with their kind, family and name", () => {
    const env = { LISTEN_PID: "42", LISTEN_FDS: "3", LISTEN_FDNAMES: "dns:dns6" };

    expect(activatedSockets(env, 42, files)).toEqual([
      { fd: 3, transport: "udp", family: 4, name: "dns" },
      { fd: 4, transport: "udp", family: 6, name: "dns6" },
      { fd: 5, transport: "tcp", family: 4, name: "" },
    ]);
  });

  it("are left out where they are no UDP or TCP socket", () => {
    const env = { LISTEN_PID: "42", LISTEN_FDS: "4" };

    expect(activatedSockets(env, 42, files).map(({ fd }) => fd)).toEqual([3, 4, 5]);
  });

  it.each([
    [{ LISTEN_PID: "41", LISTEN_FDS: "1" }, "another process"],
    [{}, "nobody"],
    [{ LISTEN_PID: "42", LISTEN_FDS: "-1" }, "a negative count"],
    [{ LISTEN_PID: "42", LISTEN_FDS: "1e9" }, "an absurd count"],
    [{ LISTEN_PID: "42", LISTEN_FDS: "x" }, "no number"],
  ])("are none with %j: meant for %s", (env, _whom) => {
    expect(activatedSockets(env, 42, files)).toEqual([]);
  });
});
