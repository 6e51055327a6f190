/** A client of a subject: asks over UDP and waits for the answer, as the stub of an operating system does. */
import { createSocket, type Socket } from "node:dgram";
import { typeFromText } from "../../src/wire/codes.ts";
import { nameFromText } from "../../src/wire/presentation.ts";

/** Milliseconds after which a query counts as lost. */
const PATIENCE = 4_000;

export class Stub {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #waiting = new Map<number, (rcode: number) => void>();
  #nextId = 1;
  lost = 0;

  constructor(port: number) {
    this.#port = port;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (message) => {
      this.#waiting.get(message.readUInt16BE(0))?.((message[3] ?? 0) & 0x0f);
    });
  }

  /** Gives the RCODE; -1 when nothing came. `options` goes into an OPT record, as octets of its RDATA. */
  ask(name: string, type: string, options?: Buffer): Promise<number> {
    const id = this.#nextId++ & 0xffff;
    return new Promise((resolve) => {
      const done = (rcode: number): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(rcode);
      };
      const timer = setTimeout(() => {
        this.lost++;
        done(-1);
      }, PATIENCE);
      this.#waiting.set(id, done);
      this.#socket.send(queryOf(id, name, type, options), this.#port, "127.0.0.1");
    });
  }

  close(): void {
    this.#socket.close();
  }
}

function queryOf(id: number, name: string, type: string, options: Buffer | undefined): Buffer {
  const header = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, options === undefined ? 0 : 1]);
  // Labels by hand: the letter case is the client's.
  const labels = name.split(".").filter((label) => label !== "");
  if (nameFromText(name) === undefined) throw new Error("no domain name");
  const qname = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")])),
    Buffer.of(0),
  ]);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(typeFromText(type) ?? 1, 0);
  tail.writeUInt16BE(1, 2);
  if (options === undefined) return Buffer.concat([header, qname, tail]);
  const opt = Buffer.from([0, 0, 41, 16, 0, 0, 0, 0, 0, options.length >> 8, options.length & 0xff]);
  return Buffer.concat([header, qname, tail, opt, options]);
}
