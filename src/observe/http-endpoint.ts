/**
 * The HTTP endpoint for people and monitoring: `/metrics`, `/healthz`, `/readyz` and the status page. It only
 * shows; nothing can be changed through it.
 *
 * A web page that a user visits can make the browser ask `http://127.0.0.1:9353/`, and by DNS rebinding read
 * the answer. So a request whose Host is a public name is refused: only addresses and names that nobody can
 * register reach a handler.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Log } from "../ports/log.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Names of this machine, accepted in Host beside addresses and local names. */
  readonly hostNames: readonly string[];
}

/** Whether queries can be answered now, and if not, why: one line without names or addresses. */
export interface Health {
  readonly ready: boolean;
  readonly reason: string;
}

/** A page and the policy its own style and script pass. */
export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

export interface HttpDeps {
  /** Asked for at each scrape; only the first has to wait for it. */
  readonly metrics: () => Promise<Metrics>;
  readonly health: () => Health;
  readonly statusPage: () => Page;
  readonly log: Log;
}

export interface HttpEndpoint {
  /** As bound, such as `127.0.0.1:9353`. */
  readonly address: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Connections at one time: a few scrapers and browsers. More are closed at once. */
const MAX_CONNECTIONS = 32;

/** Octets of a request's header. Node's default is 16 KiB; a scraper needs a few hundred octets. */
const MAX_HEADER_OCTETS = 8_192;

/** Milliseconds for a request to arrive, and for an idle connection to live. */
const REQUEST_TIMEOUT_MS = 5_000;

const TEXT = "text/plain; charset=utf-8";

/** Suffixes under which no stranger can register a name (RFC 6761, 6762, 8375, and ICANN's `internal`). */
const LOCAL_SUFFIXES = [".localhost", ".local", ".lan", ".home.arpa", ".internal"];

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** @throws where the address cannot be bound; the error has Node's `code`. */
export async function openHttp(options: HttpOptions, deps: HttpDeps): Promise<HttpEndpoint> {
  // Loaded by those who have such an address.
  const { createServer } = await import("node:http");
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_OCTETS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    },
    (request, response) => {
      respond(request, options.hostNames, deps).then(
        (answer) => {
          send(request, response, answer);
        },
        (error: unknown) => {
          deps.log.error({ error: String(error) }, "a page of the status endpoint could not be made");
          send(request, response, { status: 500, type: TEXT, body: "internal error\n" });
        },
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.keepAliveTimeout = REQUEST_TIMEOUT_MS;
  // A request that is no HTTP gets no help in becoming some.
  server.on("clientError", (_error, socket) => {
    socket.destroy();
  });
  await listen(server, options);
  server.on("error", (error) => {
    deps.log.warn({ error: error.message }, "the status endpoint had a socket fault");
  });
  return { address: addressOf(server), close: () => closeServer(server) };
}

async function respond(
  request: IncomingMessage,
  hostNames: readonly string[],
  { metrics, health, statusPage }: HttpDeps,
): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, type: TEXT, body: "only GET and HEAD\n", headers: { Allow: "GET, HEAD" } };
  }
  if (!isLocalHost(request.headers.host, hostNames)) {
    return { status: 421, type: TEXT, body: "ask by address, by localhost or by a local name\n" };
  }
  const path = (request.url ?? "/").split("?", 1)[0];
  switch (path) {
    case "/metrics": {
      const { contentType, render } = await metrics();
      return { status: 200, type: contentType, body: await render() };
    }
    case "/healthz":
      return { status: 200, type: TEXT, body: "alive\n" };
    case "/readyz": {
      const { ready, reason } = health();
      return { status: ready ? 200 : 503, type: TEXT, body: `${ready ? "ready" : reason}\n` };
    }
    case "/": {
      const { html, contentSecurityPolicy } = statusPage();
      return {
        status: 200,
        type: "text/html; charset=utf-8",
        body: html,
        headers: { "Content-Security-Policy": contentSecurityPolicy },
      };
    }
    default:
      return { status: 404, type: TEXT, body: "there are /, /metrics, /healthz and /readyz\n" };
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...COMMON_HEADERS,
    "Content-Type": answer.type,
    "Content-Length": body.length,
    ...answer.headers,
    // A body that nobody asked for is not read: the connection ends instead.
    ...(hasBody(request) ? { Connection: "close" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Whether a Host header is one that DNS rebinding cannot bring: see the head of this file. */
export function isLocalHost(header: string | undefined, hostNames: readonly string[]): boolean {
  // HTTP/1.0 without Host: no browser does that.
  if (header === undefined) return true;
  const host = header
    .toLowerCase()
    .replace(/:\d{1,5}$/, "")
    .replace(/\.$/, "");
  if (isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0) return true;
  if (!/^[a-z0-9._-]+$/.test(host)) return false;
  return (
    !host.includes(".") || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix)) || hostNames.includes(host)
  );
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") return "";
  return address.family === "IPv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
