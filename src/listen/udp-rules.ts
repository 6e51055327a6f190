/** What both UDP endpoints hold to, whatever brings their datagrams. */
import type { Socket } from "node:dgram";

/**
 * Longest query taken, in octets. A query with every option of a stub is under 600; RFC 6891 §6.2.5 has
 * 4,096 as the size that everybody can take.
 */
export const MAX_UDP_QUERY = 4_096;

/** Longest response over UDP: the room the handler is promised (DNS Flag Day 2020; INTERFACE of the listener). */
export const MAX_UDP_RESPONSE = 1_232;

/**
 * Source ports of services that answer whatever they are sent: echo, daytime, qotd, chargen. A query from
 * there is forged, and our response would start a loop (RFC 5358; CERT CA-1996-01). Port 0 cannot be
 * answered at all.
 */
export function isReflectionPort(port: number): boolean {
  return port === 0 || port === 7 || port === 13 || port === 17 || port === 19;
}

/** Asked of the kernel for each UDP socket, in octets: a burst of some thousand queries may wait. */
export const RECEIVE_BUFFER = 2 * 1024 * 1024;

/** As much as the kernel allows: it cuts the wish itself, but some sandboxes refuse to be asked. */
export function growReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER);
  } catch {
    // The default buffer does; a burst may lose more.
  }
}
