/**
 * Counts what listeners throw away, by reason. Plain fields: the path of a packet only adds, `observe/`
 * reads at scrape time. Keys are values of the label `reason` of `sotto_dropped_total`.
 */

export type DropReason =
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

export function createDrops(): Drops {
  return {
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
