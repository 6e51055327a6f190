/**
 * Opens channels over real sockets: DNS over TLS, or in clear where the target says so; directly, or through a
 * SOCKS5 proxy and then never around it. An edge: the only file of `upstream/` that talks TLS.
 *
 * TLS 1.3 or 1.2 with ECDHE and AEAD, ALPN `dot`, no renegotiation, no 0-RTT. The peer's identity is checked
 * before `opened`, on a resumed session too, and nothing can be written before that.
 *
 * Source: RFC 7858 §3.1, §3.2, §4; RFC 8310 §5, §8, §9; BCP 195 (RFC 9325 §3, §4).
 */
import { constants, type X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  type DetailedPeerCertificate,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../ports/clock.ts";
import type { Channel, ChannelEvents, Dialer } from "../ports/dialer.ts";
import { Authorities, certificateOf } from "./authorities.ts";
import { failureOf } from "./dial-fault.ts";
import type { DialTarget, Identity } from "./dial-target.ts";
import { identityFault, type Peer } from "./identity.ts";
import type { Proxy } from "./options.ts";
import { throughProxy } from "./proxy.ts";
import { SocketChannel } from "./socket-channel.ts";
import { type Ticket, Tickets } from "./tickets.ts";
import type { Tlsa } from "./tlsa.ts";

/** AEAD with an ephemeral key exchange; what the server prefers of it. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
].join(":");

/** Secure TLSA records for a server's name and port, or why there are none. */
export type TlsaLookup = (authName: string, port: number) => Promise<readonly Tlsa[] | string>;

export interface TlsDialerDeps {
  readonly clock: Clock;
  readonly isClockWrong: () => boolean;
  readonly proxy: Proxy | undefined;
  readonly tlsa: TlsaLookup;
}

export class TlsDialer implements Dialer<DialTarget> {
  readonly #deps: TlsDialerDeps;
  readonly #authorities = new Authorities();
  readonly #tickets = new Tickets();
  /** BOUNDED: by the `ca_file`s configured. */
  readonly #contexts = new Map<string | undefined, SecureContext>();

  constructor(deps: TlsDialerDeps) {
    this.#deps = deps;
  }

  dial(target: DialTarget, events: ChannelEvents): Channel {
    const channel = new SocketChannel(events, target.timeout, this.#deps.clock);
    this.#dial(target, channel).catch((error: unknown) => {
      channel.fail(error instanceof Error ? failureOf(error) : { fault: "tls", detail: String(error) });
    });
    return channel;
  }

  /** Another network: sessions of the old one would link the two. */
  forgetSessions(): void {
    this.#tickets.clear();
  }

  async #dial(target: DialTarget, channel: SocketChannel): Promise<void> {
    const { identity } = target;
    let tlsa: readonly Tlsa[] | undefined;
    if (identity?.dane === true) {
      const found = await this.#deps.tlsa(identity.authName, target.port);
      if (typeof found === "string" && identity.isRequired) {
        channel.fail({ fault: "unauthenticated", detail: found });
        return;
      }
      tlsa = typeof found === "string" ? [] : found;
    }
    const { proxy } = this.#deps;
    const tunnel =
      proxy === undefined
        ? undefined
        : await throughProxy(proxy, target, (socket) => {
            channel.hold(socket);
          });
    if (typeof tunnel === "string") {
      channel.fail({ fault: "proxy", detail: tunnel });
      return;
    }
    if (channel.isClosed) {
      tunnel?.destroy();
      return;
    }
    if (identity === undefined) this.#clear(target, channel, tunnel);
    else this.#secure(target, identity, channel, tunnel, tlsa);
  }

  #clear({ address, port }: DialTarget, channel: SocketChannel, tunnel: Socket | undefined): void {
    const info = { encrypted: false, authenticated: false, resumed: false, protocol: "" };
    const socket = tunnel ?? connectTcp({ host: address, port, noDelay: true });
    channel.attach(socket);
    if (tunnel === undefined) {
      socket.once("connect", () => {
        channel.open(info);
      });
    } else {
      channel.open(info);
    }
  }

  #secure(
    target: DialTarget,
    identity: Identity,
    channel: SocketChannel,
    tunnel: Socket | undefined,
    tlsa: readonly Tlsa[] | undefined,
  ): void {
    const key = keyOf(target, identity);
    const ticket = this.#tickets.take(key);
    const { network } = this.#tickets;
    const socket = connectTls({
      ...(tunnel === undefined ? { host: target.address, port: target.port } : { socket: tunnel }),
      secureContext: this.#contextFor(identity.ca),
      ALPNProtocols: ["dot"],
      // We judge ourselves, before anything is written: `identity.ts`.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      // RFC 6066 §3: an address is no server name.
      servername: isIP(identity.authName) === 0 ? identity.authName : "",
      ...(ticket && { session: ticket.session }),
    });
    socket.setNoDelay(true);
    channel.attach(socket);
    let peer: Peer | undefined;
    let early: Buffer | undefined;
    socket.once("secureConnect", () => {
      peer = peerOf(socket, ticket);
      this.#judge(identity, peer, socket, channel, tlsa);
      if (early !== undefined && peer !== undefined && !channel.isClosed) {
        this.#tickets.keep(key, { session: early, peer }, network);
      }
    });
    socket.on("session", (session) => {
      // TLS 1.2 gives it before the handshake is done, when there is no peer yet to tie it to.
      if (peer === undefined) early = session;
      else if (!channel.isClosed) this.#tickets.keep(key, { session, peer }, network);
    });
  }

  #judge(
    identity: Identity,
    peer: Peer | undefined,
    socket: TLSSocket,
    channel: SocketChannel,
    tlsa: readonly Tlsa[] | undefined,
  ): void {
    const { clock, isClockWrong } = this.#deps;
    const fault =
      peer === undefined
        ? "the server showed no certificate that can be read"
        : identityFault(identity, peer, {
            now: clock.wall(),
            isClockWrong: isClockWrong(),
            authorities: () => this.#authorities.certificates(identity.ca),
            ...(tlsa && { tlsa }),
          });
    if (fault !== undefined && identity.isRequired) {
      channel.fail({ fault: "unauthenticated", detail: fault });
      return;
    }
    channel.open({
      encrypted: true,
      authenticated: fault === undefined,
      resumed: socket.isSessionReused(),
      protocol: socket.getProtocol() ?? "",
      ...(peer !== undefined && { certificateEnd: Date.parse(peer.leaf.validTo) }),
      ...(fault !== undefined && { doubt: fault }),
    });
  }

  #contextFor(ca: string | undefined): SecureContext {
    const known = this.#contexts.get(ca);
    if (known !== undefined) return known;
    const pem = this.#authorities.pem(ca);
    const context = createSecureContext({
      ...(pem !== undefined && { ca: pem }),
      minVersion: "TLSv1.2",
      ciphers: CIPHERS,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    this.#contexts.set(ca, context);
    return context;
  }
}

