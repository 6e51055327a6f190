/** A TCP stream through a SOCKS5 proxy. An edge: opens sockets. Source: RFC 1928, RFC 1929. */
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import type { DialTarget } from "./dial-target.ts";
import type { Proxy } from "./options.ts";

/** The stream, or why there is none; there is no way around it. */
export async function throughProxy(
  proxy: Proxy,
  { address, port, timeout }: DialTarget,
): Promise<Socket | string> {
  const { host, port: proxyPort, user, password } = proxy;
  try {
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
      set_tcp_nodelay: true,
    });
    return socket;
  } catch (error) {
    return `the proxy: ${error instanceof Error ? error.message : String(error)}`;
  }
}
