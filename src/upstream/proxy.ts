/**
 * A TCP stream through a SOCKS5 proxy. An edge: opens sockets. A destination that is a name is looked up by the
 * proxy; nothing is looked up here.
 *
 * Source: RFC 1928 §3 to §6, RFC 1929 (user and password).
 */
import { connect, type Socket } from "node:net";
import type { DialTarget } from "./dial-target.ts";
import type { Proxy } from "./options.ts";

const CLOSED = "closed";

/**
 * The stream, or why there is none; there is no way around it. `hold` gets the socket to the proxy at once: who
 * gives up the dial destroys it.
 */
export async function throughProxy(
  proxy: Proxy,
  { address, port, timeout }: DialTarget,
  hold: (socket: Socket) => void,
): Promise<Socket | string> {
  const { host, port: proxyPort, user, password } = proxy;
  const stream = connect({ host, port: proxyPort, noDelay: true });
  hold(stream);
  // For the moments in which nobody else listens.
  stream.on("error", () => {});
  try {
    // Loaded by those who have a proxy: it costs a start 10 ms.
    const [{ SocksClient }] = await Promise.all([import("socks"), connected(stream)]);
    // Ended meanwhile: nothing would tell the client below, which would wait for its time-out.
    if (stream.destroyed) throw new Error(CLOSED);
    const { socket } = await SocksClient.createConnection({
      command: "connect",
      proxy: {
        host,
        port: proxyPort,
        type: 5,
        ...(user !== undefined && { userId: user, password: password ?? "" }),
      },
      destination: { host: address, port },
      timeout,
      existing_socket: stream,
    });
    return socket;
  } catch (error) {
    stream.destroy();
    return `the proxy ${host}:${proxyPort}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off("connect", settle);
      socket.off("error", settle);
      socket.off("close", closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const closed = (): void => {
      settle(new Error(CLOSED));
    };
    socket.once("connect", settle);
    socket.once("error", settle);
    socket.once("close", closed);
  });
}
