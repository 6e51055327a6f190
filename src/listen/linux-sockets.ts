/**
 * The system calls that Node does not offer, through koffi: `recvmmsg` and `sendmmsg`, what a socket for them
 * needs, and waiting for a descriptor without reading it.
 *
 * Nothing here is needed: where koffi, the platform or a seccomp filter says no, plain dgram serves.
 */
import { createRequire } from "node:module";
import { constants, endianness } from "node:os";
import type { Koffi, Ready, Watch } from "../ports/koffi.ts";
import { libuvPoll } from "./libuv-poll.ts";

/** Each call gives what the system gives: -1 after a failure, with the reason in `errno()`. */
export interface LinuxSockets {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, octets: number): number;
  /** `octets` is a 32-bit number: the room in `value`, then what was put there. */
  getsockopt(fd: number, level: number, name: number, value: Buffer, octets: Buffer): number;
  bind(fd: number, sockaddr: Buffer, octets: number): number;
  /** `octets` as with `getsockopt`. */
  getsockname(fd: number, sockaddr: Buffer, octets: Buffer): number;
  close(fd: number): number;
  /** What of a message `octets` have no room for is gone. */
  recv(fd: number, room: Buffer, octets: number, flags: number): number;
  recvmmsg(fd: number, headers: Buffer, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, headers: Buffer, count: number, flags: number): number;
  /** Index of an interface; 0 where there is none of that name. */
  if_nametoindex(name: string): number;
  errno(): number;
  /** Where `buffer` begins in memory. Holds as long as the caller keeps the buffer. */
  address(buffer: Buffer): bigint;
  /**
   * Calls `ready` whenever `fd` has something to read, until the watch is closed. It is called by libuv itself:
   * ticks and microtasks that it leaves wait for the next event of Node's own, and it must not throw.
   * @throws where libuv cannot watch such a descriptor.
   */
  poll(fd: number, ready: Ready): Watch;
}

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_MTU_DISCOVER = 23;
export const SOL_UDP = 17;
/** Length of the datagrams that one message is sent as; Linux 4.18. */
export const UDP_SEGMENT = 103;
export const IPPROTO_IP = 0;
export const IP_MTU_DISCOVER = 10;
/** Of both: never fragment, and heed no ICMP message that claims a smaller path. */
export const PMTUDISC_PROBE = 3;
export const MSG_DONTWAIT = 0x40;
export const MSG_TRUNC = 0x20;

const DEFINITIONS = {
  socket: "int socket(int domain, int type, int protocol)",
  setsockopt: "int setsockopt(int fd, int level, int name, const void *value, uint32_t octets)",
  getsockopt: "int getsockopt(int fd, int level, int name, void *value, void *octets)",
  bind: "int bind(int fd, const void *sockaddr, uint32_t octets)",
  getsockname: "int getsockname(int fd, void *sockaddr, void *octets)",
  close: "int close(int fd)",
  recv: "int64_t recv(int fd, void *room, uint64_t octets, int flags)",
  recvmmsg: "int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)",
  sendmmsg: "int sendmmsg(int fd, void *headers, uint32_t count, int flags)",
  if_nametoindex: "uint32_t if_nametoindex(const char *name)",
};

/** Where the layouts of `message-ring.ts` and `sockaddr.ts` hold. */
const KNOWN_MACHINES = new Set(["x64", "arm64"]);

/** What the choice depends on; the real one is `thisHost`. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  /** @throws where koffi is not installed or has no binary for this machine. */
  loadKoffi(): Koffi;
}

/** @throws where koffi is not installed or has no binary for this machine. */
export function loadKoffi(): Koffi {
  return createRequire(import.meta.filename)("koffi") as Koffi;
}

const thisHost: Host = { platform: process.platform, arch: process.arch, loadKoffi };

/** Of this host: what koffi makes of a definition is not given back. */
let known: LinuxSockets | string | undefined;

/** The calls, or why there are none: one line for the log. */
export function loadLinuxSockets(): LinuxSockets | string {
  known ??= linuxSocketsOf(thisHost);
  return known;
}

/** The same of any host. */
export function linuxSocketsOf(host: Host): LinuxSockets | string {
  if (host.platform !== "linux") return `no recvmmsg on ${host.platform}`;
  if (!KNOWN_MACHINES.has(host.arch) || endianness() !== "LE") return `not built for ${host.arch}`;
  try {
    const koffi = host.loadKoffi();
    const libc = koffi.load("libc.so.6"); // glibc's name: musl has another, and other layouts.
    const calls = Object.fromEntries(
      Object.entries(DEFINITIONS).map(([name, definition]) => [name, libc.func(definition)]),
    );
    const { errno, address, node } = koffi;
    if (typeof node?.poll !== "function") return "this koffi cannot wait for a descriptor";
    const poll = libuvPoll(koffi) ?? node.poll;
    const sockets = { ...calls, errno, address, poll } as unknown as LinuxSockets;
    return refusedCall(sockets) ?? sockets;
  } catch (error) {
    return `koffi is not usable: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown"}`;
  }
}

/** A seccomp filter answers before the kernel looks at the descriptor, which is no descriptor here. */
function refusedCall({ recvmmsg, sendmmsg, errno }: LinuxSockets): string | undefined {
  const nothing = Buffer.alloc(64);
  recvmmsg(-1, nothing, 1, MSG_DONTWAIT, null);
  if (errno() !== constants.errno.EBADF) return "recvmmsg is not permitted";
  sendmmsg(-1, nothing, 1, MSG_DONTWAIT);
  if (errno() !== constants.errno.EBADF) return "sendmmsg is not permitted";
  return undefined;
}

/** An error such as Node makes of a failed call, with its `code`. */
export function systemError(call: string, errno: number): Error {
  const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `E${errno}`;
  return Object.assign(new Error(`${call} ${code}`), { code });
}
