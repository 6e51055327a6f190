/**
 * TCP: accepts connections, within limits for all clients and for one, and closes those that are idle.
 * Where a limit is reached the connection that has been idle longest gives way; where none is idle, the
 * new one is closed.
 *
 * Source: RFC 7766 §6.2.2 (limits), §6.2.3 (idle time).
 */
import { createServer, type Server, type Socket } from "node:net";
import { type BindFault, bindFault } from "./bind-fault.ts";
import { type ClientKey, clientKey, octetsOfAddress } from "./inet.ts";
import type { BindTarget, Listener, ListenerDeps, SocketAddress } from "./listener.ts";
import { Refuser } from "./refusal.ts";
import { TcpClient, type TcpShared, createScratch } from "./tcp-client.ts";
import { TurnQueue } from "./turn-queue.ts";

/** Limits over all TCP listeners together. */
export interface TcpLimits {
  readonly maxClients: number;
  /** Connections of one client address. RFC 7766 §6.2.2: "much looser than the client guidelines". */
  readonly maxPerClient: number;
  /** Milliseconds without a whole query or a response. */
  readonly idleTimeout: number;
}

/** Connections the kernel may hold until they are accepted. */
const BACKLOG = 256;
/** Octets that wait for one client before its queries are left in the kernel. */
const WRITE_BUFFER = 64 * 1_024;
/** Milliseconds between looks for idle connections, at most. */
const LONGEST_SWEEP = 1_000;
/** Idle time-outs after which a connection goes even though the handler owes it a response. */
const STUCK_FACTOR = 6;

/** All TCP connections of this process. */
export class TcpClients {
  readonly #limits: TcpLimits;
  readonly #deps: ListenerDeps;
  readonly #shared: TcpShared;
  /** BOUNDED: by `maxClients`. */
  readonly #clients = new Set<TcpClient>();
  #cancelSweep: (() => void) | undefined;

  constructor(limits: TcpLimits, deps: ListenerDeps) {
    this.#limits = limits;
    this.#deps = deps;
    this.#shared = {
      ...deps,
      scratch: createScratch(),
      turns: new TurnQueue(),
      refuser: new Refuser("tcp", deps),
      ended: (client) => {
        this.#clients.delete(client);
      },
    };
  }

  get count(): number {
    return this.#clients.size;
  }

  accept(socket: Socket): TcpClient | undefined {
    // Absent when the client has already gone.
    const octets = octetsOfAddress(socket.remoteAddress ?? "");
    if (octets === undefined || !this.#makeRoom(clientKey(octets, 0, octets.length))) {
      this.#deps.drops["tcp-full"]++;
      socket.on("error", () => {});
      socket.destroy();
      return undefined;
    }
    const client = new TcpClient(socket, clientKey(octets, 0, octets.length), this.#shared);
    this.#clients.add(client);
    this.#cancelSweep ??= this.#sweepLater();
    return client;
  }

  #makeRoom(key: ClientKey): boolean {
    let ofClient = 0;
    for (const client of this.#clients) if (client.key === key) ofClient++;
    if (ofClient >= this.#limits.maxPerClient && !this.#evict((client) => client.key === key)) return false;
    return this.#clients.size < this.#limits.maxClients || this.#evict(() => true);
  }

  /** Closes the longest idle of those that `may` go. */
  #evict(may: (client: TcpClient) => boolean): boolean {
    let oldest: TcpClient | undefined;
    for (const client of this.#clients) {
      if (!client.isIdle || !may(client)) continue;
      if (oldest === undefined || client.idleSince < oldest.idleSince) oldest = client;
    }
    oldest?.destroy();
    return oldest !== undefined;
  }

  #sweepLater(): () => void {
    const delay = Math.min(LONGEST_SWEEP, this.#limits.idleTimeout / 4);
    return this.#deps.clock.after(delay, () => {
      this.#sweep();
      this.#cancelSweep = this.#clients.size > 0 ? this.#sweepLater() : undefined;
    });
  }

  #sweep(): void {
    const now = this.#deps.clock.now();
    const { idleTimeout } = this.#limits;
    for (const client of this.#clients) {
      const idle = now - client.idleSince;
      if (idle < idleTimeout || (client.isOwed && idle < idleTimeout * STUCK_FACTOR)) continue;
      if (client.unread > 0) this.#deps.drops["tcp-unread"]++;
      else if (client.isMidQuery) this.#deps.drops["broken-frame"]++;
      client.destroy();
    }
  }

  stop(): void {
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
  }
}

/** Binds a TCP socket and serves from it. */
export function openTcp(
  target: BindTarget,
  clients: TcpClients,
  deps: ListenerDeps,
): Promise<Listener | BindFault> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: WRITE_BUFFER });
  return new Promise((resolve) => {
    server.once("error", (error) => {
      server.close();
      resolve(bindFault("tcp", target, error));
    });
    server.once("listening", () => {
      server.removeAllListeners("error");
      resolve(new TcpListener(server, clients, deps));
    });
    if (target.fd === undefined) {
      server.listen({
        host: target.host,
        port: target.port,
        ipv6Only: target.host.includes(":"),
        exclusive: true,
        backlog: BACKLOG,
      });
    } else {
      server.listen({ fd: target.fd });
    }
  });
}

class TcpListener implements Listener {
  readonly transport = "tcp";
  readonly address: SocketAddress;
  readonly #server: Server;
  readonly #deps: ListenerDeps;
  /** Connections accepted here. BOUNDED: by `maxClients` of `TcpClients`. */
  readonly #own = new Map<Socket, TcpClient>();
  #closing = false;

  constructor(server: Server, clients: TcpClients, deps: ListenerDeps) {
    this.#server = server;
    this.#deps = deps;
    const bound = server.address();
    this.address =
      bound !== null && typeof bound === "object"
        ? { host: bound.address, port: bound.port }
        : { host: "", port: 0 };
    server.on("connection", (socket) => {
      const client = clients.accept(socket);
      if (client === undefined) return;
      this.#own.set(socket, client);
      socket.once("close", () => this.#own.delete(socket));
    });
    // EMFILE, ENFILE, ECONNABORTED: this connection is lost, the listener is not.
    server.on("error", () => {
      deps.drops["receive-failed"]++;
    });
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const client of this.#own.values()) client.finish();
    const endAll = () => {
      for (const client of this.#own.values()) client.destroy();
    };
    if (graceMs === 0) endAll();
    const cancel = this.#deps.clock.after(graceMs, endAll);
    await closed;
    cancel();
  }
}
