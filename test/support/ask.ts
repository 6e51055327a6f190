/** Questions to a listener on 127.0.0.1 over UDP, without a program in between; many at a time. */
import { createSocket, type Socket } from "node:dgram";
import { decode, type DecodedPacket, type RecordType } from "dns-packet";
import { idOf, query } from "./query.ts";

export interface Reply {
  readonly rcode: number;
  readonly message: DecodedPacket;
}

/** Milliseconds after which a question counts as lost. */
const PATIENCE_MS = 8_000;

export class Asker {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #waiting = new Map<number, (octets: Buffer) => void>();
  #id = 0;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on("message", (octets) => this.#waiting.get(idOf(octets))?.(octets));
  }

  static async open(port: number): Promise<Asker> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new Asker(socket, port);
  }

  ask(name: string, type: RecordType = "A"): Promise<Reply> {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no response to ${name} ${type}`));
      }, PATIENCE_MS);
      this.#waiting.set(id, (octets) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        const message = decode(octets);
        resolve({ rcode: octets[3]! & 0x0f, message });
      });
      this.#socket.send(query({ id, name, type, edns: true }), this.#port, "127.0.0.1");
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** One question. */
export async function ask(port: number, name: string, type: RecordType = "A"): Promise<Reply> {
  const asker = await Asker.open(port);
  try {
    return await asker.ask(name, type);
  } finally {
    asker.close();
  }
}
