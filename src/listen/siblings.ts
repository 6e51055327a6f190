/**
 * Sockets for processes that serve beside this one (`listen.workers`): bound here to the same ports, before rights
 * are given up, and kept open here. So a process that ends takes no socket with it: what came meanwhile waits in
 * the socket for its successor.
 *
 * Source: socket(7), SO_REUSEPORT.
 */
import { isIPv6 } from "node:net";
import { type BindFault, bindFault } from "./bind-fault.ts";
import { openDescriptor } from "./descriptor.ts";
import { loadLinuxSockets } from "./linux-sockets.ts";
import type { Listener } from "./listener.ts";
import type { ActivatedSocket } from "./socket-activation.ts";

/** Where this process serves. */
export type Served = Pick<Listener, "transport" | "address">;

/** One more socket for each of `served`, or the first fault; without koffi there are none. */
export function openSiblings(served: readonly Served[]): ActivatedSocket[] | BindFault {
  const system = loadLinuxSockets();
  if (typeof system === "string") return [];
  const opened: ActivatedSocket[] = [];
  for (const { transport, address } of served) {
    const fd = openDescriptor(transport, address, system, { sharePort: true });
    if (typeof fd !== "number") {
      closeSiblings(opened);
      return bindFault(transport, address, fd);
    }
    opened.push({ fd, transport, family: isIPv6(address.host) ? 6 : 4, name: "" });
  }
  return opened;
}

export function closeSiblings(sockets: readonly ActivatedSocket[]): void {
  const system = loadLinuxSockets();
  if (typeof system === "string") return;
  for (const { fd } of sockets) system.close(fd);
}
