import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { createDrops } from "../../../src/listen/drops.ts";
import { octetsOfAddress } from "../../../src/listen/inet.ts";
import type { LinuxSockets } from "../../../src/listen/linux-sockets.ts";
import { SendRing } from "../../../src/listen/send-ring.ts";
import { readAddress, SOCKADDR_SLOT, writeSockaddr } from "../../../src/listen/sockaddr.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { KernelMemory, type SentMessage } from "../../support/sent-messages.ts";

const { EIO, EINVAL, EMSGSIZE, EPERM, EAGAIN } = constants.errno;

function sockaddr(host: string, port: number): Int32Array {
  const slot = Buffer.alloc(SOCKADDR_SLOT);
  writeSockaddr(slot, octetsOfAddress(host)!, port, 0);
  return new Int32Array(slot.buffer, slot.byteOffset, SOCKADDR_SLOT / 4);
}

const HERE = sockaddr("127.0.0.1", 4_001);

/** A ring whose kernel takes what it is given, but for the errors in `script`, one a call. */
function ringOver({ family = 4 as 4 | 6, knows = true, script = [] as (number | undefined)[] } = {}) {
  const memory = new KernelMemory();
  const sent: SentMessage[] = [];
  let errno = 0;
  const sockets = {
    address: memory.address,
    errno: () => errno,
    getsockopt: () => (knows ? 0 : -1),
    sendmmsg: (_fd: number, headers: Buffer, count: number) => {
      errno = script.shift() ?? 0;
      if (errno !== 0) return -1;
      sent.push(...memory.messages(headers, count));
      return count;
    },
  } as unknown as LinuxSockets;
  const clock = new ManualClock();
  const drops = createDrops();
  const ring = new SendRing({ fd: 7, family, sockets, drops, clock });
  const commit = (text: string, to: Int32Array = HERE) => {
    ring.data.write(text, ring.offset);
    ring.commit(text.length, to, 0);
  };
  return { ring, commit, sent, drops, clock };
}

/** The datagrams of each message. */
function texts(sent: readonly SentMessage[]): string[][] {
  return sent.map(({ datagrams }) => datagrams.map(String));
}

describe("responses to one client of this machine", () => {
  it("share a message where they have one length", () => {
    const { ring, commit, sent } = ringOver();
    for (const text of ["aaa", "bbb", "cccc", "ddd", "eeee"]) commit(text);

    ring.flush();

    expect(texts(sent)).toEqual([
      ["aaa", "bbb", "ddd"],
      ["cccc", "eeee"],
    ]);
  });

  it("share none with those of another port or address", () => {
    const { ring, commit, sent } = ringOver();
    commit("aaa");
    commit("bbb", sockaddr("127.0.0.1", 4_002));
    commit("ccc", sockaddr("127.0.0.2", 4_001));
    commit("ddd");

    ring.flush();

    expect(texts(sent)).toEqual([["aaa", "ddd"], ["bbb"], ["ccc"]]);
    expect(sent.map(({ to }) => [...readAddress(to, 4), to.readUInt16BE(2)].join("."))).toEqual([
      "127.0.0.1.4001",
      "127.0.0.1.4002",
      "127.0.0.2.4001",
    ]);
  });

  it("share one over IPv6 too", () => {
    const { ring, commit, sent } = ringOver({ family: 6 });
    for (const text of ["aaa", "bbb"]) commit(text, sockaddr("::1", 4_001));

    ring.flush();

    expect(texts(sent)).toEqual([["aaa", "bbb"]]);
  });

  it.each([
    ["an address of the network", 4, "192.0.2.1"],
    ["a link-local address", 6, "fe80::1"],
    ["an address that ends as ::1 does", 6, "2001:db8::1"],
    ["::2", 6, "::2"],
  ] as const)("leave one by one to %s, whose network card might lose them", (_name, family, host) => {
    const { ring, commit, sent } = ringOver({ family });
    for (const text of ["aaa", "bbb"]) commit(text, sockaddr(host, 4_001));

    ring.flush();

    expect(texts(sent)).toEqual([["aaa"], ["bbb"]]);
  });

  it("leave one by one where the kernel knows no UDP_SEGMENT: an older one would send one long datagram", () => {
    const { ring, commit, sent } = ringOver({ knows: false });
    for (const text of ["aaa", "bbb"]) commit(text);

    ring.flush();

    expect(texts(sent)).toEqual([["aaa"], ["bbb"]]);
  });

  it("begin another message after sixteen", () => {
    const { ring, commit, sent } = ringOver();
    for (let i = 0; i < 40; i++) commit("aaa");

    ring.flush();

    expect(texts(sent).map(({ length }) => length)).toEqual([16, 16, 8]);
  });

  it("join none that is sent already", () => {
    const { ring, commit, sent } = ringOver();
    commit("aaa");
    ring.flush();
    commit("bbb");

    ring.flush();

    expect(texts(sent)).toEqual([["aaa"], ["bbb"]]);
  });

  it("leave one by one, all of them, where the kernel does not cut them apart", () => {
    for (const errno of [EIO, EINVAL, EMSGSIZE]) {
      const { ring, commit, sent, drops } = ringOver({ script: [errno] });
      const other = sockaddr("127.0.0.1", 4_002);
      for (const text of ["aaa", "bbb", "cccc", "ddd", "eeee"]) commit(text);
      for (const text of ["fff", "ggg"]) commit(text, other);

      ring.flush();
      for (const text of ["hhh", "iii"]) commit(text);
      ring.flush();

      expect(texts(sent).flat()).toEqual(["aaa", "bbb", "ddd", "cccc", "eeee", "fff", "ggg", "hhh", "iii"]);
      expect(sent.map(({ to }) => to.readUInt16BE(2) - 4_000).join("")).toBe("111112211");
      expect(drops["send-failed"]).toBe(0);
    }
  });

  it("are all counted where a firewall forbids their message (EPERM), and go on sharing", () => {
    const { ring, commit, sent, drops } = ringOver({ script: [EPERM] });
    for (const text of ["aaa", "bbb", "cccc"]) commit(text);
    ring.flush();
    for (const text of ["ddd", "eee"]) commit(text);

    ring.flush();

    expect([texts(sent), drops["send-failed"]]).toEqual([[["cccc"], ["ddd", "eee"]], 2]);
  });

  it("are all counted where they wait when the socket closes", () => {
    const { ring, commit, drops } = ringOver({ script: [EAGAIN] });
    for (const text of ["aaa", "bbb", "cccc"]) commit(text);
    ring.flush();

    ring.close();

    expect(drops["send-failed"]).toBe(3);
  });
});
