/** Asks a DoT server one question after another, as a test's own client. */
import { connect } from "node:tls";

export interface DotTarget {
  readonly port: number;
  readonly authName: string;
  readonly caPem: string;
}

/** The responses to the queries, in the order of the queries, over one connection. */
export async function askDot(target: DotTarget, queries: readonly Buffer[]): Promise<Buffer[]> {
  const socket = connect({
    host: "127.0.0.1",
    port: target.port,
    servername: target.authName,
    ca: target.caPem,
    ALPNProtocols: ["dot"],
  });
  const responses: Buffer[] = [];
  let unread = Buffer.alloc(0);
  const send = (query: Buffer | undefined): void => {
    if (query === undefined) {
      socket.end();
      return;
    }
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  };
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", () => {
      send(queries[0]);
    });
    socket.on("error", reject);
    socket.on("close", () => {
      resolve();
    });
    socket.on("data", (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      while (unread.length >= 2 && unread.length >= unread.readUInt16BE(0) + 2) {
        const end = unread.readUInt16BE(0) + 2;
        responses.push(Buffer.from(unread.subarray(2, end)));
        unread = unread.subarray(end);
        send(queries[responses.length]);
      }
    });
  });
  return responses;
}
