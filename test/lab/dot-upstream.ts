/**
 * A DNS-over-TLS (or plain TCP) upstream on loopback for tests and benches: counts what it is asked and
 * misbehaves on demand.
 *
 * Source: RFC 7858; RFC 7766.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type SecureVersion, type TLSSocket } from "node:tls";
import type { Behaviour, Ending } from "./behaviour.ts";
import { Connection, type Answer } from "./connection.ts";
import type { Leaf } from "./pki.ts";

export interface DotUpstreamOptions {
  /** Absent: plain TCP, no TLS. */
  readonly leaf?: Leaf;
  readonly answer: Answer;
  readonly behaviour?: Behaviour;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  /** OpenSSL's cipher list. TLS 1.1 needs `DEFAULT@SECLEVEL=0`. */
  readonly ciphers?: string;
  /** Default `["dot"]`; `[]` speaks no ALPN. */
  readonly alpn?: readonly string[];
  /** `false` where octets need not be kept: benches. */
  readonly keepQueries?: boolean;
}

export interface UpstreamCounters {
  /** TCP connections accepted. */
  connections: number;
  /** TLS handshakes completed, resumed ones included. */
  handshakes: number;
  resumed: number;
  failedHandshakes: number;
  /** Octets read after the handshake: 0 means that this server saw no DNS at all. */
  applicationOctets: number;
  queries: number;
  responses: number;
}

export interface ReceivedQuery {
  /** The message without length prefix. */
  readonly octets: Buffer;
  /** Which accepted TCP connection, from 1. */
  readonly connection: number;
  /** Milliseconds, monotonic. */
  readonly at: number;
}

export interface DotUpstream {
  readonly port: number;
  /** `127.0.0.1:PORT`, as the configuration wants it. */
  readonly address: string;
  readonly counters: UpstreamCounters;
  /** Queries in the order they came. BOUNDED: by the test that sends them; empty with `keepQueries: false`. */
  readonly received: ReceivedQuery[];
  /** Connections open now. */
  readonly open: number;
  /** From now on behaves so; replaces the whole behaviour. */
  setBehaviour(behaviour: Behaviour): void;
  setAnswer(answer: Answer): void;
  /** Later handshakes show this leaf. */
  setLeaf(leaf: Leaf): void;
  /** Ends every open connection that way. */
  endConnections(how: Ending): void;
  /** Refuses: connections end by RST and the port is closed until `start`. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startDotUpstream(options: DotUpstreamOptions): Promise<DotUpstream> {
  const upstream = new LabUpstream(options);
  await upstream.start();
  return upstream;
}

class LabUpstream implements DotUpstream {
  port = 0;
  readonly counters: UpstreamCounters = {
    connections: 0,
    handshakes: 0,
    resumed: 0,
    failedHandshakes: 0,
    applicationOctets: 0,
    queries: 0,
    responses: 0,
  };
  readonly received: ReceivedQuery[] = [];
  readonly #options: DotUpstreamOptions;
  readonly #tls: ReturnType<typeof createTlsServer> | undefined;
  readonly #raw = new Set<Socket>();
  readonly #connections = new Set<Connection>();
  /** The TCP socket below a TLS socket, by the client's port. */
  readonly #below = new Map<number, { raw: Socket; number: number }>();
  #server: Server | undefined;
  #behaviour: Behaviour;
  #answer: Answer;

  constructor(options: DotUpstreamOptions) {
    this.#options = options;
    this.#behaviour = options.behaviour ?? {};
    this.#answer = options.answer;
    this.#tls = options.leaf === undefined ? undefined : this.#createTls(options.leaf);
  }

  get address(): string {
    const host = this.#options.host ?? "127.0.0.1";
    return `${host.includes(":") ? `[${host}]` : host}:${this.port}`;
  }

  get open(): number {
    return this.#raw.size;
  }

  setBehaviour(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  setAnswer(answer: Answer): void {
    this.#answer = answer;
  }

  setLeaf(leaf: Leaf): void {
    this.#tls?.setSecureContext({ ...this.#tlsOptions(), key: leaf.keyPem, cert: leaf.chainPem });
  }

  endConnections(how: Ending): void {
    for (const connection of this.#connections) connection.end(how);
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (raw) => {
      this.#accept(raw);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port || (this.#options.port ?? 0), this.#options.host ?? "127.0.0.1", resolve);
    });
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const raw of this.#raw) raw.resetAndDestroy();
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    await this.stop();
  }

  #tlsOptions(): { minVersion: SecureVersion; maxVersion: SecureVersion; ciphers?: string } {
    const { minVersion = "TLSv1.2", maxVersion = "TLSv1.3", ciphers } = this.#options;
    return { minVersion, maxVersion, ...(ciphers === undefined ? {} : { ciphers }) };
  }

  #createTls(leaf: Leaf): ReturnType<typeof createTlsServer> {
    const alpn = this.#options.alpn ?? ["dot"];
    const server = createTlsServer(
      {
        ...this.#tlsOptions(),
        key: leaf.keyPem,
        cert: leaf.chainPem,
        ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      },
      (stream) => {
        this.#secured(stream);
      },
    );
    server.on("tlsClientError", () => {
      this.counters.failedHandshakes += 1;
    });
    return server;
  }

  #accept(raw: Socket): void {
    this.counters.connections += 1;
    const number = this.counters.connections;
    const clientPort = raw.remotePort ?? 0;
    this.#raw.add(raw);
    this.#below.set(clientPort, { raw, number });
    raw.on("error", () => {});
    raw.on("close", () => {
      this.#raw.delete(raw);
      if (this.#below.get(clientPort)?.raw === raw) this.#below.delete(clientPort);
    });
    const { stallHandshake, greeting, resetOnAccept } = this.#behaviour;
    if (resetOnAccept === true) raw.resetAndDestroy();
    else if (greeting !== undefined) raw.end(greeting);
    else if (stallHandshake === true) raw.resume();
    else if (this.#tls === undefined) this.#serve(raw, raw, number);
    else this.#tls.emit("connection", raw);
  }

  #secured(stream: TLSSocket): void {
    const below = this.#below.get(stream.remotePort ?? 0);
    if (below === undefined) {
      stream.destroy();
      return;
    }
    this.counters.handshakes += 1;
    if (stream.isSessionReused()) this.counters.resumed += 1;
    this.#serve(stream, below.raw, below.number);
  }

  #serve(stream: Socket, raw: Socket, number: number): void {
    const keep = this.#options.keepQueries ?? true;
    stream.on("data", (chunk: Buffer) => {
      this.counters.applicationOctets += chunk.length;
    });
    const connection = new Connection({
      stream,
      raw,
      answer: (query) => this.#answer(query),
      behaviour: () => this.#behaviour,
      onQuery: (octets) => {
        if (keep) this.received.push({ octets, connection: number, at: performance.now() });
        this.counters.queries += 1;
        return this.counters.queries - 1;
      },
      onResponse: () => {
        this.counters.responses += 1;
      },
    });
    this.#connections.add(connection);
    raw.once("close", () => {
      this.#connections.delete(connection);
    });
  }
}
