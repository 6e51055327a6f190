import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { Koffi } from "../../src/ports/koffi.ts";
import { libuvPoll } from "../../src/listen/libuv-poll.ts";
import { loadLinuxSockets, MSG_DONTWAIT, SOCK_DGRAM } from "../../src/listen/linux-sockets.ts";
import { AF_INET } from "../../src/listen/sockaddr.ts";
import { until } from "../support/socket-clients.ts";

const sockets = loadLinuxSockets();

describe.skipIf(typeof sockets === "string")("libuv, called by name", () => {
  const koffi = createRequire(import.meta.url)("koffi") as Koffi;

  it("is what waits for descriptors in this Node", () => {
    expect(sockets).toHaveProperty("poll", libuvPoll(koffi));
  });

  it("tells of datagrams until the watch is closed, while the heap is collected", async () => {
    if (typeof sockets === "string") return;
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const client = createSocket("udp4");
    const message = Buffer.alloc(64);
    for (let round = 0; round < 12; round++) {
      const fd = sockets.socket(AF_INET, SOCK_DGRAM, 0);
      const address = Buffer.alloc(16);
      address.writeUInt16LE(AF_INET);
      address.set([127, 0, 0, 1], 4);
      sockets.bind(fd, address, address.length);
      sockets.getsockname(fd, address, Buffer.of(16, 0, 0, 0));
      let calls = 0;
      const watch = sockets.poll(fd, () => {
        calls++;
        if (calls === 2) watch.close();
      });
      collect();
      client.send(message, address.readUInt16BE(2), "127.0.0.1");
      await until(() => calls === 2);
      collect();
      await new Promise((resolve) => setTimeout(resolve, 2));

      // Not read, so that libuv would tell of it again and again.
      expect(calls).toBe(2);
      expect(sockets.recvmmsg(fd, Buffer.alloc(64), 1, MSG_DONTWAIT, null)).toBe(1);
      sockets.close(fd);
    }
    client.close();
  });
});
