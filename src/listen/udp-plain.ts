/**
 * UDP by `node:dgram`: one system call a datagram. Works everywhere; where the platform has
 * `recvmmsg` the batched endpoint does the same for less.
 *
 * `dgram.send` reads its buffer after it has returned. So responses are laid one behind the other in
 * slabs, and no octet of a slab is written twice.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Instant } from "../ports/clock.ts";
import type { Client, Reply } from "../ports/packet-handler.ts";
import { type BindFault, bindFault } from "./bind-fault.ts";
import { type ClientKey, clientKey, octetsOfAddress, textOfKey } from "./inet.ts";
import type { BindTarget, Listener, ListenerDeps, SocketAddress } from "./listener.ts";
import { Refuser } from "./refusal.ts";
import { growReceiveBuffer, isReflectionPort, MAX_UDP_QUERY, MAX_UDP_RESPONSE } from "./udp-rules.ts";

/** Octets of responses that share one allocation. */
const SLAB_OCTETS = 64 * 1_024;

/** Binds a UDP socket and serves from it. */
export function openPlainUdp(target: BindTarget, deps: ListenerDeps): Promise<Listener | BindFault> {
  const type = target.host.includes(":") ? "udp6" : "udp4";
  const socket = createSocket({
    type,
    ipv6Only: type === "udp6",
    // Clients' addresses are literals: a synchronous look-up saves one deferred turn a response.
    lookup: (host, _options, done) => {
      done(null, host, type === "udp6" ? 6 : 4);
    },
  });
  return new Promise((resolve) => {
    socket.once("error", (error) => {
      socket.close();
      resolve(bindFault("udp", target, error));
    });
    socket.once("listening", () => {
      socket.removeAllListeners("error");
      resolve(new PlainUdpEndpoint(socket, deps));
    });
    try {
      if (target.fd === undefined) {
        socket.bind({ address: target.host, port: target.port, exclusive: true });
      } else {
        socket.bind({ fd: target.fd, exclusive: true });
      }
    } catch (error) {
      socket.emit("error", error); // A descriptor of another kind.
    }
  });
}

class PlainUdpEndpoint implements Listener, Client {
  readonly transport = "udp";
  /** Part of `Client`. */
  receivedAt: Instant;
  readonly address: SocketAddress;
  readonly #socket: Socket;
  readonly #deps: ListenerDeps;
  readonly #refuser: Refuser;
  #slab = Buffer.allocUnsafeSlow(SLAB_OCTETS);
  #used = 0;
  /** Who sent the datagram being handled. */
  #from: RemoteInfo = { address: "", family: "IPv4", port: 0, size: 0 };
  #keyText = "";
  #key: ClientKey = "";
  #underWay = 0;
  #phase: "open" | "draining" | "closed" = "open";
  #drained: () => void = () => {};

  constructor(socket: Socket, deps: ListenerDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.receivedAt = deps.clock.now();
    this.#refuser = new Refuser("udp", deps);
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on("message", (packet, from) => {
      this.#receive(packet, from);
    });
    socket.on("error", () => {
      deps.drops["receive-failed"]++;
    });
    growReceiveBuffer(socket);
  }

  /** Part of `Client`. */
  get clientAddress(): string {
    return textOfKey(this.#key);
  }

  /** Part of `Client`: the response to the datagram being handled comes later. */
  detach(): Reply {
    const { address, port } = this.#from;
    let sent = false;
    this.#underWay++;
    return (response) => {
      if (sent) return;
      sent = true;
      this.#underWay--;
      if (this.#phase === "closed") this.#deps.drops["client-gone"]++;
      else this.#socket.send(Buffer.from(response), port, address, this.#sent);
      if (this.#underWay === 0) this.#drained();
    };
  }

  async close(graceMs: number): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "draining";
    if (this.#underWay > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#deps.clock.after(graceMs, resolve);
        this.#drained = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#phase = "closed";
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    const { drops, admission, handler } = this.#deps;
    if (this.#phase !== "open") return;
    if (isReflectionPort(from.port)) {
      drops["reflection-port"]++;
      return;
    }
    if (packet.length > MAX_UDP_QUERY) {
      drops["oversized-query"]++;
      return;
    }
    const verdict = admission.admit(this.#keyOf(from.address));
    if (verdict === "limited") {
      drops["rate-limit"]++;
      return;
    }
    if (this.#slab.length - this.#used < MAX_UDP_RESPONSE) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_OCTETS);
      this.#used = 0;
    }
    this.#from = from;
    this.receivedAt = this.#deps.clock.now();
    const start = this.#used;
    const octets =
      verdict === "admitted"
        ? handler.handle(packet, 0, packet.length, this.#slab, start, this)
        : this.#refuser.write(packet, 0, packet.length, this.#slab, start, "not-allowed");
    if (octets === 0) return;
    this.#used += octets;
    this.#socket.send(this.#slab, start, octets, from.port, from.address, this.#sent);
  }

  #keyOf(address: string): ClientKey {
    if (address === this.#keyText) return this.#key;
    const octets = octetsOfAddress(address) ?? new Uint8Array(4);
    this.#keyText = address;
    this.#key = clientKey(octets, 0, octets.length);
    return this.#key;
  }

  /** One function for all sends: the error is counted, never thrown. */
  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#deps.drops["send-failed"]++;
  };
}
