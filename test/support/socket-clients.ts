/** Clients on loopback for tests of listeners. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import type { SocketAddress } from "../../src/listen/listener.ts";

/** Waits until `isTrue`; fails after two seconds. */
export async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export class UdpClient {
  readonly received: Buffer[] = [];
  readonly #socket: UdpSocket;
  readonly #server: SocketAddress;

  private constructor(socket: UdpSocket, server: SocketAddress) {
    this.#socket = socket;
    this.#server = server;
    socket.on("message", (message) => this.received.push(message));
  }

  static async open(server: SocketAddress, localPort = 0): Promise<UdpClient> {
    const isIpv6 = server.host.includes(":");
    const socket = createSocket({ type: isIpv6 ? "udp6" : "udp4", recvBufferSize: 1024 * 1024 });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(localPort, isIpv6 ? "::1" : "127.0.0.1", resolve);
    });
    return new UdpClient(socket, server);
  }

  send(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#socket.send(message, this.#server.port, this.#server.host);
  }

  /** Sends and gives the next response. */
  async ask(message: Uint8Array): Promise<Buffer> {
    const before = this.received.length;
    this.send(message);
    await until(() => this.received.length > before);
    return this.received[before]!;
  }

  close(): void {
    this.#socket.close();
  }
}

export class TcpTestClient {
  readonly #socket: Socket;
  #input = Buffer.alloc(0);
  /** Whole messages received. */
  readonly received: Buffer[] = [];
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
    });
    socket.on("error", () => {});
    socket.on("end", () => {
      this.isClosed = true;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  static async open(server: SocketAddress): Promise<TcpTestClient> {
    const socket = connect({ host: server.host, port: server.port, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        resolve();
      });
    });
    socket.removeAllListeners("error");
    return new TcpTestClient(socket);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Sends all messages in one write, each with its length before it. */
  send(...messages: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(messages.map(framed)));
  }

  async ask(message: Uint8Array): Promise<Buffer> {
    const before = this.received.length;
    this.send(message);
    await until(() => this.received.length > before);
    return this.received[before]!;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input, chunk]);
    while (this.#input.length >= 2) {
      const end = 2 + this.#input.readUInt16BE(0);
      if (this.#input.length < end) return;
      this.received.push(this.#input.subarray(2, end));
      this.#input = this.#input.subarray(end);
    }
  }
}

export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(message.length);
  return Buffer.concat([prefix, message]);
}
