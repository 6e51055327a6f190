import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { Behaviour } from "../../lab/behaviour.ts";
import { startDotUpstream, type DotUpstream } from "../../lab/dot-upstream.ts";
import { AUTH_NAME, createPki } from "../../lab/pki.ts";
import { emptyResponse, framed, optOffset, withKeepalive } from "../../lab/raw-message.ts";

const pki = createPki();
const QUERY = Buffer.from(
  "1234 0110 0001 0000 0000 0001 076578616d706c6503636f6d00 0001 0001 00 0029 04d0 0000 8000 0000".replaceAll(
    " ",
    "",
  ),
  "hex",
);

let upstream: DotUpstream;

async function start(behaviour: Behaviour = {}): Promise<DotUpstream> {
  upstream = await startDotUpstream({
    leaf: pki.good,
    answer: (query) => emptyResponse(query, 0),
    behaviour,
  });
  return upstream;
}

async function dial(ca = pki.caPem): Promise<TLSSocket> {
  const socket = connect({
    port: upstream.port,
    host: "127.0.0.1",
    servername: AUTH_NAME,
    ca,
    ALPNProtocols: ["dot"],
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** Everything the server says to `octets` until it ends, or `length` octets are there. */
async function talk(
  socket: TLSSocket,
  octets: Buffer,
  length: number,
): Promise<{ read: Buffer; ended: string }> {
  let read = Buffer.alloc(0);
  let error = "";
  return await new Promise((resolve) => {
    socket.on("error", (cause: NodeJS.ErrnoException) => (error = cause.code ?? "error"));
    socket.on("close", () => {
      resolve({ read, ended: error === "" ? "closed" : error });
    });
    socket.on("data", (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      if (read.length >= length) resolve({ read, ended: "" });
    });
    socket.write(octets);
  });
}

afterEach(async () => {
  await upstream.close();
});

describe("a DoT upstream of the lab", () => {
  it("answers over TLS 1.3 with ALPN dot, and keeps what it was asked", async () => {
    await start();
    const socket = await dial();

    const { read } = await talk(socket, framed(QUERY), 42);

    expect(socket.getProtocol()).toBe("TLSv1.3");
    expect(socket.alpnProtocol).toBe("dot");
    expect(read.subarray(2, 6).toString("hex")).toBe("12348190");
    expect(optOffset(read.subarray(2))).toBe(29);
    expect(upstream.received[0]?.octets.equals(QUERY)).toBe(true);
    expect(upstream.counters).toMatchObject({ connections: 1, handshakes: 1, queries: 1, responses: 1 });
  });

  it("reads no octet of a client that does not trust it", async () => {
    await start();

    await expect(dial(createPki().caPem)).rejects.toThrow();

    expect(upstream.counters.applicationOctets).toBe(0);
  });

  it("closes after so many answers, as told", async () => {
    await start({ closeAfter: 2 });

    const { read, ended } = await talk(
      await dial(),
      Buffer.concat(Array(5).fill(framed(QUERY)) as Buffer[]),
      1e9,
    );

    expect(read.length).toBe(2 * 42);
    expect(ended).toBe("closed");
  });

  it("resets a connection in the middle of an answer", async () => {
    await start({ closeAfter: 1, ending: "rst-mid-answer" });

    const { read } = await talk(await dial(), framed(QUERY), 1e9);

    // Node's TLS client reads this RST (SO_LINGER 0) as a plain end in some versions, so only the octets tell.
    expect(read.length).toBeLessThan(42);
  });

  it("answers last first", async () => {
    await start({ reorder: 3 });
    const queries = [1, 2, 3].map((id) => framed(Buffer.concat([Buffer.from([0, id]), QUERY.subarray(2)])));

    const { read } = await talk(await dial(), Buffer.concat(queries), 3 * 42);

    expect([read[3], read[45], read[87]]).toEqual([3, 2, 1]);
  });

  it("refuses while stopped, and is the same server after that", async () => {
    await start();
    await upstream.stop();

    await expect(dial()).rejects.toMatchObject({ code: "ECONNREFUSED" });

    await upstream.start();
    await talk(await dial(), framed(QUERY), 42);
    expect(upstream.counters.handshakes).toBe(1);
  });

  it("says its idle time-out (RFC 7828 §3.1)", () => {
    const response = withKeepalive(emptyResponse(QUERY, 0), 0);

    expect(response.subarray(-8).toString("hex")).toBe("0006000b00020000");
  });
});
