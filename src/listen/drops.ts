/**
 * Counts what listeners throw away, by reason, and what they refuse without asking the handler. Plain fields:
 * the path of a packet only adds, `observe/` reads at scrape time. Keys of `Drops` are values of the label
 * `reason` of `sotto_dropped_total`.
 */

export type DropReason =
  /** Shorter than a header, from a client that may not ask. The handler counts those of the others. */
  | "too-short"
  /** A response (QR=1), likewise. */
  | "not-a-query"
  /** UDP source port of a service that answers anything: a forged packet that would make two servers talk. */
  | "reflection-port"
  /** The client is over `rate_limit` (UDP; over TCP it gets REFUSED). */
  | "rate-limit"
  /** A UDP query longer than any client sends. */
  | "oversized-query"
  /** A TCP message of 0 octets, or the start of one that never ended. */
  | "broken-frame"
  /** A TCP connection closed at once: too many of all clients, or of this one. */
  | "tcp-full"
  /** A TCP connection closed because its client reads no responses. */
  | "tcp-unread"
  /** The response came after the client had left or the listener had closed. */
  | "client-gone"
  /** The kernel refused to send, for good or because its buffers stayed full. */
  | "send-failed"
  /** The kernel failed to receive or to accept. */
  | "receive-failed"
  /** The handler threw: a defect of ours, logged. */
  | "internal-error";

export type Drops = Record<DropReason, number>;

/** Queries answered with REFUSED, by transport. */
export interface Refused {
  udp: number;
  tcp: number;
}

/** What all listeners of a program count together. */
export interface ListenCounts {
  readonly drops: Drops;
  readonly refused: Refused;
}

export function createRefused(): Refused {
  return { udp: 0, tcp: 0 };
}

export function createDrops(): Drops {
  return {
    "too-short": 0,
    "not-a-query": 0,
    "reflection-port": 0,
    "rate-limit": 0,
    "oversized-query": 0,
    "broken-frame": 0,
    "tcp-full": 0,
    "tcp-unread": 0,
    "client-gone": 0,
    "send-failed": 0,
    "receive-failed": 0,
    "internal-error": 0,
  };
}
