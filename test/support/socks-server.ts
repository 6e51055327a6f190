/**
 * A SOCKS5 proxy that says where its clients wanted to go, and takes all of them to one port of 127.0.0.1.
 *
 * Source: RFC 1928 §3 to §6; RFC 1929 §2.
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface SocksServer {
  readonly port: number;
  /** Where its clients wanted to go: `name dot.example.net:853`, `ipv4 192.0.2.1:853`, in order. */
  readonly wanted: string[];
  /** `user:password` of each client that gave one. */
  readonly logins: string[];
  /** What the next clients are answered: 0 success, 4 host unreachable ... (RFC 1928 §6); `silent`: nothing. */
  setReply(reply: number | "silent"): void;
  /** Connections open now. */
  readonly open: number;
  close(): Promise<void>;
}

const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const REPLY_TAIL = [0, 1, 0, 0, 0, 0, 0, 0];

export async function startSocksServer(
  toPort: number,
  credentials?: { readonly user: string; readonly password: string },
): Promise<SocksServer> {
  const wanted: string[] = [];
  const logins: string[] = [];
  const sockets = new Set<Socket>();
  let reply: number | "silent" = 0;
  const serve = async (client: Socket): Promise<void> => {
    const read = reader(client);
    const [, count = 0] = await read(2);
    const methods = [...(await read(count))];
    const method = credentials === undefined ? NO_AUTHENTICATION : USER_AND_PASSWORD;
    if (!methods.includes(method)) {
      client.end(Buffer.from([5, 0xff]));
      return;
    }
    client.write(Buffer.from([5, method]));
    if (credentials !== undefined) {
      const user = (await read((await read(2))[1]!)).toString();
      const password = (await read((await read(1))[0]!)).toString();
      logins.push(`${user}:${password}`);
      const isRight = user === credentials.user && password === credentials.password;
      client.write(Buffer.from([1, isRight ? 0 : 1]));
      if (!isRight) return;
    }
    const [, , , kind] = await read(4);
    const host = await hostOf(kind ?? 0, read);
    wanted.push(`${host}:${(await read(2)).readUInt16BE()}`);
    if (reply === "silent") return;
    if (reply !== 0) {
      client.end(Buffer.from([5, reply, ...REPLY_TAIL]));
      return;
    }
    const upstream = connect(toPort, "127.0.0.1");
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    upstream.once("connect", () => {
      client.write(Buffer.from([5, 0, ...REPLY_TAIL]));
      client.pipe(upstream).pipe(client);
    });
    client.once("close", () => upstream.destroy());
  };
  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => client.destroy());
    client.once("close", () => sockets.delete(client));
    serve(client).catch(() => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    wanted,
    logins,
    setReply: (next) => {
      reply = next;
    },
    get open() {
      return [...sockets].filter((socket) => !socket.destroyed).length;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function hostOf(kind: number, read: (count: number) => Promise<Buffer>): Promise<string> {
  if (kind === 1) return `ipv4 ${[...(await read(4))].join(".")}`;
  if (kind === 3) return `name ${(await read((await read(1))[0]!)).toString()}`;
  return `ipv6 ${(await read(16)).toString("hex")}`;
}

/** Gives the next octets of the stream, however they come. */
function reader(socket: Socket): (count: number) => Promise<Buffer> {
  return async (count) => {
    for (;;) {
      const octets = socket.read(count) as Buffer | null;
      if (octets !== null) return octets;
      await new Promise<void>((resolve, reject) => {
        socket.once("readable", resolve);
        socket.once("close", reject);
      });
    }
  };
}
