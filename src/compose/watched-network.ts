/**
 * The fingerprint of the network, read again only when the kernel has told of a change: reading takes 0.3 ms, and it is wanted
 * once a second.
 */
import { loadLinuxSockets } from "../listen/linux-sockets.ts";
import { NetworkEvents } from "../listen/network-events.ts";
import { networkFingerprint } from "../upstream/network-fingerprint.ts";

export interface WatchedNetwork {
  /** As `networkFingerprint`. */
  fingerprint(): string | undefined;
  close(): void;
}

/** @param mayWatch whether system calls that Node lacks may be used; without them, and where they are not to be had, each is read. */
export function watchNetwork(mayWatch: boolean): WatchedNetwork {
  const sockets = mayWatch ? loadLinuxSockets() : "not asked for";
  const events = typeof sockets === "string" ? undefined : NetworkEvents.open(sockets);
  if (events === undefined) return { fingerprint: networkFingerprint, close: () => undefined };
  return {
    fingerprint: readWhenChanged(networkFingerprint, events),
    close: () => {
      events.close();
    },
  };
}

/** What `read` gave last; again as long as it gave nothing. */
export function readWhenChanged(
  read: () => string | undefined,
  events: Pick<NetworkEvents, "any">,
): () => string | undefined {
  let last: string | undefined;
  return () => {
    // Asked first: what happens while it is read is told the next time.
    if (events.any() || last === undefined) last = read();
    return last;
  };
}
