/**
 * The seam between connections (pure) and sockets (edge): an ordered, reliable octet stream to one upstream
 * whose identity has been verified before anyone can write to it. Types only.
 *
 * Source: RFC 7858 §3.1, §3.2; RFC 8310 §5.
 */

/** Why there is no channel. One word each, stable in logs and metrics. */
export type DialFault =
  | "refused" // The host answered: nothing listens there.
  | "unreachable" // No route, no such network, or a local limit.
  | "timed-out" // Neither yes nor no within the time-out.
  | "closed" // The peer hung up during the handshake.
  | "tls" // The handshake failed: version, cipher, alert, or not TLS at all.
  | "unauthenticated" // TLS is up, but the peer is not whom we were told to talk to.
  | "proxy" // The proxy cannot be reached or says no.
  | "aborted"; // We gave up ourselves.

export interface DialFailure {
  readonly fault: DialFault;
  /** Which check failed, for the operator's log. Holds no queried name. */
  readonly detail: string;
}

/** What is known of a channel once it is open. */
export interface ChannelInfo {
  readonly encrypted: boolean;
  /** The peer proved to be whom the configuration names. */
  readonly authenticated: boolean;
  /** TLS session resumption (RFC 8446 §2.2). */
  readonly resumed: boolean;
  /** `TLSv1.3`, `TLSv1.2`, or `""` in clear. */
  readonly protocol: string;
  /** Wall clock: when the peer's certificate ends. */
  readonly certificateEnd?: number;
  /** Why the peer is not authenticated, where it does not have to be. */
  readonly doubt?: string;
}

/** What a channel tells its owner. After `failed` or `closed` nothing more is called. */
export interface ChannelEvents {
  /** Identity verified; from now on `write` may be called. At most once. */
  opened(info: ChannelInfo): void;
  /** No channel came to be. Instead of `opened`. */
  failed(failure: DialFailure): void;
  /** The callee may keep `octets`: they are not used again. */
  received(octets: Buffer): void;
  /** After a `write` that answered false: there is room again. */
  drained(): void;
  /** The peer ended (`clean`: FIN or close_notify) or cut the stream. Not called after our own `close`. */
  closed(clean: boolean): void;
}

export interface Channel {
  /**
   * Sends `octets`, which must stay as they are until `done`. Only after `opened`.
   * @returns false when so much waits to be sent that the caller should hold back until `drained`.
   */
  write(octets: Uint8Array, done: () => void): boolean;
  /** Ends the stream in order after what was written (or gives up a dial), without waiting for the peer. */
  close(): void;
}

export interface Dialer<Target> {
  /** Starts to open a channel; never calls back before it has returned. */
  dial(target: Target, events: ChannelEvents): Channel;
}
