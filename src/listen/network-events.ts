/**
 * Whether this machine's links, addresses or routes have changed, as the kernel tells all who listen: so that nobody need read
 * them all again and again to know. Kept in a socket until somebody asks.
 *
 * Source: netlink(7), rtnetlink(7).
 */
import { constants } from "node:os";
import { type LinuxSockets, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "./linux-sockets.ts";

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR and RTMGRP_IPV6_ROUTE. */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/** `struct sockaddr_nl`: family, 2 octets of padding, port ID (the kernel chooses one), groups. */
const SOCKADDR_NL_OCTETS = 12;
const GROUPS_AT = 8;

/** Messages that are taken at a time; what is left is an event for the next time. */
const MAX_TAKEN = 1_000;

export class NetworkEvents {
  readonly #sockets: LinuxSockets;
  readonly #fd: number;
  #isClosed = false;
  /** What happened is looked up, not read: a message need only be taken. */
  readonly #room = Buffer.alloc(1);

  private constructor(sockets: LinuxSockets, fd: number) {
    this.#sockets = sockets;
    this.#fd = fd;
  }

  /** `undefined` where the system does not tell. */
  static open(sockets: LinuxSockets): NetworkEvents | undefined {
    const fd = sockets.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return undefined;
    const address = Buffer.alloc(SOCKADDR_NL_OCTETS);
    address.writeUInt16LE(AF_NETLINK);
    address.writeUInt32LE(GROUPS, GROUPS_AT);
    if (sockets.bind(fd, address, address.length) === 0) return new NetworkEvents(sockets, fd);
    sockets.close(fd);
    return undefined;
  }

  /** Whether there was one since this was asked last. Also where some may have been missed (ENOBUFS), or nothing can be read. */
  any(): boolean {
    if (this.#isClosed) return true;
    for (let taken = 0; taken < MAX_TAKEN; taken++) {
      if (this.#sockets.recv(this.#fd, this.#room, this.#room.length, 0) >= 0) continue;
      return taken > 0 || this.#sockets.errno() !== constants.errno.EAGAIN;
    }
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sockets.close(this.#fd);
  }
}