/**
 * The peer of a connection. A resumed session shows at most the leaf it was made with: the peer is the one that
 * was kept with the ticket, and if the two do not belong together it is nobody.
 */
function peerOf(socket: TLSSocket, ticket: Ticket | undefined): Peer | undefined {
  const [leaf, ...others] = certificatesOf(socket);
  if (socket.isSessionReused()) {
    const isSame = leaf === undefined || ticket?.peer.leaf.raw.equals(leaf.raw) === true;
    return isSame ? ticket?.peer : undefined;
  }
  if (leaf === undefined) return undefined;
  const { authorized, authorizationError } = socket;
  return { leaf, others, chainError: authorized ? undefined : String(authorizationError) };
}

/** Leaf first. Not `getPeerX509Certificate`: that takes the leaf out of the chain that is asked for here. */
function certificatesOf(socket: TLSSocket): X509Certificate[] {
  const found: X509Certificate[] = [];
  // Empty where the peer showed nothing. The last one is its own issuer.
  let shown: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (shown?.raw !== undefined) {
    const certificate = certificateOf(shown.raw);
    if (certificate === undefined) break;
    found.push(certificate);
    shown = shown.issuerCertificate === shown ? undefined : shown.issuerCertificate;
  }
  return found;
}

/** All that decides whom we believe: a session made under anything else must not be found. */
function keyOf({ server, address, port }: DialTarget, identity: Identity): string {
  return JSON.stringify([server, address, port, identity]);
}
