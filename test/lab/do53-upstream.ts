/**
 * A plain DNS server (UDP and TCP on one port) on loopback: bootstrap and discovery resolvers, split DNS,
 * and what must never be asked in the strict profile. Truncates over UDP to the client's size.
 *
 * Source: RFC 1035 §4.2; RFC 6891 §6.2.3.
 */
import { createSocket, type Socket } from "node:dgram";
import type { Behaviour } from "./behaviour.ts";
import type { Answer } from "./connection.ts";
import { startDotUpstream, type DotUpstream } from "./dot-upstream.ts";
import { afterQuestion, optOffset } from "./raw-message.ts";

const FLAG_TC = 0x0200;

export interface Do53Upstream {
  readonly port: number;
  readonly address: string;
  /** Datagrams, in the order they came. BOUNDED: by the test that sends them. */
  readonly received: Buffer[];
  /** The same server over TCP. */
  readonly tcp: DotUpstream;
  /** For both transports; over UDP only `delayMs`, `silent` and what is said in answers have a meaning. */
  setBehaviour(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export interface Do53Options {
  readonly answer: Answer;
  readonly behaviour?: Behaviour;
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly keepQueries?: boolean;
}

export async function startDo53Upstream(options: Do53Options): Promise<Do53Upstream> {
  const host = options.host ?? "127.0.0.1";
  const tcp = await startDotUpstream(options);
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(tcp.port, host, resolve);
  });
  let behaviour = options.behaviour ?? {};
  const received: Buffer[] = [];
  socket.on("message", (query, client) => {
    if (options.keepQueries ?? true) received.push(query);
    if (behaviour.silent === true || query.length < 12) return;
    const send = (response: Buffer | undefined): void => {
      if (response !== undefined) socket.send(truncated(query, response), client.port, client.address);
    };
    respond(options.answer, query, behaviour, received.length - 1).then(send, (error: unknown) => {
      // A fault of the test's own answer must not look like a lost datagram.
      socket.emit("error", error as Error);
    });
  });
  return {
    port: tcp.port,
    address: tcp.address,
    received,
    tcp,
    setBehaviour(next) {
      behaviour = next;
      tcp.setBehaviour(next);
    },
    async close() {
      await Promise.all([tcp.close(), closed(socket)]);
    },
  };
}

async function respond(answer: Answer, query: Buffer, behaviour: Behaviour, nth: number) {
  const { delayMs = 0 } = behaviour;
  const delay = typeof delayMs === "function" ? delayMs(nth) : delayMs;
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  return answer(query);
}

function truncated(query: Buffer, response: Buffer): Buffer {
  const opt = optOffset(query);
  const size = opt < 0 ? 512 : Math.max(512, query.readUInt16BE(opt + 3));
  if (response.length <= size) return response;
  const head = Buffer.from(response.subarray(0, afterQuestion(response)));
  head.writeUInt16BE(head.readUInt16BE(2) | FLAG_TC, 2);
  head.fill(0, 6, 12);
  return head;
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.close(() => {
      resolve();
    });
  });
}
