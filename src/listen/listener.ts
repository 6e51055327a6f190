/** What every kind of listener has in common. Types only. */
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { PacketHandler } from "../ports/packet-handler.ts";
import type { Admission } from "./admission.ts";
import type { ListenCounts } from "./drops.ts";

export interface SocketAddress {
  /** An IP address, with a scope where it is link-local: `fe80::1%eth0`. */
  readonly host: string;
  readonly port: number;
}

export interface Listener {
  readonly transport: "udp" | "tcp";
  /** As bound: a port of 0 has become a real one. */
  readonly address: SocketAddress;
  /**
   * Takes no further query, lets the responses under way go out for up to `graceMs`, then closes. Ends
   * when the socket is closed; never fails.
   */
  close(graceMs: number): Promise<void>;
}

export interface ListenerDeps extends ListenCounts {
  readonly handler: PacketHandler;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where a socket comes from. */
export interface BindTarget extends SocketAddress {
  /** An open descriptor that systemd or another process bound; `host` and `port` are then what it is bound to. */
  readonly fd?: number;
}
