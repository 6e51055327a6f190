/**
 * Opens TLS connections to upstreams: the edge where sockets are. Nobody can write to a channel before the
 * peer's identity has been checked here; a resumed connection is checked like any other.
 *
 * Source: RFC 7858 §3.1, §3.2; RFC 8310 §5, §8; RFC 9325 §3 (versions, suites, renegotiation).
 */
import { constants, X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import {
  connect,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../ports/clock.ts";
import type { Channel, ChannelEvents, DialFault, Dialer } from "../ports/dialer.ts";
import type { Target } from "./address-pool.ts";
import { identityFault } from "./identity.ts";
import type { ServerOptions } from "./options.ts";
import type { SessionTickets } from "./session-tickets.ts";

/** TLS 1.3's suites, and of TLS 1.2 those with forward secrecy and AEAD (RFC 9325 §4.2). */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

export interface TlsDialerOptions {
  /** Milliseconds for TCP and TLS together. */
  readonly connectTimeout: number;
  /** Whether a peer that does not prove its identity is spoken to all the same (RFC 8310 §5, opportunistic). */
  readonly isOpportunistic: boolean;
}

export interface TlsDialerDeps {
  readonly clock: Clock;
  readonly tickets: SessionTickets;
  /** Whether the wall clock may be believed about certificates. */
  readonly isClockRight: () => boolean;
  /** Opens the octet stream below TLS, where that is not a plain TCP connection: a proxy. */
  readonly tunnel?: (target: Target) => Promise<Socket>;
}

export function createTlsDialer(options: TlsDialerOptions, deps: TlsDialerDeps): Dialer<Target> {
  // BOUNDED: by the configured servers.
  const contexts = new Map<ServerOptions, SecureContext>();
  const contextOf = (server: ServerOptions): SecureContext => {
    const context = contexts.get(server) ?? secureContext(server);
    contexts.set(server, context);
    return context;
  };
  return {
    dial(target, events) {
      const dialing = new TlsDial(target, events, options, deps);
      dialing.start(contextOf(target.server.options));
      return dialing;
    },
  };
}

function secureContext({ ca }: ServerOptions): SecureContext {
  return createSecureContext({
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca !== undefined && { ca }),
  });
}

class TlsDial implements Channel {
  readonly #target: Target;
  readonly #events: ChannelEvents;
  readonly #options: TlsDialerOptions;
  readonly #deps: TlsDialerDeps;
  readonly #identity: string;
  #socket: TLSSocket | undefined;
  #phase: "dialing" | "open" | "closed" = "dialing";
  /** The peer's certificate first, then what else it sent. */
  #presented: readonly X509Certificate[] = [];
  #isTcpUp = false;
  #sawEnd = false;
  #cancelTimeout: () => void = () => undefined;

  constructor(target: Target, events: ChannelEvents, options: TlsDialerOptions, deps: TlsDialerDeps) {
    this.#target = target;
    this.#events = events;
    this.#options = options;
    this.#deps = deps;
    const { name, authName, pins, pinPolicy, ca } = target.server.options;
    this.#identity = JSON.stringify([
      name,
      target.address,
      authName,
      pins,
      pinPolicy,
      ca,
      options.isOpportunistic,
    ]);
  }

  start(context: SecureContext): void {
    this.#cancelTimeout = this.#deps.clock.after(this.#options.connectTimeout, () => {
      this.#fail(this.#isTcpUp ? "tls" : "timed-out", "no answer within connect_timeout");
    });
    const { tunnel } = this.#deps;
    if (tunnel === undefined) {
      this.#handshake(context, undefined);
      return;
    }
    tunnel(this.#target).then(
      (socket) => {
        if (this.#phase === "closed") socket.destroy();
        else this.#handshake(context, socket);
      },
      (error: unknown) => {
        this.#fail("proxy", `the proxy gave no connection (${codeOf(error)})`);
      },
    );
  }

  write(octets: Uint8Array, done: () => void): boolean {
    if (this.#socket === undefined || this.#phase !== "open") return false;
    return this.#socket.write(octets, done);
  }

  close(): void {
    if (this.#phase === "closed") return;
    const wasOpen = this.#phase === "open";
    this.#phase = "closed";
    this.#cancelTimeout();
    if (wasOpen) this.#socket?.destroySoon();
    else this.#socket?.destroy();
  }

  #handshake(context: SecureContext, below: Socket | undefined): void {
    const { address, server } = this.#target;
    const { authName } = server.options;
    const session = this.#deps.tickets.take(this.#identity);
    const socket = connect({
      ...(below === undefined ? { host: address.address, port: address.port } : { socket: below }),
      secureContext: context,
      ALPNProtocols: ["dot"],
      // Judged below, on resumed connections too, which Node itself does not check by name.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(authName !== "" && isIP(authName) === 0 && { servername: authName }),
      ...(session !== undefined && { session: session.ticket }),
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once("connect", () => {
      this.#isTcpUp = true;
    });
    socket.once("secureConnect", () => {
      // A resumed connection shows no certificate: what counts is the one its ticket was given with.
      this.#presented = socket.isSessionReused() ? (session?.presented ?? []) : presentedBy(socket);
      this.#secured(socket);
    });
    socket.on("session", (ticket) => {
      if (this.#phase === "open") {
        this.#deps.tickets.put(this.#identity, { ticket, presented: this.#presented });
      }
    });
    socket.on("data", (octets) => {
      if (this.#phase === "open") this.#events.received(octets);
    });
    socket.on("drain", () => {
      if (this.#phase === "open") this.#events.drained();
    });
    socket.on("end", () => {
      this.#sawEnd = true;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#phase === "dialing") this.#fail(faultOf(error, this.#isTcpUp), codeOf(error));
    });
    socket.on("close", () => {
      this.#ended();
    });
  }

  #secured(socket: TLSSocket): void {
    if (this.#phase !== "dialing") return;
    const { authName, pins, pinPolicy } = this.#target.server.options;
    const peer = {
      presented: this.#presented,
      chainFault: socket.authorized ? undefined : String(socket.authorizationError),
    };
    const now = this.#deps.isClockRight() ? this.#deps.clock.wall() : undefined;
    const fault = identityFault(peer, { authName, pins, pinPolicy, now });
    if (fault !== undefined && !this.#options.isOpportunistic) {
      this.#fail("unauthenticated", fault);
      return;
    }
    this.#phase = "open";
    this.#cancelTimeout();
    this.#events.opened({
      encrypted: true,
      authenticated: fault === undefined,
      resumed: socket.isSessionReused(),
      protocol: socket.getProtocol() ?? "",
    });
  }

  #fail(fault: DialFault, detail: string): void {
    if (this.#phase !== "dialing") return;
    this.#phase = "closed";
    this.#cancelTimeout();
    this.#socket?.destroy();
    this.#events.failed({ fault, detail });
  }

  #ended(): void {
    if (this.#phase === "dialing") this.#fail("closed", "the server hung up during the handshake");
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#events.closed(this.#sawEnd);
  }
}

/** The peer's certificate and what else it sent, in its order. */
function presentedBy(socket: TLSSocket): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && certificates.length < 10) {
    certificates.push(new X509Certificate(next.raw));
    if (next.issuerCertificate === next) break;
    next = next.issuerCertificate;
  }
  return certificates;
}

const FAULT_OF_CODE: Readonly<Record<string, DialFault>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EAFNOSUPPORT: "unreachable",
  ETIMEDOUT: "timed-out",
  ECONNRESET: "closed",
  EPIPE: "closed",
};

function faultOf(error: NodeJS.ErrnoException, isTcpUp: boolean): DialFault {
  return FAULT_OF_CODE[error.code ?? ""] ?? (isTcpUp ? "tls" : "unreachable");
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? "unknown");
}
