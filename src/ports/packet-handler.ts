/**
 * The seam between `listen/` (sockets) and `resolve/` (answers). No promise, closure or message object on
 * a hit: the handler writes the response where the endpoint wants it and says how long it is.
 */
import type { Instant } from "./clock.ts";

/** The client of the packet being handled. */
export interface Client {
  readonly transport: "udp" | "tcp";
  /** When what is handled was taken up: one reading of the clock for all packets of a burst. */
  readonly receivedAt: Instant;
  /** For the query log alone: made when it is read, and only to be read during `handle`. */
  readonly clientAddress: string;
  /**
   * Called at most once, and only during `handle`, when the response comes later. Gives the function that
   * sends it; calling that after the client has gone or the endpoint has closed does nothing.
   * @param teaches whether what is waited for may answer queries that are not read yet: fewer are read at a time then, so that
   *   responses come between them.
   */
  detach(teaches?: boolean): Reply;
}

/** Copies `response`, a whole message without length prefix, before it returns: its memory is used again. */
export type Reply = (response: Uint8Array) => void;

export interface PacketHandler {
  /**
   * Handles the message in `packet[start..end)`. Room in `out` from `outStart`: at least 1232 octets for
   * UDP, 65,535 for TCP.
   * @returns octets of the response written to `out` at `outStart`; 0 when there is none now (dropped and
   *   counted, or detached).
   */
  handle(packet: Buffer, start: number, end: number, out: Buffer, outStart: number, client: Client): number;
}
