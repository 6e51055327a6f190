import { createRequire } from "node:module";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Listener } from "../../src/listen/listener.ts";
import type { Koffi } from "../../src/ports/koffi.ts";
import { type LinuxSockets, loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { AF_INET, SOCKADDR_SLOT, sockaddrOctets, writeSockaddr } from "../../src/listen/sockaddr.ts";
import { idOf, query } from "../support/query.ts";
import { TcpTestClient, UdpClient } from "../support/socket-clients.ts";

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SERVER = fileURLToPath(new URL("../support/activated-server.ts", import.meta.url));
const sockets = loadLinuxSockets();

/** A bound socket that a child process inherits, as systemd makes them. */
function boundSocket(type: number, calls: LinuxSockets): number {
  const fd = calls.socket(AF_INET, type, 0);
  const sockaddr = Buffer.alloc(SOCKADDR_SLOT);
  writeSockaddr(sockaddr, Uint8Array.of(127, 0, 0, 1), 0, 0);
  expect(calls.bind(fd, sockaddr, sockaddrOctets(4))).toBe(0);
  if (type === SOCK_STREAM) {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const listen = koffi.load("libc.so.6").func("int listen(int fd, int backlog)") as (
      fd: number,
      n: number,
    ) => number;
    expect(listen(fd, 8)).toBe(0);
  }
  return fd;
}

describe.skipIf(typeof sockets === "string")("a process started with its sockets (sd_listen_fds)", () => {
  it.each([
    ["auto", "at once"],
    ["auto", "later"],
    ["off", "at once"],
    ["off", "later"],
  ])("serves UDP and TCP on them (batch_io = %s, answered %s)", async (batchIo, when) => {
    const calls = sockets as LinuxSockets;
    const fds = [boundSocket(SOCK_DGRAM, calls), boundSocket(SOCK_STREAM, calls)];
    // The shell knows the process ID that the server will have.
    const child = spawn(
      "sh",
      ["-c", 'LISTEN_PID=$$ exec "$0" --import tsx "$1" "$2" "$3"', process.execPath, SERVER, batchIo, when],
      {
        stdio: ["pipe", "pipe", "inherit", ...fds],
        env: { ...process.env, LISTEN_FDS: "2", LISTEN_FDNAMES: "dns:dns" },
      },
    );
    for (const fd of fds) calls.close(fd);
    const line = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (data) => resolve(String(data))),
    );
    const served: [string, number][] = [];

    for (const { transport, address } of JSON.parse(line) as Pick<Listener, "transport" | "address">[]) {
      const client = await (transport === "udp" ? UdpClient.open(address) : TcpTestClient.open(address));
      served.push([transport, idOf(await client.ask(query({ id: 77 })))]);
      client.close();
    }
    child.stdin?.end();
    await new Promise((resolve) => child.once("exit", resolve));

    expect(served).toEqual([
      ["udp", 77],
      ["tcp", 77],
    ]);
  });
});
