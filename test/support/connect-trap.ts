/** Sees every address that this process dials or sends a datagram to, while it is set; leads dials elsewhere on demand. */
import { Socket as UdpSocket } from "node:dgram";
import { Socket } from "node:net";

export interface ConnectTrap {
  /** `tcp 127.0.0.1:853`, in order, each as often as it was dialled. */
  readonly dialled: string[];
  /** Port of our own listener: what it sends answers clients. */
  listener: number | undefined;
  release(): void;
}

type Patched = Record<string, (...args: unknown[]) => unknown>;

/** `redirect` gives the port that a TCP dial really goes to: tests cannot listen on 853. */
export function setConnectTrap(redirect: (port: number) => number = (port) => port): ConnectTrap {
  const dialled: string[] = [];
  const trap: ConnectTrap = {
    dialled,
    listener: undefined,
    release: () => {
      for (const each of release) each();
    },
  };
  const release = [
    patched(Socket.prototype, "connect", (_socket, args) => {
      const flat = args.flat()[0] as { host?: string; port?: number; path?: string };
      if (flat.path !== undefined) return;
      dialled.push(`tcp ${flat.host}:${flat.port}`);
      flat.port = redirect(flat.port ?? 0);
    }),
    // The last number is the port; an address follows it where the socket is not connected.
    patched(UdpSocket.prototype, "send", (socket, args) => {
      if (trap.listener !== undefined && portOf(socket as UdpSocket) === trap.listener) return;
      const at = args.findLastIndex((arg) => typeof arg === "number");
      dialled.push(
        `udp ${typeof args[at + 1] === "string" ? String(args[at + 1]) : "connected"}:${args[at]}`,
      );
    }),
    patched(UdpSocket.prototype, "connect", (_socket, args) => {
      dialled.push(`udp ${String(args[1])}:${String(args[0])}`);
    }),
  ];
  return trap;
}

/** `undefined` where it is not bound yet. */
function portOf(socket: UdpSocket): number | undefined {
  try {
    return socket.address().port;
  } catch {
    return undefined;
  }
}

function patched(
  prototype: object,
  method: string,
  seen: (self: unknown, args: readonly unknown[]) => void,
): () => void {
  const holder = prototype as Patched;
  const original = holder[method]!;
  holder[method] = function (this: unknown, ...args: unknown[]) {
    seen(this, args);
    return original.apply(this, args);
  };
  return () => {
    holder[method] = original;
  };
}
