/** Makes a bound descriptor that this process may use beside Node, or hand to another one. */
import { constants } from "node:os";
import { isIPv6, SocketAddress as NodeSocketAddress } from "node:net";
import { octetsOfAddress, textOfAddress } from "./inet.ts";
import {
  IP_MTU_DISCOVER,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU_DISCOVER,
  IPV6_V6ONLY,
  type LinuxSockets,
  PMTUDISC_PROBE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  systemError,
} from "./linux-sockets.ts";
import type { SocketAddress } from "./listener.ts";
import { RECEIVE_BUFFER } from "./udp-rules.ts";
import {
  AF_INET,
  AF_INET6,
  type Family,
  familyOf,
  portOf,
  readAddress,
  readScope,
  SOCKADDR_SLOT,
  sockaddrOctets,
  writeSockaddr,
} from "./sockaddr.ts";

const ON = Buffer.from([1, 0, 0, 0]);

/**
 * With `sharePort` others of this user may bind the same port, and the kernel spreads what comes over all of
 * them (SO_REUSEPORT, socket(7)).
 * @returns the descriptor, owned by the caller, or why there is none.
 */
export function openDescriptor(
  transport: "udp" | "tcp",
  where: SocketAddress,
  sockets: LinuxSockets,
  { sharePort }: { sharePort: boolean },
): number | Error {
  const family: Family = isIPv6(where.host) ? 6 : 4;
  const kind = transport === "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const fd = sockets.socket(family === 6 ? AF_INET6 : AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return systemError("socket", sockets.errno());
  const sockaddr = Buffer.alloc(SOCKADDR_SLOT);
  const octets = octetsOfAddress(where.host) ?? new Uint8Array(4);
  writeSockaddr(sockaddr, octets, where.port, scopeOf(where.host, sockets));
  const failed =
    (family === 6 && sockets.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, ON, 4) < 0) ||
    // As Node does: connections of the process before that linger are no reason to wait.
    (transport === "tcp" && sockets.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, 4) < 0) ||
    (sharePort && sockets.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, ON, 4) < 0) ||
    sockets.bind(fd, sockaddr, sockaddrOctets(family)) < 0;
  if (!failed) {
    if (transport === "udp") forbidFragments(fd, family, sockets);
    return fd;
  }
  const errno = sockets.errno();
  sockets.close(fd);
  return systemError("bind", errno);
}

/**
 * Responses fit any path, and a fragment is where forgery begins (RFC 9715 §3.1). Don't Fragment also
 * spares the kernel an identification for each datagram. Where it is refused, the default does.
 */
function forbidFragments(fd: number, family: Family, sockets: LinuxSockets): void {
  const level = family === 6 ? IPPROTO_IPV6 : IPPROTO_IP;
  const name = family === 6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
  sockets.setsockopt(fd, level, name, Buffer.from([PMTUDISC_PROBE, 0, 0, 0]), 4);
}

/** The interface index in `fe80::1%eth0` or `fe80::1%2`; 0 where there is none. */
export function scopeOf(host: string, sockets: LinuxSockets): number {
  const [, scope] = host.split("%", 2);
  if (scope === undefined) return 0;
  return /^\d+$/u.test(scope) ? Number(scope) : sockets.if_nametoindex(scope);
}

/** What the UDP socket `fd` is bound to, or why that cannot be: a descriptor of another kind. */
export function boundAddress(fd: number, sockets: LinuxSockets): SocketAddress | Error {
  const kind = Buffer.alloc(4);
  if (sockets.getsockopt(fd, SOL_SOCKET, SO_TYPE, kind, int32(kind.length)) < 0)
    return systemError("getsockopt", sockets.errno());
  if (kind.readUInt32LE() !== SOCK_DGRAM) return systemError("bind", constants.errno.EPROTOTYPE);
  const sockaddr = Buffer.alloc(SOCKADDR_SLOT);
  if (sockets.getsockname(fd, sockaddr, int32(SOCKADDR_SLOT)) < 0)
    return systemError("getsockname", sockets.errno());
  const family = familyOf(sockaddr);
  if (family === undefined) return systemError("bind", constants.errno.EAFNOSUPPORT);
  const text = textOfAddress(readAddress(sockaddr, family));
  const scope = readScope(sockaddr, family);
  // Node writes IPv6 addresses as RFC 5952 wants them.
  const { address } = new NodeSocketAddress({ address: text, family: family === 6 ? "ipv6" : "ipv4" });
  return { host: scope === 0 ? address : `${address}%${scope}`, port: portOf(sockaddr.readUInt32LE()) };
}

/** Asked of the kernel for each UDP socket: as much as it allows, since it cuts the wish itself. */
export function growReceiveBuffer(fd: number, sockets: LinuxSockets): void {
  // Where it is refused, the default buffer does; a burst may lose more.
  sockets.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, int32(RECEIVE_BUFFER), 4);
}

/** One `int` as the kernel reads it. */
function int32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value);
  return octets;
}
